"""Ctrl-C while a command starts: the process leaves at once, since nothing has begun."""

import os
import signal
import sys
import threading
from types import FrameType

INTERRUPTED = 130
"""The exit code after Ctrl-C."""
NOTHING_BEGUN = "stopped before anything was begun"
AGAIN = 0.01
"""Seconds after which a Ctrl-C that Python has dropped is sent again."""


def leave_at_once() -> None:
    """Let Ctrl-C end this process from here on, unless it is ignored already.

    While modules are imported, an exception would break in anywhere, and be printed.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def stop_in_order() -> None:
    """Let Ctrl-C raise `KeyboardInterrupt` again, because something begins that it must end.

    Python drops the exception where nobody could catch it, as in ``__del__`` or in the callback of
    a weak reference: it prints it and goes on. The interrupt is then sent again a little later.
    """
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.unraisablehook = _interrupt_again


def leave_undisturbed() -> None:
    """Ignore Ctrl-C from here on: everything is done, and the process ends by itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _leave(number: int, frame: FrameType | None) -> None:
    os.write(2, f"spikefa: {NOTHING_BEGUN}\n".encode())
    os._exit(INTERRUPTED)


def _interrupt_again(dropped: "sys.UnraisableHookArgs") -> None:
    if not issubclass(dropped.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(dropped)
        return
    to_main = threading.main_thread().ident, signal.SIGINT
    later = threading.Timer(AGAIN, signal.pthread_kill, to_main)
    later.daemon = True
    later.start()
