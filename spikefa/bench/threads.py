"""The time of a step on one thread and on more, and the number that a run would choose."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from spikefa.datasets import digits
from spikefa.models.lillicrap2016 import spiking_mnist
from spikefa.simulation.simulation import Simulation
from spikefa.utils.threads import cores, fewest_near_the_fastest, on_threads

WIDTHS = (100, 300, 700, 1500)
BATCHES = (1, 20, 100)
SECONDS = 0.25
"""Seconds of each turn."""


@dataclass(frozen=True)
class ThreadTimes:
    """Milliseconds of a step by the number of threads, and what was chosen.

    Attributes
    ----------
    hidden, batch : int
    milliseconds : dict of int to float
        Medians; all numbers of threads took turns.
    chosen : int
        By `fewest_near_the_fastest`, before.
    """

    hidden: int
    batch: int
    milliseconds: dict[int, float]
    chosen: int

    def __str__(self) -> str:
        times = ", ".join(f"{n}: {each:.2f} ms" for n, each in self.milliseconds.items())
        lost = self.milliseconds[self.chosen] / min(self.milliseconds.values())
        return (
            f"hidden {self.hidden:4}, batch {self.batch:3}: {times}; chosen {self.chosen}, "
            f"{lost:.2f} times the fastest"
        )


def time_threads(
    widths: Sequence[int] = WIDTHS, batches: Sequence[int] = BATCHES, turns: int = 5
) -> Iterator[ThreadTimes]:
    """Yield the times of networks with three hidden layers, on the embedded digits."""
    data = digits()
    for hidden in widths:
        for batch in batches:
            network = spiking_mnist(hidden, 3, 10 * max(1, hidden // 15), data.n_inputs)
            simulation = Simulation(network, data, batch_size=batch, progress=False)
            yield _times(simulation, hidden, turns)


def _times(simulation: Simulation, hidden: int, turns: int) -> ThreadTimes:
    def presentation() -> None:
        for _ in simulation.present(each=False):
            pass

    steps = simulation.stimulus.steps
    chosen = fewest_near_the_fastest(presentation, steps, cores()).number
    numbers = sorted({1, cores(), chosen})
    times: dict[int, list[float]] = {number: [] for number in numbers}
    for _ in range(turns):
        for number in numbers:
            with on_threads(number):
                started, done = time.perf_counter(), 0
                while time.perf_counter() < started + SECONDS:
                    presentation()
                    done += steps
                times[number].append((time.perf_counter() - started) / done)
    medians = {number: 1e3 * median(taken) for number, taken in times.items()}
    return ThreadTimes(hidden, simulation.batch_size, medians, chosen)
