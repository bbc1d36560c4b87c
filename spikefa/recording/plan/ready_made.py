"""The predicates that come with the recorder: a class is shown, a guess is wrong, a rate leaves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.recording.plan.predicates import Predicate
from spikefa.recording.plan.probes import Variables, state_of


@dataclass(frozen=True, kw_only=True)
class _OfPresentations(Predicate):
    """Asked once in each presentation of one stream."""

    stream: int | None = None
    steps_per_image: int | None = None

    def bind(self, stream: int | None, steps_per_image: int | None) -> "Predicate":
        chosen = stream if self.stream is None else self.stream
        steps = steps_per_image if self.steps_per_image is None else self.steps_per_image
        _require_stream(self, chosen)
        require(
            isinstance(steps, int) and steps >= 1,
            f"{type(self).__name__} has steps_per_image={steps!r}: give 1 or more, to it or to "
            "the recorder",
        )
        return replace(self, stream=chosen, steps_per_image=steps)

    def _at(self, step: int) -> int:
        """Return which step of the presentation it is."""
        assert self.steps_per_image is not None, "bind comes first"
        return step % self.steps_per_image


@dataclass(frozen=True)
class ClassShown(_OfPresentations):
    """An image of a class comes: true at the first step of its presentation.

    Parameters
    ----------
    label : int
        The class.
    stream : int, optional
        Which stream of the batch is watched; by default the one that is recorded.
    steps_per_image : int, optional
        By default that of the simulation.
    """

    label: int

    def __post_init__(self) -> None:
        require(
            isinstance(self.label, int) and 0 <= self.label <= 255,
            f"ClassShown({self.label!r}): give the number of a class, 0 to 255",
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
    """The network guessed wrong: true at the last step of a presentation, or false there.

    The guess is the class whose output neurons spiked most, see `spikefa.stimulus.readout`.

    Parameters
    ----------
    summed : bool, default False
        Whether spikes of all steps of the presentation count, or those of its last step.
    stream : int, optional
        Which stream of the batch is watched; by default the one that is recorded.
    steps_per_image : int, optional
        By default that of the simulation.
    """

    summed: bool = False

    def __post_init__(self) -> None:
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
        """Return whether the class that spiked most is another than the one shown."""
        output = list(variables)[-1]
        counted = "class_spikes_summed" if self.summed else "class_spikes"
        guess = state_of(variables, output, counted)[self.stream].argmax()
        return guess != state_of(variables, "input", "label")[self.stream, 0]


@dataclass(frozen=True)
class RateLeaves(Predicate):
    """The rate of a population leaves a band: true while it is outside.

    The rate is the part of the population that spikes in a step; of rate neurons, their mean
    activity. A trigger fires when it leaves the band, unless it is told `edge=False`: then at every
    step outside.

    Parameters
    ----------
    population : str
    low, high : float
        The band, both ends included.
    stream : int, optional
        Which stream of the batch is watched; by default the one that is recorded.
    """

    edge: ClassVar[bool] = True
    population: str
    low: float
    high: float
    stream: int | None = None

    def __post_init__(self) -> None:
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
        chosen = stream if self.stream is None else self.stream
        _require_stream(self, chosen)
        return replace(self, stream=chosen)

    def __call__(self, variables: Variables) -> Tensor:
        """Return whether the rate is below or above the band."""
        rate = state_of(variables, self.population, "spikes")[self.stream].mean(dtype=torch.float32)
        return (rate < self.low) | (rate > self.high)


def _require_stream(predicate: Predicate, stream: int | None) -> None:
    name = type(predicate).__name__
    require(
        stream is not None,
        f"the probes record several streams: say which of them {name} watches, with stream=...",
    )
    require(
        isinstance(stream, int) and stream >= 0,
        f"{name} watches stream={stream!r}: give the number of a stream of the batch",
    )


READY_MADE: Mapping[str, Callable[..., Predicate]] = {
    kind.__name__: kind for kind in (ClassShown, WrongGuess, RateLeaves)
}
