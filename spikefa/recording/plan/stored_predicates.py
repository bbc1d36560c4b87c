"""Predicates read from a file, and made again so that they can be asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from spikefa.errors import SpikefaError
from spikefa.recording.plan.predicates import Function, Own, Predicate
from spikefa.recording.plan.probes import Variables
from spikefa.recording.plan.ready_made import READY_MADE


@dataclass(frozen=True)
class Stored(Predicate):
    """A predicate as a file keeps it: it can be named, and made again by `rebuild`."""

    kept: str

    @property
    def text(self) -> str:
        """As it was read."""
        return self.kept

    @property
    def name(self) -> str:
        """As it was read."""
        return self.kept

    def __call__(self, variables: Variables) -> Tensor:
        """Refuse: text is not asked, nor run."""
        raise SpikefaError(f"the predicate {self.kept!r} is text from a file: rebuild it first")


def rebuild(predicate: Predicate, label: str, given: Mapping[str, Function]) -> Predicate:
    """Return the predicate of a trigger read from a file, ready to be asked.

    Parameters
    ----------
    predicate : Predicate
    label : str
        Of the trigger.
    given : mapping of str to callable
        The user's own predicates, by the labels of their triggers.

    Raises
    ------
    SpikefaError
        If it is the user's own and was not given.
    """
    if label in given:
        return Own(given[label])
    try:
        kind, arguments = json.loads(predicate.text)
        if kind in READY_MADE:
            return READY_MADE[kind](**arguments)
    except (ValueError, TypeError) as error:
        raise SpikefaError(f"the trigger {label!r} cannot be read: {predicate.text}") from error
    raise SpikefaError(
        f"the trigger {label!r} has a predicate of its own, {kind} {arguments!r}, that no file can "
        f"hold: give predicates={{{label!r}: the function}}"
    )
