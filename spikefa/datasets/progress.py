"""A progress bar for a download, drawn by rich."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress, TaskID

from spikefa.utils.progress import shown_as


@dataclass(eq=False)
class DownloadBar:
    """The part of tqdm's interface that pooch uses."""

    progress: Progress
    task: TaskID

    @property
    def total(self) -> float | None:
        """Size of the download in bytes, None until it is known."""
        return self.progress.tasks[self.task].total

    @total.setter
    def total(self, n: int) -> None:
        self.progress.update(self.task, total=n or None)

    def update(self, n: int) -> None:
        """Advance by `n` bytes."""
        self.progress.advance(self.task, n)

    def reset(self) -> None:
        """Go back to the start, as pooch does before it fills the bar."""
        self.progress.reset(self.task, total=self.total)

    def close(self) -> None:
        """Do nothing: `download_bar` closes what it opened."""


@contextmanager
def download_bar(title: str) -> Iterator[DownloadBar]:
    """Give a bar called `title` on standard error, or a silent one where progress is no bar."""
    # Without force_jupyter=False rich would want ipywidgets in a notebook.
    console = Console(stderr=True, force_jupyter=False)
    with Progress(console=console, disable=shown_as("auto") != "bar") as progress:
        yield DownloadBar(progress, progress.add_task(title, total=None))
