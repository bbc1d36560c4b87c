"""Ctrl-C and SIGTERM stop a run between two presentations, not in the middle of a step."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stopped(KeyboardInterrupt):
    """The user stopped the run; the state is whole, and saved if a checkpoint file was given."""


class Interrupt:
    """Whether somebody has asked the run to stop."""

    def __init__(self) -> None:
        self.requested = False


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Turn the first SIGINT or SIGTERM in the block into `Interrupt.requested`.

    A second signal has its usual effect. Outside the main thread, where Python handles no signals,
    this changes nothing.
    """
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def request(number: int, frame: FrameType | None) -> None:
        interrupt.requested = True
        restore()

    for number in signals:
        signal.signal(number, request)
    try:
        yield interrupt
    finally:
        restore()
