"""The steps at which any of some variables was read."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from spikefa.errors import require
from spikefa.recording import Series, Window

MOST_WORDS = 8
"""Windows that a message names."""


class ReadSteps:
    """The windows of some variables, and the steps in them at which any of these was read.

    Parameters
    ----------
    path : Path
        Of the recording.
    series : sequence of Series
    """

    def __init__(self, path: Path, series: Sequence[Series]) -> None:
        self._path = path
        self._series = series

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """Their windows, in the order of their steps; of two with one label, the first's."""
        found = {window.label: window for each in self._series[::-1] for window in each.windows}
        return tuple(sorted(found.values(), key=lambda window: window.start))

    @property
    def held(self) -> list[Window]:
        """The windows in which something was read."""
        return [window for window in self.windows if self.ends(window.start, window.stop)]

    def ends(self, start: int, stop: int) -> tuple[int, int] | None:
        """Return the first and the last step that was read between two steps, if there is one."""
        found: list[int] = []
        for series in self._series:
            rows = series.rows(slice(start, stop))
            found += series.steps[rows][[0, -1]].tolist() if rows.stop > rows.start else []
        return (min(found), max(found)) if found else None

    def bounded(self, label: str, start: int, stop: int, said: str = "") -> Window:
        """Return the window from the first to the last step that was read.

        A message calls the steps by their label, or else as they were `said`.

        Raises
        ------
        SpikefaError
            If there is none.
        """
        ends = self.ends(start, stop)
        require(ends is not None, f"{self._path} holds no step of {label or said}: {self.words}")
        assert ends is not None
        return Window(label, ends[0], ends[1] + 1)

    @property
    def words(self) -> str:
        """The windows with their steps, for messages."""
        parts = []
        for window in self.windows[:MOST_WORDS]:
            ends = self.ends(window.start, window.stop)
            parts += [f"{window.label} ({ends[0]}:{ends[1] + 1})"] if ends else []
        more = ", ..." if len(self.windows) > MOST_WORDS else ""
        return f"it holds {', '.join(parts) or 'no step at all'}{more}"
