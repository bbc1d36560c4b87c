"""A progress bar for a download, drawn by rich."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, TaskID


class Bar:
    """What pooch asks of a progress bar, which is the part of tqdm that it uses."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    @property
    def total(self) -> float | None:
        """Size of the download in bytes, None until it is known."""
        return self._progress.tasks[self._task].total

    @total.setter
    def total(self, n: int) -> None:
        self._progress.update(self._task, total=n or None)

    def update(self, n: int) -> None:
        """Advance by `n` bytes."""
        self._progress.advance(self._task, n)

    def reset(self) -> None:
        """Go back to the start, as pooch does before it fills the bar."""
        self._progress.reset(self._task, total=self.total)

    def close(self) -> None:
        """Do nothing: `bar_of` closes what it opened."""


@contextmanager
def bar_of(title: str, shown: bool) -> Iterator[Bar]:
    """Give a bar called `title` on the standard error stream, or a silent one."""
    with Progress(console=Console(stderr=True), disable=not shown) as progress:
        yield Bar(progress, progress.add_task(title, total=None))
