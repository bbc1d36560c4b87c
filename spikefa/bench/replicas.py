"""What R networks side by side cost, beside one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from spikefa.bench.step_times import ENGINE
from spikefa.bench.steps import engine_step
from spikefa.bench.timing import interleaved, ratio, spread

COUNTS = (1, 2, 5, 10, 30)


@dataclass(frozen=True)
class Beside:
    """So many replicas in one step.

    Attributes
    ----------
    replicas, batch : int
        Batch: streams of each.
    milliseconds : list of float
        Of a step of all of them, for each repetition.
    times_one : float
        Median over the repetitions of its time divided by that of one network without replicas;
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
) -> Iterator[Beside]:
    """Time a step of small networks, 784-100-100-50, one alone and several side by side, in turns.

    Parameters
    ----------
    device : torch.device
    batches : sequence of int
        Streams of each network.
    counts : sequence of int
        Numbers of replicas.
    repetitions : int, default 9
        Of each, after one that does not count.
    """
    for batch in batches:
        steps = {str(count): _step(device, batch, count) for count in counts}
        alone = {"alone": _step(device, batch, None)}
        times = interleaved(alone | steps, 50 if batch == 1 else 10, repetitions, device)
        for count in counts:
            taken = times[str(count)]
            yield Beside(count, batch, taken, ratio(taken, times["alone"]))


def _step(device: torch.device, batch: int, replicas: int | None) -> Callable[[], None]:
    from spikefa.models.lillicrap2016 import spiking_mnist

    network = spiking_mnist(100, 2, 50, device=device, replicas=replicas)
    network.initialise(0)
    target = torch.zeros(*network.leading, batch, network.n_outputs, device=device)
    probability = target.new_full((*network.leading, batch, network.n_inputs), 0.13)
    return engine_step(ENGINE, network, probability, target)
