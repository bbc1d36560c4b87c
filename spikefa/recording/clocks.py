"""Clocks: the steps at which some of the probes are read."""

from collections.abc import Sequence
from dataclasses import dataclass

from spikefa.errors import require
from spikefa.recording.probes import Probe
from spikefa.recording.windows import Window, check_windows


@dataclass(frozen=True)
class Clock:
    """Every so many steps of some windows; all that one clock reads shares its rows in the file.

    Attributes
    ----------
    windows : tuple of Window
        In the order of their steps.
    every : int
        Steps between two rows, counted from the start of the window.
    """

    windows: tuple[Window, ...]
    every: int = 1

    @property
    def planned_rows(self) -> int:
        """Rows, if all the windows are recorded to their end."""
        return sum(-(-(window.stop - window.start) // self.every) for window in self.windows)

    @property
    def longest(self) -> int:
        """Rows of the longest window."""
        return max(-(-(window.stop - window.start) // self.every) for window in self.windows)


def assign_clocks(
    probes: Sequence[Probe], windows: Sequence[Window]
) -> tuple[tuple[Clock, ...], tuple[int, ...]]:
    """Return the clocks that `probes` need, and which of them each probe has.

    The first reads every step of the recording's own `windows`.

    Raises
    ------
    SpikefaError
        If windows or intervals are wrong.
    """
    clocks = [Clock(check_windows(windows))]
    numbers = []
    for probe in probes:
        require(
            isinstance(probe.every, int) and probe.every >= 1,
            f"the probe of {probe.variable!r} of {probe.population!r} has every={probe.every!r}: "
            "give 1 or more steps",
        )
        own = (probe.window,) if isinstance(probe.window, Window) else probe.window
        clock = Clock(clocks[0].windows if own is None else check_windows(own), probe.every)
        if clock not in clocks:
            clocks.append(clock)
        numbers.append(clocks.index(clock))
    return tuple(clocks), tuple(numbers)
