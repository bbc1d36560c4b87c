"""Time and memory of a step of each circuit."""

import statistics
from collections.abc import Sequence

from spikefa import datasets
from spikefa.experiments.comparison._entries import BPTT, ENTRIES
from spikefa.experiments.comparison._settings import Settings
from spikefa.experiments.comparison._trial import build_network
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus.images import ImageStimulus
from spikefa.utils.tensors import named_tensors
from spikefa.utils.timing import milliseconds

STEPS, REPETITIONS = 20, 7


def measure_costs(lines: Sequence[str], settings: Settings) -> dict[str, dict[str, float]]:
    """Time the steps of all circuits in turn, in one process with the threads of the run.

    Returns
    -------
    dict
        For each line: ``steps_per_second`` of the median repetition, random numbers included, and
        ``megabytes`` of weights and state.
    """
    data = datasets.load(settings.dataset, settings.data_dir)
    simulations: dict[str, Simulation] = {}
    for line in lines:
        entry = ENTRIES[line]
        if entry.circuit == BPTT:
            continue
        network = build_network(entry, entry.choices()[entry.chosen], settings, data.n_inputs)
        simulations[line] = Simulation(
            network,
            ImageStimulus(data.train, steps=STEPS + 1),
            batch_size=settings.batch_size,
            backend=settings.backend,
        )
    times: dict[str, list[float]] = {line: [] for line in simulations}
    for _ in range(REPETITIONS + 1):
        for line, simulation in simulations.items():
            times[line].append(_milliseconds_per_step(simulation))
    return {
        line: {
            "steps_per_second": 1e3 / statistics.median(times[line][1:]),
            "megabytes": _megabytes(simulation),
        }
        for line, simulation in simulations.items()
    }


def _milliseconds_per_step(simulation: Simulation) -> float:
    steps = simulation.present()
    next(steps)  # leave out the change of the image
    return milliseconds(lambda: next(steps), STEPS, simulation.network.device)


def _megabytes(simulation: Simulation) -> float:
    """Return the size of weights and state; a tensor under two names counts once."""
    parts = [simulation.network.tensors(), simulation.runner.state]
    tensors = named_tensors(parts).values()
    once = {tensor.data_ptr(): tensor for tensor in tensors if tensor.numel()}
    return sum(tensor.numel() * tensor.element_size() for tensor in once.values()) / 1e6
