"""Ctrl-C while a command starts: the process leaves at once, since nothing has begun."""

import os
import signal
from types import FrameType

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
NOTHING_BEGUN = "stopped before anything was begun"


def leave_at_once() -> None:
    """Let Ctrl-C end this process from here on, unless it is ignored already.

    While modules are imported, an exception would break in anywhere, and be printed.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def stop_in_order() -> None:
    """Let Ctrl-C raise `KeyboardInterrupt` again, because something begins that it must end."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def leave_undisturbed() -> None:
    """Ignore Ctrl-C from here on: everything is done, and the process ends by itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _leave(number: int, frame: FrameType | None) -> None:
    os.write(2, f"spikefa: {NOTHING_BEGUN}\n".encode())
    os._exit(INTERRUPTED)
