"""Whether a step can be captured: a trial runs it a few times, and restores the state."""

from collections.abc import Callable, Mapping
from typing import Any

import torch

from spikefa.backends.scope import Scope
from spikefa.backends.trace import NotCapturable, Trace

TRIALS = 3


def check_capturable(work: Callable[[], None], scope: Scope, device: torch.device) -> None:
    """Check that `work` repeats the same operations and Python numbers, and never reads data.

    A graph repeats the captured operations with the captured Python numbers. Code that counts
    steps in Python, or branches at random, would keep repeating the captured step.

    Parameters
    ----------
    work : callable
    scope : Scope
        Everything that `work` may change; it is restored at the end.
    device : torch.device
        Where the network lives.

    Raises
    ------
    NotCapturable
        With the reason.
    """
    with scope.unchanged():
        first: list[tuple[str, ...]] = []
        for trial in range(TRIALS):
            numbers = scope.numbers()
            with Trace(device, list(scope.generators.values())) as trace:
                work()
            _compare_numbers(numbers, scope.numbers())
            if trial == 0:
                first = trace.calls
            _compare_calls(first, trace.calls)


def _compare_numbers(before: Mapping[Any, float], after: Mapping[Any, float]) -> None:
    for (owner, name), number in after.items():
        old = before.get((owner, name))
        if old is not number and old != number:  # NaN is not equal to itself
            raise NotCapturable(
                f"it changes the Python number {name!r} at every step, where a tensor is needed"
            )


def _compare_calls(first: list[tuple[str, ...]], later: list[tuple[str, ...]]) -> None:
    for old, new in zip(first, later, strict=False):
        if old != new:
            raise NotCapturable(f"it does not do the same at every step: {_difference(old, new)}")
    if len(first) != len(later):
        raise NotCapturable("it does not do the same at every step")


def _difference(old: tuple[str, ...], new: tuple[str, ...]) -> str:
    """Return in words how two calls differ."""
    if old[0] != new[0]:
        return f"{old[0]} in one, {new[0]} in another"
    return f"{old[0]} with {', '.join(old[1:])}, then with {', '.join(new[1:])}"
