"""Ctrl-C and SIGTERM stop a run between two presentations, not in the middle of a step."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")


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


def unbroken(work: Callable[[], Result]) -> Result:
    """Do some work; raise the `KeyboardInterrupt` of a Ctrl-C during it only after it.

    A second Ctrl-C breaks in at once. Where Ctrl-C has another effect than Python's own, as within
    `interruptible`, this changes nothing.
    """
    usual = signal.default_int_handler
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not usual:
        return work()
    pressed = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True

    signal.signal(signal.SIGINT, note)
    try:
        result = work()
    finally:
        signal.signal(signal.SIGINT, usual)
    if pressed:
        raise KeyboardInterrupt
    return result
