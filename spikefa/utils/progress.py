"""Progress bars, which appear only on a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

INTERVAL = 0.5
"""Least seconds between two redraws."""


@dataclass(eq=False)
class Bar:
    """A progress bar that is redrawn at most twice a second.

    Parameters
    ----------
    draw : callable or None
        Called with the work done so far and a note. With None nothing is drawn.
    interval : float, default `INTERVAL`
        Least seconds between two redraws.

    Attributes
    ----------
    done : float
        The work done so far.
    """

    draw: Callable[[float, str], None] | None
    interval: float = INTERVAL
    done: float = field(default=0.0, init=False)
    _note: Callable[[], str] = field(default=str, init=False, repr=False)
    _next: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._next = time.monotonic() + self.interval

    def advance(self, amount: float, note: Callable[[], str] = str) -> None:
        """Add to the work done; `note` is called only when the bar is redrawn."""
        self.done += amount
        self._note = note
        if self.draw is not None and time.monotonic() >= self._next:
            self.redraw()

    def redraw(self) -> None:
        """Draw the work done so far at once."""
        if self.draw is not None:
            self.draw(self.done, self._note())
            self._next = time.monotonic() + self.interval


@contextmanager
def progress_bar(
    label: str, total: float, enabled: bool | None = None, keep: bool = False
) -> Iterator[Bar]:
    """Show a bar on standard error while the block runs.

    Parameters
    ----------
    label : str
    total : float
        The amount of work, in the units of `Bar.advance`.
    enabled : bool, optional
        By default whether standard error is a terminal.
    keep : bool, default False
        Whether the bar stays on the terminal when the block ends.
    """
    if not (sys.stderr.isatty() if enabled is None else enabled):
        yield Bar(None)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    # Without auto_refresh rich does not redraw ten times a second in a thread of its own.
    shown = Progress(*columns, console=Console(stderr=True), transient=not keep, auto_refresh=False)
    with shown as progress:
        task = progress.add_task(label, total=total, note="")
        bar = Bar(lambda done, note: progress.update(task, completed=done, note=note, refresh=True))
        yield bar
        bar.redraw()
