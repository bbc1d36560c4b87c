"""Which of several backends can capture a presentation: they try, one after the other."""

from collections.abc import Callable
from itertools import zip_longest
from typing import NamedTuple

from spikefa.backends.base import Backend
from spikefa.backends.choice import Choice
from spikefa.backends.trace import NotCapturable
from spikefa.utils import notices


class Tried(NamedTuple):
    """A backend that is ready, and in one line why others that were to be captured are not.

    The line is empty if the first one captures, or was not to capture anything.
    """

    backend: Backend
    uncaptured: str


def try_backends(
    choice: Choice, make: Callable[[str, bool], Backend], attempt: Callable[[Backend], None]
) -> Tried:
    """Return the first backend of a choice that can capture a presentation.

    If none can, the last one runs step by step. A warning says which backend cannot capture the
    presentation, why, and which one runs it.

    Parameters
    ----------
    choice : Choice
    make : callable
        Makes a backend, given its name and whether it may capture.
    attempt : callable
        Lets a backend try a presentation; raises `NotCapturable` if that cannot be captured.
    """
    reasons: list[str] = []
    for name, following in zip_longest((choice.name, *choice.others), choice.others):
        backend = make(name, True)
        try:
            attempt(backend)
            break
        except NotCapturable as reason:
            if following is None:
                backend = make(name, False)
                following = f"{name} without captures" if backend.name == name else "eager"
            cannot = f"the {name} backend cannot capture a step of this network"
            reasons.append(f"{cannot}, so that {following} runs it: {reason}")
            notices.warn(reasons[-1], stacklevel=4)
    return Tried(backend, "; ".join(reasons))
