"""Progress bars on a terminal, silence elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

INTERVAL = 0.5
"""Least seconds between two redraws."""


class Bar:
    """One progress bar that redraws at most twice a second.

    Parameters
    ----------
    redraw : callable or None
        Called with the work done so far and a note; None draws nothing.
    interval : float, default `INTERVAL`
        Least seconds between two redraws.
    """

    def __init__(self, redraw: Callable[[float, str], None] | None, interval: float = INTERVAL):
        self._redraw = redraw
        self._interval = interval
        self._next = time.monotonic() + interval
        self._note: Callable[[], str] = str
        self.done = 0.0

    def advance(self, amount: float, note: Callable[[], str] = str) -> None:
        """Add to the work done; `note` is called only when the bar is redrawn."""
        self.done += amount
        self._note = note
        if self._redraw is not None and time.monotonic() >= self._next:
            self.redraw()

    def redraw(self) -> None:
        """Draw the work done so far, whether it is time or not."""
        if self._redraw is not None:
            self._redraw(self.done, self._note())
            self._next = time.monotonic() + self._interval


@contextmanager
def progress_bar(
    label: str, total: float, enabled: bool | None = None, keep: bool = False
) -> Iterator[Bar]:
    """Show a bar on standard error while the block runs.

    Parameters
    ----------
    label : str
    total : float
        The work to do, in the units that `Bar.advance` is given.
    enabled : bool, optional
        Default: whether standard error is a terminal.
    keep : bool, default False
        Whether the line stays when the work is done.
    """
    if not (sys.stderr.isatty() if enabled is None else enabled):
        yield Bar(None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    # rich would redraw ten times a second, from a thread of its own
    shown = Progress(*columns, console=Console(stderr=True), transient=not keep, auto_refresh=False)
    with shown as progress:
        task = progress.add_task(label, total=total, note="")
        bar = Bar(lambda done, note: progress.update(task, completed=done, note=note, refresh=True))
        yield bar
        bar.redraw()
