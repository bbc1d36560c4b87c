"""Ready-made predicates: a class is shown, a guess is wrong, a rate leaves a band."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.recording.plan.predicates import Predicate
from spikefa.recording.plan.variables import Variables, state_of
from spikefa.utils.numbers import whole_number
from spikefa.utils.ranges import MOST_CLASSES
from spikefa.utils.scalars import plain_fields


@dataclass(frozen=True, kw_only=True)
class _OfPresentations(Predicate):
    """A predicate that can be true once in each presentation of one stream."""

    stream: int | None = None
    steps_per_image: int | None = None

    def bind(self, stream: int | None, steps_per_image: int | None) -> "Predicate":
        name = type(self).__name__
        steps = steps_per_image if self.steps_per_image is None else self.steps_per_image
        require(
            steps is not None,
            f"{name} has steps_per_image=None: give 1 or more, to it or to the recorder",
        )
        number = whole_number(steps, f"steps_per_image of {name}", 1)
        return replace(self, stream=_watched(self, stream), steps_per_image=number)

    def _at(self, step: int) -> int:
        """Return the number of the step in its presentation."""
        if self.steps_per_image is None:
            raise SpikefaError(f"{self!r} has no steps_per_image: call bind first")
        return step % self.steps_per_image


@dataclass(frozen=True)
class ClassShown(_OfPresentations):
    """An image of a class is shown: true at the first step of its presentation.

    Parameters
    ----------
    label : int
        The class.
    stream : int, optional
        The stream of the batch to watch; by default the recorded one.
    steps_per_image : int, optional
        Steps of a presentation; by default those of the simulation.
    """

    label: int

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "label", whole_number(self.label, "the class of ClassShown", 0, MOST_CLASSES - 1)
        )

    @property
    def name(self) -> str:
        """``"class 7"``."""
        return f"class {self.label}"

    def may_hold(self, step: int) -> bool:
        """Return whether a presentation begins with `step`."""
        return self._at(step) == 0

    def __call__(self, variables: Variables) -> Tensor:
        """Return whether the class is shown."""
        return state_of(variables, "input", "label")[self.stream, 0] == self.label


@dataclass(frozen=True)
class WrongGuess(_OfPresentations):
    """The guess is wrong: can be true at the last step of a presentation.

    The guess is the class whose output neurons spiked most, see `spikefa.stimulus.readout`.

    Parameters
    ----------
    summed : bool, default False
        Whether to count the spikes of all steps of the presentation or only of its last step.
    stream : int, optional
        The stream of the batch to watch; by default the recorded one.
    steps_per_image : int, optional
        Steps of a presentation; by default those of the simulation.
    """

    summed: bool = False

    def __post_init__(self) -> None:
        plain_fields(self)
        require(
            isinstance(self.summed, bool),
            f"WrongGuess has summed={self.summed!r}: give True or False",
        )

    @property
    def name(self) -> str:
        """``"wrong guess"``."""
        return "wrong guess"

    def may_hold(self, step: int) -> bool:
        """Return whether a presentation ends with `step`."""
        return self._at(step + 1) == 0

    def __call__(self, variables: Variables) -> Tensor:
        """Return whether the class that spiked most differs from the one shown."""
        output = list(variables)[-1]
        counted = "class_spikes_summed" if self.summed else "class_spikes"
        guess = state_of(variables, output, counted)[self.stream].argmax()
        return guess != state_of(variables, "input", "label")[self.stream, 0]


@dataclass(frozen=True)
class RateLeaves(Predicate):
    """The rate of a population leaves a band: true while it is outside.

    The rate is the fraction of the population that spikes in a step, or the mean activity of rate
    neurons. A trigger fires when the rate leaves the band; with `edge=False` it fires at every step
    outside the band.

    Parameters
    ----------
    population : str
    low, high : float
        The band, both ends included.
    stream : int, optional
        The stream of the batch to watch; by default the recorded one.
    """

    edge: ClassVar[bool] = True
    population: str
    low: float
    high: float
    stream: int | None = None

    def __post_init__(self) -> None:
        plain_fields(self)
        require(
            self.low <= self.high,
            f"RateLeaves has the band {self.low} to {self.high}: give low <= high, in spikes per "
            "neuron and step",
        )

    @property
    def name(self) -> str:
        """``"hidden1 rate"``."""
        return f"{self.population} rate"

    def bind(self, stream: int | None, steps_per_image: int | None) -> Predicate:
        """Return the predicate for one stream."""
        return replace(self, stream=_watched(self, stream))

    def __call__(self, variables: Variables) -> Tensor:
        """Return whether the rate is below or above the band."""
        rate = state_of(variables, self.population, "spikes")[self.stream].mean(dtype=torch.float32)
        return (rate < self.low) | (rate > self.high)


def _watched(predicate: "_OfPresentations | RateLeaves", recorded: int | None) -> int:
    """Return the stream that a predicate watches: its own, or else the recorded one."""
    name = type(predicate).__name__
    stream = recorded if predicate.stream is None else predicate.stream
    require(
        stream is not None,
        f"the probes record several streams: say which of them {name} watches, with stream=...",
    )
    return whole_number(stream, f"stream of {name}", 0)


READY_MADE: Mapping[str, Callable[..., Predicate]] = {
    kind.__name__: kind for kind in (ClassShown, WrongGuess, RateLeaves)
}
