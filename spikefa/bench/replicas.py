"""The time of a step of several replicas, relative to that of a single network."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from spikefa.bench.step_times import ENGINE
from spikefa.bench.steps import engine_step
from spikefa.models.lillicrap2016 import spiking_mnist
from spikefa.utils.timing import interleaved, ratio, spread

COUNTS = (1, 2, 5, 10, 30)


@dataclass(frozen=True)
class ReplicaTiming:
    """The time of a step of several replicas.

    Attributes
    ----------
    replicas, batch : int
        Number of replicas, and streams of each.
    milliseconds : list of float
        Time of a step of all replicas, for each repetition.
    times_one : float
        Median over the repetitions of this time divided by that of a single network. It equals
        `replicas` if nothing is gained.
    """

    replicas: int
    batch: int
    milliseconds: list[float]
    times_one: float

    def __str__(self) -> str:
        return (
            f"{self.replicas:3} replicas, batch {self.batch:3}: {spread(self.milliseconds)}, "
            f"{self.times_one:.2f} of one network"
        )


def time_replicas(
    device: torch.device,
    batches: Sequence[int],
    counts: Sequence[int] = COUNTS,
    repetitions: int = 9,
) -> Iterator[ReplicaTiming]:
    """Time a step of 784-100-100-50, as a single network and as replicas, in turns.

    Parameters
    ----------
    device : torch.device
    batches : sequence of int
        Streams of each network.
    counts : sequence of int
        Numbers of replicas.
    repetitions : int, default 9
        Number of repetitions of each, after a first one that is not counted.
    """
    for batch in batches:
        steps = {str(count): _step(device, batch, count) for count in counts}
        alone = {"alone": _step(device, batch, None)}
        times = interleaved(alone | steps, 50 if batch == 1 else 10, repetitions, device)
        for count in counts:
            taken = times[str(count)]
            yield ReplicaTiming(count, batch, taken, ratio(taken, times["alone"]))


def _step(device: torch.device, batch: int, replicas: int | None) -> Callable[[], None]:
    network = spiking_mnist(100, 2, 50, device=device, replicas=replicas)
    network.initialise(0)
    target = torch.zeros(*network.leading, batch, network.n_outputs, device=device)
    probability = target.new_full((*network.leading, batch, network.n_inputs), 0.13)
    return engine_step(ENGINE, network, probability, target)
