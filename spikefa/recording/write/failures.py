"""What went wrong with a file, in words."""

import os
import re
from pathlib import Path

from spikefa.errors import RecordingStoppedWarning
from spikefa.recording.write.watch import ChangedFileError, LostNameError
from spikefa.utils import notices


def warn(message: str) -> None:
    """Warn that a recording stopped."""
    notices.warn(message, RecordingStoppedWarning, stacklevel=2)


def system_error(error: BaseException) -> OSError:
    """Return the error of the operating system that HDF5 reports in the text of its own."""
    found = re.search(r"errno = (\d+)", str(error))
    if found:
        return OSError(int(found[1]), os.strerror(int(found[1])))
    if isinstance(error, OSError) and error.errno:
        return error
    return OSError((str(error) or type(error).__name__).splitlines()[0])


def reason(error: BaseException) -> str:
    """Return why writing failed, in one line."""
    found = system_error(error)
    return found.strerror or str(found)


def stopped(path: Path, rows: int, error: BaseException) -> str:
    """Return the message that a recording stopped after so many rows."""
    remains = "what was recorded before can be read, and the"
    if isinstance(error, LostNameError | ChangedFileError):
        remains = "the"
    steps = f"{rows} step{'' if rows == 1 else 's'}"
    return (
        f"recording to {path} stopped after {steps} ({reason(error)}): {remains} simulation goes on"
    )
