"""Triggers: windows that open when something happens, as on an oscilloscope."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace

from spikefa.errors import require
from spikefa.recording.plan.predicates import TEXT_BYTES, Function, Own, Predicate
from spikefa.recording.plan.windows import OPEN_END, Window, check_labels
from spikefa.utils.numbers import shown, whole_number
from spikefa.utils.scalars import plain_fields

MOST_STEPS = 1 << 40
"""Upper bound of `before`, `after` and `hold_off`: more steps than any run has."""


@dataclass(frozen=True)
class Trigger:
    """Record the steps around an event, including steps before it.

    If it fires after step f, the steps ``f - before`` to ``f + after`` are recorded, both included,
    as far as the run has them. Firings may overlap: no step is recorded twice.

    Parameters
    ----------
    predicate : Predicate or callable
        The event: `ClassShown`, `WrongGuess`, `RateLeaves`, or a function of the variables,
        ``variables[population][variable]``, that returns a bool tensor without dimensions on the
        device of the state. It is called after every step and must change nothing.
    before, after : int, default 0
        Steps.
    label : str, optional
        The name; the windows of its firings are ``"<label> #1"``, ``"<label> #2"`` and so on.
    hold_off : int, default 0
        Steps after a firing in which it does not fire again.
    at_most : int, optional
        Upper bound of its firings in the whole run.
    edge : bool, optional
        Whether it fires only at steps at which the predicate becomes true (True), or at all steps
        at which it is true (False). The default is True, but False for `ClassShown` and
        `WrongGuess`, which can be true only once in a presentation.
    """

    predicate: Predicate | Function
    _: KW_ONLY
    before: int = 0
    after: int = 0
    label: str = ""
    hold_off: int = 0
    at_most: int | None = None
    edge: bool | None = None

    def __post_init__(self) -> None:
        plain_fields(self)
        require(
            callable(self.predicate),
            f"a trigger has the predicate {self.predicate!r}: give ClassShown, WrongGuess, "
            "RateLeaves or a function of the variables",
        )
        name = self.label or self.watched.name
        for field in ("before", "after", "hold_off"):
            steps = whole_number(
                getattr(self, field), f"{field} of trigger {name!r}", 0, MOST_STEPS
            )
            object.__setattr__(self, field, steps)
        if self.at_most is not None:
            firings = whole_number(self.at_most, f"at_most of trigger {name!r}", 1, OPEN_END - 1)
            object.__setattr__(self, "at_most", firings)
        require(
            self.edge is None or isinstance(self.edge, bool),
            f"trigger {name!r} has edge={shown(self.edge)}: give True, False or None",
        )

    @property
    def watched(self) -> Predicate:
        """The predicate; a user's function is wrapped."""
        return self.predicate if isinstance(self.predicate, Predicate) else Own(self.predicate)

    def window(self, number: int, step: int) -> Window:
        """Return the window of firing `number`, counted from 1, after `step`."""
        return Window(f"{self.label} #{number}", max(0, step - self.before), step + self.after + 1)


def bind_trigger(trigger: Trigger, stream: int | None, steps_per_image: int | None) -> Trigger:
    """Return `trigger` with label, edge, stream and length of presentations filled in.

    Raises
    ------
    SpikefaError
        If the predicate cannot be bound or stored.
    """
    watched = trigger.watched.bind(stream, steps_per_image)
    label = trigger.label or watched.name
    edge = watched.edge if trigger.edge is None else trigger.edge
    require(
        len(watched.text.encode(errors="replace")) <= TEXT_BYTES,
        f"the predicate of trigger {label!r} takes more than {TEXT_BYTES} bytes: give it or its "
        "population a shorter name",
    )
    return replace(trigger, predicate=watched, label=label, edge=edge)


def check_triggers(triggers: Sequence[Trigger]) -> tuple[Trigger, ...]:
    """Return bound triggers; refuse labels that do not fit or are used twice."""
    check_labels([trigger.label for trigger in triggers])
    return tuple(triggers)
