"""Look at a recording again and again while another process writes it."""

import shutil
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from spikefa.errors import SpikefaError, require
from spikefa.recording import Recording, open_recording
from spikefa.recording.write.repair import is_alive
from spikefa.runs.directory import RunDirectory
from spikefa.runs.watching.frame import Frame


@dataclass(frozen=True)
class Watch:
    """Shows a recording until it ends.

    Parameters
    ----------
    path : Path
        The directory of a run, or a recording.
    population : str, optional
        Whose raster is shown, see `Frame`.
    """

    path: Path
    population: str | None = None

    def once(self) -> None:
        """Print one frame.

        Raises
        ------
        SpikefaError
            If there is no recording, or, after the frame, if its writer was killed.
        """
        file, run = self._files()
        with open_recording(file) as recording:
            print("\n".join(self._frame(recording, run).lines()))
            require(_is_whole(recording), _killed(recording, run))

    def live(self, seconds: float) -> None:
        """Show a frame every so many seconds until the recording has ended, or until Ctrl-C.

        Raises
        ------
        SpikefaError
            If there is no recording, or its writer was killed.
        """
        file, run = self._files()
        try:
            with open_recording(file) as recording:
                self._follow(recording, run, seconds)
                print(f"the recording has ended: {recording.status}")
        except KeyboardInterrupt:
            pass  # it is how one leaves

    def _follow(self, recording: Recording, run: RunDirectory | None, seconds: float) -> None:
        """Show frames until the recording has ended."""
        console = Console(highlight=False)
        with Live(console=console, auto_refresh=False) as live:
            while True:
                whole, ended = _is_whole(recording), recording.status != "open"
                recording.refresh()  # now, so that it sees what the writer did before it ended
                frame = self._frame(recording, run, console.width, console.height)
                live.update(Text("\n".join(frame.lines())), refresh=True)
                if ended:
                    return
                require(whole, _killed(recording, run))
                time.sleep(seconds)

    def _frame(
        self, recording: Recording, run: RunDirectory | None, width: int = 0, height: int = 0
    ) -> Frame:
        size = shutil.get_terminal_size()
        plain = not _can_write("▀")
        width, height = width or size.columns, height or size.lines
        return Frame(recording, run, self.population, width, height, plain)

    def _files(self) -> tuple[Path, RunDirectory | None]:
        """Return the recording, and the run that it belongs to."""
        if not self.path.is_dir():
            require(self.path.is_file(), f"there is no {self.path}: give the folder of a run")
            return self.path, None
        run = RunDirectory.open(self.path)
        if not run.recording.is_file():
            off = run.read_config().get("record") is False
            raise SpikefaError(
                f"the run in {self.path} has no recording: it runs with --record false"
                if off
                else f"the run in {self.path} has no {run.recording.name} yet: watch it later"
            )
        return run.recording, run


def _is_whole(recording: Recording) -> bool:
    """Return whether a recording has ended, or its writer is alive as far as can be known."""
    process, host = recording.writer
    return recording.status != "open" or host != socket.gethostname()[:64] or is_alive(process)


def _killed(recording: Recording, run: RunDirectory | None) -> str:
    """Return the sentence about a recording that nobody writes any more."""
    process, _ = recording.writer
    text = f"the process {process} that wrote {recording.path} was killed; all committed steps are "
    if run is None:
        return f"{text}there: make it readable for others with spikefa repair {recording.path}"
    return f"{text}there: go on with spikefa run {run.experiment} --resume {run.path}"


def _can_write(character: str) -> bool:
    try:
        character.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
