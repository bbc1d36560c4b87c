"""Predicates: what a trigger watches for, computed where the network's state is."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import ClassVar

from torch import Tensor

from spikefa.recording.plan.probes import Variables

TEXT_BYTES = 256
"""Room for a predicate as text in the file."""

Function = Callable[[Variables], Tensor]
"""A predicate of the user's own: ``variables[population][variable]`` to a bool tensor without
dimensions, on the device of the state. It must change nothing."""


@dataclass(frozen=True)
class Predicate(ABC):
    """Says after a step whether something is the case; nobody waits for the answer.

    Attributes
    ----------
    edge : bool
        Whether a trigger fires, if not told otherwise, only when the answer becomes true. A
        predicate that is true at one step of a presentation at most needs no such rule.
    """

    edge: ClassVar[bool] = False

    @property
    @abstractmethod
    def name(self) -> str:
        """The label of a trigger that is given none."""

    @property
    def text(self) -> str:
        """The predicate as the file keeps it."""
        return json.dumps([type(self).__name__, asdict(self)])

    def bind(self, stream: int | None, steps_per_image: int | None) -> "Predicate":
        """Return the predicate for one stream of the batch and one length of presentations."""
        return self

    def may_hold(self, step: int) -> bool:
        """Return whether it can be true after `step`, as far as the number of the step says."""
        return True

    @abstractmethod
    def __call__(self, variables: Variables) -> Tensor:
        """Return whether it is true of the present state, a bool tensor without dimensions."""


@dataclass(frozen=True)
class Own(Predicate):
    """A function of the user's; the file keeps its name alone."""

    edge: ClassVar[bool] = True
    function: Function

    @property
    def name(self) -> str:
        """The name of the function."""
        return getattr(self.function, "__name__", type(self.function).__name__)

    @property
    def text(self) -> str:
        """The name, as the file keeps it."""
        return json.dumps(["own", self.name[:100]])

    def __call__(self, variables: Variables) -> Tensor:
        """Return what the function says."""
        return self.function(variables)
