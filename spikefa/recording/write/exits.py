"""Close a recording when the process is asked to end, or ends."""

import atexit
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn


class ExitGuard:
    """Calls `close` at the exit of the interpreter, and lets SIGTERM be such an exit.

    SIGTERM by default kills a Python process at once, and rows in memory are lost. The guard turns
    it into `SystemExit`, which leaves `with` blocks like any exception, with exit code 143, as a
    shell reports for SIGTERM. It does not touch SIGTERM if the program has its own handler, or
    outside the main thread.

    Parameters
    ----------
    close : callable
        Called with ``"failed"`` if SIGTERM or an uncaught exception ends the program, and with
        ``"closed"`` otherwise.
    """

    def __init__(self, close: Callable[[str], None]) -> None:
        self._close = close
        self._terminated = False
        atexit.register(self._at_exit)
        self._handles_sigterm = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        )
        if self._handles_sigterm:
            signal.signal(signal.SIGTERM, self._terminate)

    def release(self) -> None:
        """Undo everything, once the recording is closed."""
        atexit.unregister(self._at_exit)
        if (
            self._handles_sigterm
            and threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGTERM) == self._terminate
        ):
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _at_exit(self) -> None:
        interactive = hasattr(sys, "ps1")  # there an exception ends nothing
        uncaught = hasattr(sys, "last_value") and not interactive
        self._close("failed" if uncaught or self._terminated else "closed")

    def _terminate(self, number: int, frame: FrameType | None) -> NoReturn:
        self._terminated = True
        raise SystemExit(128 + number)
