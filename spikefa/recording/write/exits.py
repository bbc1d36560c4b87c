"""Close a recording when the process is asked to end, or ends; leave it to the parent in a fork."""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import NoReturn
from weakref import WeakMethod


class ExitGuard:
    """Calls `close` at the exit of the interpreter, and lets SIGTERM be such an exit.

    In a forked child it calls `disown` at once. The child has copies of the file and of the rows in
    memory, and HDF5 would close the file in the middle of the parent's writing when the child ends.

    SIGTERM by default kills a Python process at once, and rows in memory are lost. The guard turns
    it into `SystemExit`, which leaves `with` blocks like any exception, with exit code 143, as a
    shell reports for SIGTERM. It does not touch SIGTERM if the program has its own handler, or
    outside the main thread.

    Parameters
    ----------
    close : callable
        Called with ``"failed"`` if SIGTERM or an uncaught exception ends the program, and with
        ``"closed"`` otherwise.
    disown : callable
        A method, called in a forked child. What it belongs to is not kept alive for it.
    """

    def __init__(self, close: Callable[[str], None], disown: Callable[[], None]) -> None:
        self._close = close
        self._terminated = False
        atexit.register(self._at_exit)
        _call_in_children(WeakMethod(disown))
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


def _call_in_children(method: "WeakMethod[Callable[[], None]]") -> None:
    """Call a method in every child that is forked while its object exists."""

    def call() -> None:
        alive = method()
        if alive is not None:
            alive()

    if hasattr(os, "register_at_fork"):  # not on Windows, which has no forks either
        os.register_at_fork(after_in_child=call)
