"""Loads a presentation, and tells the stimulus what comes after it."""

from collections.abc import Callable
from itertools import count

from torch import Tensor

from spikefa.simulation.runner import Runner


def load(
    runner: Runner, items: Callable[[int], Tensor], number: int, end: int | None = None
) -> None:
    """Let a runner load a presentation, and its stimulus begin to prepare the next ones.

    Parameters
    ----------
    runner : Runner
    items : callable
        Returns the items of a presentation by its number.
    number : int
        Of the presentation.
    end : int, optional
        How many presentations there are; by default they never end.
    """
    runner.load(number, items(number))
    later = count(number + 1) if end is None else range(number + 1, end)
    runner.stimulus.expect(runner.stimulus_state, map(items, later))
