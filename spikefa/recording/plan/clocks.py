"""Clocks: the steps at which some of the probes are read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from spikefa.errors import require
from spikefa.recording.plan.image_windows import Sorted, When, sort_kinds
from spikefa.recording.plan.predicates import Function
from spikefa.recording.plan.probes import Probe, Variables, state_of
from spikefa.recording.plan.ready_made import ClassShown
from spikefa.recording.plan.recurring import Recurring, Stretch, check_recurring, stretches
from spikefa.recording.plan.stored_predicates import rebuild
from spikefa.recording.plan.triggers import Trigger, check_triggers, try_trigger
from spikefa.recording.plan.windows import OPEN_END, Window, check_labels, check_windows


@dataclass(frozen=True)
class Clock:
    """Every so many steps of some windows; all that one clock reads shares its rows in the file.

    Attributes
    ----------
    windows : tuple of Window
        In the order of their steps.
    every : int
        Steps between two rows, counted from the start of the window; of what a trigger wants, the
        steps that it divides.
    recurring : tuple of Recurring
    triggers : tuple of Trigger
    """

    windows: tuple[Window, ...]
    every: int = 1
    recurring: tuple[Recurring, ...] = ()
    triggers: tuple[Trigger, ...] = ()

    @property
    def is_open_ended(self) -> bool:
        """Whether it does not depend on the windows alone how many rows there will be."""
        return bool(self.recurring or self.triggers)

    @property
    def planned_rows(self) -> int:
        """Rows, if all the windows are recorded to their end."""
        if self.is_open_ended:
            return OPEN_END
        return sum(-(-(window.stop - window.start) // self.every) for window in self.windows)

    @property
    def longest(self) -> int:
        """Rows of the longest window."""
        if self.is_open_ended:
            return OPEN_END
        return max(-(-(window.stop - window.start) // self.every) for window in self.windows)

    @property
    def history(self) -> int:
        """Rows at the most that wait for what a trigger will say of them."""
        before = max((trigger.before for trigger in self.triggers), default=0)
        own = before if self.recurring else len(self.windows)
        return min(before, -(-before // self.every) * (1 + own))

    def stretches(self) -> Iterator[Stretch]:
        """Yield the stretches of steps that its windows ask for, those of triggers left out."""
        return stretches(self.windows, self.recurring)


def make_clock(kinds: Sorted, every: int = 1) -> Clock:
    """Return the clock of some windows.

    Raises
    ------
    SpikefaError
        If there is none, or one is wrong.
    """
    recurring, triggers = check_recurring(kinds.recurring), check_triggers(kinds.triggers)
    names = [*(each.label for each in recurring), *(each.label for each in triggers)]
    windows = check_windows(kinds.windows) if kinds.windows or not names else ()
    check_labels([*(window.label for window in windows), *names])
    for window in windows:
        require(
            window.label.rpartition(" #")[0] not in names,
            f"window {window.label!r} has a label that is one of those of "
            f"{window.label.rpartition(' #')[0]!r}: give it another",
        )
    return Clock(windows, every, recurring, triggers)


def assign_clocks(
    probes: Sequence[Probe],
    windows: When | Sequence[When],
    variables: Variables,
    steps_per_image: int | None = None,
) -> tuple[tuple[Clock, ...], tuple[int, ...]]:
    """Return the clocks that `probes` need, and which of them each probe has.

    The first reads every step of the recording's own `windows`.

    Parameters
    ----------
    probes : sequence of Probe
    windows : window, trigger, or sequence of them
    variables : mapping
        What can be recorded.
    steps_per_image : int, optional
        Needed by windows that count images.

    Raises
    ------
    SpikefaError
        If windows or intervals are wrong.
    """
    require(
        not isinstance(probes, Probe),
        "probes is one Probe: give a list of them, [Probe(...)]",
    )
    shared = [probe for probe in probes if probe.window is None]
    stream = common_stream(shared, variables)
    clocks = [make_clock(sort_kinds(windows, stream, steps_per_image))]
    numbers = []
    for probe in probes:
        require(
            isinstance(probe.every, int) and probe.every >= 1,
            f"the probe of {probe.variable!r} of {probe.population!r} has every={probe.every!r}: "
            "give 1 or more steps",
        )
        own = windows if probe.window is None else probe.window
        of = stream if probe.window is None else common_stream([probe], variables)
        clock = make_clock(sort_kinds(own, of, steps_per_image), probe.every)
        if clock not in clocks:
            clocks.append(clock)
        numbers.append(clocks.index(clock))
    return tuple(clocks), tuple(numbers)


def common_stream(probes: Sequence[Probe], variables: Variables) -> int | None:
    """Return the one stream that `probes` record, None if they record several.

    What all streams share has none, and of what is recorded of all streams the first counts.
    """
    streams = {
        0 if probe.stream == "all" else probe.stream
        for probe in probes
        if len(state_of(variables, probe.population, probe.variable)) > 1
    }
    return None if len(streams) > 1 else min(streams, default=0)


def try_triggers(clocks: Sequence[Clock], variables: Variables, n_classes: int = 256) -> None:
    """Ask every predicate once, so that mistakes come up at the door.

    Raises
    ------
    SpikefaError
        If one fails, or waits for a class that is not among the `n_classes`.
    """
    tried: list[Trigger] = []
    for trigger in (trigger for clock in clocks for trigger in clock.triggers):
        if trigger not in tried:
            shown = trigger.watched.label if isinstance(trigger.watched, ClassShown) else 0
            require(
                shown < n_classes,
                f"trigger {trigger.label!r} waits for class {shown}: give 0 to {n_classes - 1}",
            )
            try_trigger(trigger, variables)
            tried.append(trigger)


def revive(clocks: Sequence[Clock], given: Mapping[str, Function]) -> tuple[Clock, ...]:
    """Return the clocks of a file with predicates that can be asked.

    Parameters
    ----------
    clocks : sequence of Clock
    given : mapping of str to callable
        The user's own predicates, by the labels of their triggers.

    Raises
    ------
    SpikefaError
        If one is missing, or one is given that no trigger has.
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
                replace(each, predicate=rebuild(each.watched, each.label, given))
                for each in clock.triggers
            ),
        )
        for clock in clocks
    )
