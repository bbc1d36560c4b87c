"""Predicates: the condition of a trigger, computed where the state of the network is."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import ClassVar

from torch import Tensor

from spikefa.recording.plan.variables import Variables

TEXT_BYTES = 256
"""Room for a predicate as text in the file."""

Function = Callable[[Variables], Tensor]
"""A user's predicate: maps ``variables[population][variable]`` to a bool tensor without
dimensions on the device of the state. It must change nothing."""


@dataclass(frozen=True)
class Predicate(ABC):
    """A condition on the state, evaluated after a step without waiting for the device.

    Attributes
    ----------
    edge : bool
        Whether a trigger fires by default only when the predicate becomes true. False for
        predicates that are true at one step of a presentation at most.
    """

    edge: ClassVar[bool] = False

    @property
    @abstractmethod
    def name(self) -> str:
        """The label of a trigger without a label."""

    @property
    def text(self) -> str:
        """The predicate as the file stores it."""
        return json.dumps([type(self).__name__, asdict(self)])

    def bind(self, stream: int | None, steps_per_image: int | None) -> "Predicate":
        """Return the predicate for one stream of the batch and one length of presentations."""
        return self

    def may_hold(self, step: int) -> bool:
        """Return whether the predicate can be true after `step`, judged by the number alone."""
        return True

    @abstractmethod
    def __call__(self, variables: Variables) -> Tensor:
        """Return whether the present state satisfies it, a bool tensor without dimensions."""


@dataclass(frozen=True)
class Own(Predicate):
    """A user's function. The file stores only its name."""

    edge: ClassVar[bool] = True
    function: Function

    @property
    def name(self) -> str:
        """The name of the function."""
        return getattr(self.function, "__name__", type(self.function).__name__)

    @property
    def text(self) -> str:
        """The name, as the file stores it."""
        return json.dumps(["own", self.name[:100]])

    def __call__(self, variables: Variables) -> Tensor:
        """Return the value of the function."""
        return self.function(variables)
