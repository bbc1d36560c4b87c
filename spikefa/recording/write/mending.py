"""Mend a file that nobody can open, because its writer was killed while it opened the file."""

import shutil
from pathlib import Path

from spikefa.errors import SpikefaError
from spikefa.recording.format.superblock import barred, clear_mark
from spikefa.recording.format.swmr import open_for_reading
from spikefa.recording.read.reader import open_recording
from spikefa.utils.files import written_whole


def mend(path: Path) -> None:
    """Let readers open the file at `path` if its superblock bars them; the caller has its lock.

    Older versions of spikefa opened a file before they admitted readers, and other programs do. A
    copy without the mark replaces the file if it can be read.

    Raises
    ------
    SpikefaError
        If another program has it open, it cannot be read without the mark either, or the disk is
        full. The file is then as it was.
    """
    if not (path.is_file() and barred(path)):
        return
    _check_abandoned(path)
    with written_whole(path.resolve()) as temporary:
        shutil.copyfile(path, temporary)
        clear_mark(temporary)
        open_recording(temporary, alone=True).close()


def _check_abandoned(path: Path) -> None:
    """Refuse a file that HDF5 has locked, as it does before it admits readers."""
    try:
        open_for_reading(path).close()
    except BlockingIOError as error:
        raise SpikefaError(f"{path} is being written: let that end first") from error
    except SpikefaError:
        return  # nobody has it open
