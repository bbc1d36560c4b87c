"""The exception for mistakes that the user can mend, and the warning that a recording stopped."""


class SpikefaError(Exception):
    """A mistake that the user can mend.

    The message is one line that says what was given, what is allowed and how to mend it. The
    command line prints it without a traceback and exits with code 2.
    """


class MissingFileError(SpikefaError, FileNotFoundError):
    """A file or folder that the user names, or that a data set needs, is not there."""


class RecordingStoppedWarning(UserWarning):
    """A recording stopped early, and the simulation went on; the command line then returns 1."""


def require(condition: bool, message: str) -> None:
    """Raise `SpikefaError` with `message` unless `condition` holds."""
    if not condition:
        raise SpikefaError(message)


def require_there(condition: bool, message: str) -> None:
    """Raise `MissingFileError` with `message` unless `condition` holds."""
    if not condition:
        raise MissingFileError(message)
