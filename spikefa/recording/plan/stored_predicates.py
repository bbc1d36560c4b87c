"""Predicates read from a file, and how they become callable again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.predicates import Function, Own, Predicate
from spikefa.recording.plan.ready_made import READY_MADE
from spikefa.recording.plan.variables import Variables
from spikefa.utils.json_text import parse_json
from spikefa.utils.numbers import whole_number


@dataclass(frozen=True)
class Stored(Predicate):
    """The text of a predicate in a file; `restore_predicates` makes it callable."""

    stored: str

    @property
    def text(self) -> str:
        """The text."""
        return self.stored

    @property
    def name(self) -> str:
        """The text."""
        return self.stored

    def __call__(self, variables: Variables) -> Tensor:
        """Refuse, since text from a file is never run."""
        raise SpikefaError(f"the predicate {self.stored!r} is text from a file: restore it first")


def watched_stream(predicate: Predicate) -> int | None:
    """Return the stream that a ready-made predicate watches; None for a user's own."""
    try:
        _, arguments = parse_json(predicate.text, "a predicate")
        return whole_number(arguments["stream"], "its stream", 0)
    except (SpikefaError, ValueError, TypeError, KeyError):  # it is not written so
        return None


def restore_predicates(clocks: Sequence[Clock], given: Mapping[str, Function]) -> tuple[Clock, ...]:
    """Return the clocks of a file with predicates that can be called.

    Parameters
    ----------
    clocks : sequence of Clock
    given : mapping of str to callable
        The user's own predicates, by the labels of their triggers.

    Raises
    ------
    SpikefaError
        If a predicate is missing, or one is given for a label that no trigger has.
    """
    labels = [trigger.label for clock in clocks for trigger in clock.triggers]
    for label in given:
        require(
            label in labels,
            f"a predicate is given for the trigger {label!r}: the recording has the triggers "
            f"{', '.join(dict.fromkeys(labels)) or 'none'}",
        )
    return tuple(
        replace(
            clock,
            triggers=tuple(
                replace(each, predicate=_restore(each.watched, each.label, given))
                for each in clock.triggers
            ),
        )
        for clock in clocks
    )


def _restore(predicate: Predicate, label: str, given: Mapping[str, Function]) -> Predicate:
    """Return the predicate of one trigger: the given one, or a ready-made one."""
    if label in given:
        return Own(given[label])
    try:
        kind, arguments = parse_json(predicate.text, f"the trigger {label!r}")
        if kind in READY_MADE:
            return READY_MADE[kind](**arguments)
    except (ValueError, TypeError) as error:
        raise SpikefaError(f"the trigger {label!r} cannot be read: {predicate.text}") from error
    raise SpikefaError(
        f"the trigger {label!r} has a predicate of its own, {kind} {arguments!r}, that no file can "
        f"hold: give predicates={{{label!r}: the function}}"
    )
