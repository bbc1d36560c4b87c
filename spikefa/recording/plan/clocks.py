"""Clocks: the steps at which some of the probes are read."""

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass

from spikefa.errors import require
from spikefa.recording.plan.recurring import Recurring, Stretch, stretches
from spikefa.recording.plan.sorting import SortedWindows
from spikefa.recording.plan.triggers import Trigger, check_triggers
from spikefa.recording.plan.windows import OPEN_END, Window, check_labels, check_windows


@dataclass(frozen=True)
class Clock:
    """Every so many steps of some windows. All channels of a clock share its rows in the file.

    Attributes
    ----------
    windows : tuple of Window
        In the order of their steps.
    every : int
        Steps between two rows, counted from the start of the window. Around the firings of
        triggers, rows are at the steps that it divides.
    recurring : tuple of Recurring
    triggers : tuple of Trigger
    """

    windows: tuple[Window, ...]
    _: KW_ONLY
    every: int = 1
    recurring: tuple[Recurring, ...] = ()
    triggers: tuple[Trigger, ...] = ()

    @property
    def is_open_ended(self) -> bool:
        """Whether the number of rows depends on more than windows with an end."""
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
        """Upper bound of the rows that wait for the decision of a trigger."""
        before = max((trigger.before for trigger in self.triggers), default=0)
        own = before if self.recurring else len(self.windows)
        return min(before, -(-before // self.every) * (1 + own))

    def stretches(self) -> Iterator[Stretch]:
        """Yield the stretches of steps that its windows ask for, without those of triggers."""
        return stretches(self.windows, self.recurring)


def make_clock(wanted: SortedWindows, every: int = 1) -> Clock:
    """Return the clock of some windows.

    Raises
    ------
    SpikefaError
        If there is no window, or windows do not go together.
    """
    triggers = check_triggers(wanted.triggers)
    names = [*(each.label for each in wanted.recurring), *(each.label for each in triggers)]
    windows = check_windows(wanted.windows) if wanted.windows or not names else ()
    check_labels([*(window.label for window in windows), *names])
    for window in windows:
        require(
            window.label.rpartition(" #")[0] not in names,
            f"window {window.label!r} has a label that is one of those of "
            f"{window.label.rpartition(' #')[0]!r}: give it another",
        )
    return Clock(windows, every=every, recurring=tuple(wanted.recurring), triggers=triggers)


def check_ahead(clocks: Sequence[Clock], step: int) -> None:
    """Refuse windows of which no row can come any more, `step` being the next one.

    Raises
    ------
    SpikefaError
        If there is one.
    """
    for clock in clocks:
        for window in clock.windows:
            steps_after = (window.stop - 1 - window.start) // clock.every * clock.every
            often = f", read every {clock.every} steps," if clock.every > 1 else ""
            require(
                window.start + steps_after >= step,
                f"window {window.label!r} ({window.start}:{window.stop}){often} is over: the next "
                f"step is {step}, so give a window that ends later, or record earlier",
            )
