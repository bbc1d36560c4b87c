"""The one exception that means: the user can mend this."""


class SpikefaError(Exception):
    """A mistake that the user can mend.

    The message is one clear line: what was given, what is allowed, how to mend it. The command
    line prints it without a traceback and exits with code 2.
    """


def require(condition: bool, message: str) -> None:
    """Raise `SpikefaError` with `message` unless `condition` holds."""
    if not condition:
        raise SpikefaError(message)
