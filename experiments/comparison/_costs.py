"""What a step of each circuit costs, in time and memory."""

import statistics
from collections.abc import Sequence

import torch

from spikefa import datasets
from spikefa.bench import milliseconds
from spikefa.experiments.comparison._entries import BPTT, ENTRIES
from spikefa.experiments.comparison._settings import Settings
from spikefa.experiments.comparison._trial import build_network
from spikefa.simulation.runner import Runner
from spikefa.utils.tensors import named_tensors

STEPS, REPETITIONS = 20, 7


def measure_costs(lines: Sequence[str], settings: Settings) -> dict[str, dict[str, float]]:
    """Time the steps of all circuits in turns, one process, all threads.

    Returns
    -------
    dict
        By line: ``steps_per_second``, of the median repetition, drawing included, and
        ``megabytes`` of everything that is kept from step to step, weights included.
    """
    data = datasets.load(settings.dataset, settings.data_dir)
    streams: dict[str, Runner] = {}
    for line in lines:
        entry = ENTRIES[line]
        if entry.circuit == BPTT:
            continue
        network = build_network(entry, entry.choices()[entry.chosen], settings, data.n_inputs)
        network.initialise(0)
        shown = (data.full_scale, data.n_classes, settings.batch_size, 0, "costs")
        streams[line] = Runner(network, data.train, *shown)
    times: dict[str, list[float]] = {line: [] for line in streams}
    for _ in range(REPETITIONS + 1):
        for line, stream in streams.items():
            times[line].append(_milliseconds_per_step(stream))
    return {
        line: {
            "steps_per_second": 1e3 / statistics.median(times[line][1:]),
            "megabytes": _megabytes(stream),
        }
        for line, stream in streams.items()
    }


def _milliseconds_per_step(stream: Runner) -> float:

    device = stream.network.device
    steps = stream.present(torch.arange(stream.batch, device=device), STEPS + 1, plastic=True)
    next(steps)  # the switch of the image is not a step
    return milliseconds(lambda: next(steps), STEPS, device)


def _megabytes(stream: Runner) -> float:
    """Return the size of weights and state; a tensor under two names counts once."""
    tensors = named_tensors([stream.network.tensors(), stream.state]).values()
    once = {tensor.data_ptr(): tensor for tensor in tensors if tensor.numel()}
    return sum(tensor.numel() * tensor.element_size() for tensor in once.values()) / 1e6
