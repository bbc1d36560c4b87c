"""The number of threads for a simulation, by a measurement of its own steps."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from spikefa.errors import require
from spikefa.simulation.simulation import Simulation
from spikefa.simulation.training import Training
from spikefa.utils.threads import Threads, cores, fewest_near_the_fastest, wanted_by_user


def use_threads(simulation: Simulation) -> Threads:
    """Let PyTorch use the fewest threads with which this simulation is about as fast as it gets.

    What `choose_threads` returns is set with `torch.set_num_threads`, for the whole process.

    Examples
    --------
    >>> threads = use_threads(simulation)
    >>> print(f"threads {threads.number}: {threads.reason}")
    """
    threads = choose_threads(simulation)
    torch.set_num_threads(threads.number)
    return threads


def choose_threads(simulation: Simulation) -> Threads:
    """Return the fewest threads with which this simulation is about as fast as it gets, and why.

    It does some presentations, and takes all of them back. If the user has set the number, by
    ``OMP_NUM_THREADS`` for example, or if the network is on a GPU, the number stays as it is.

    Raises
    ------
    SpikefaError
        If the simulation is being recorded.
    """
    device = simulation.network.device
    if device.type != "cpu":
        return Threads(torch.get_num_threads(), f"the network is on {device}")
    given = wanted_by_user()
    if given is not None:
        return given
    if cores() == 1:
        return Threads(1, "this process may use one core")

    def presentation() -> None:
        for _ in simulation.present(each=False):
            pass

    with _taken_back(simulation.training):
        return fewest_near_the_fastest(presentation, simulation.stimulus.steps, cores())


@contextmanager
def _taken_back(training: Training) -> Iterator[None]:
    """Put everything back that the training changes while the block runs."""
    require(
        training.recorder is None,
        "the simulation is being recorded: choose the threads before you call record",
    )
    training.check_whole()
    tensors = {name: tensor.clone() for name, tensor in training.tensors().items()}
    generators, presentation = training.runner.random.states(), training.presentation
    try:
        yield
    finally:
        training.set_state(tensors, generators, presentation)
