"""Progress of long work: a bar on a terminal or in a notebook, lines in a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from spikefa.utils import showing

INTERVAL = 0.5
"""Least seconds between two redraws."""
LINES = 30.0
"""Least seconds between two lines in a log."""
WIDTH = 30
"""Characters of a bar in a notebook."""


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
    label: str, total: float, progress: bool | showing.Progress = "auto", keep: bool = False
) -> Iterator[Bar]:
    """Show progress on standard error while the block runs.

    Parameters
    ----------
    label : str
    total : float
        The amount of work, in the units of `Bar.advance`.
    progress : {"auto", "bar", "log", "none"} or bool, default "auto"
        See `shown_as`. In a log there is a line every `LINES` seconds.
    keep : bool, default False
        Whether the bar stays on the terminal when the block ends, or a last line in the log.
    """
    how = shown_as(progress)
    if how == "none":
        yield Bar(None)
    elif how == "log":
        yield from _lines(label, total, keep)
    elif in_notebook():
        yield from _text(label, total, keep)
    else:
        yield from _drawn(label, total, keep)


def shown_as(progress: bool | showing.Progress) -> showing.Progress:
    """Return "bar", "log" or "none".

    "auto" is what `spikefa.utils.showing.showing` says, and otherwise a bar on a terminal and in a
    notebook, a log elsewhere.
    """
    how = showing.resolved(progress)
    if how == "auto":
        return "bar" if sys.stderr.isatty() or in_notebook() else "log"
    return how


def in_notebook() -> bool:
    """Return whether this is a notebook."""
    return Console(stderr=True).is_jupyter


def log_line(text: str) -> None:
    """Write a line of progress to standard error at once.

    Where nobody can read it any more, such as after the end of a pipe, the work goes on.
    """
    with suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    """Return a duration as ``h:mm:ss``."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _drawn(label: str, total: float, keep: bool) -> Iterator[Bar]:
    """Draw with rich."""
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


def _text(label: str, total: float, keep: bool) -> Iterator[Bar]:
    """Draw with characters alone: rich would want ipywidgets in a notebook."""
    longest = 0

    def draw(done: float, note: str) -> None:
        nonlocal longest
        full = round(WIDTH * done / total) if total else WIDTH
        share = 100 * done / total if total else 100
        line = f"{label} {'━' * full}{'╌' * (WIDTH - full)} {share:3.0f} %  {note}"
        longest = max(longest, len(line))
        print(f"\r{line:{longest}}", end="", flush=True)

    bar = Bar(draw)
    try:
        yield bar
        bar.redraw()
    finally:
        print("" if keep else f"\r{' ' * longest}\r", end="\n" if keep else "", flush=True)


def _lines(label: str, total: float, keep: bool) -> Iterator[Bar]:
    """Write lines to a log."""
    bar = Bar(partial(_line, label, total, time.monotonic()), LINES)
    yield bar
    if keep:
        bar.redraw()


def _line(label: str, total: float, started: float, done: float, note: str) -> None:
    left = (time.monotonic() - started) * (total - done) / done if done else 0.0
    parts = f"{label} {done:g}/{total:g}", note, f"{clock(left)} left"
    log_line("  ".join(filter(None, parts)))
