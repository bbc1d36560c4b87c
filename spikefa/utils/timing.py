"""Timing several things in turns, so that other load on the machine affects all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import torch


def milliseconds(step: Callable[[], object], steps: int, device: torch.device) -> float:
    """Return the mean time of `steps` calls of `step`, including their work on the device."""
    _synchronise(device)
    started = time.perf_counter()
    for _ in range(steps):
        step()
    _synchronise(device)
    return 1e3 * (time.perf_counter() - started) / steps


def _synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def interleaved(
    steps: Mapping[str, Callable[[], object]], count: int, repetitions: int, device: torch.device
) -> dict[str, list[float]]:
    """Time several steps in turns.

    Parameters
    ----------
    steps : mapping of str to callable
        What to time, by name.
    count : int
        Calls in one repetition.
    repetitions : int
        Number of repetitions of each step, after a first one that is not counted.
    device : torch.device
        It is synchronised before and after each repetition.

    Returns
    -------
    dict of list of float
        Milliseconds per call, for each repetition.
    """
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(repetitions + 1):
        for name, step in steps.items():
            times[name].append(milliseconds(step, count, device))
    return {name: kept[1:] for name, kept in times.items()}


def ratio(of: Sequence[float], to: Sequence[float]) -> float:
    """Return the median of the quotients of pairs."""
    return statistics.median(a / b for a, b in zip(of, to, strict=True))


def spread(times: Sequence[float]) -> str:
    """Return the median, range and number of some times as text."""
    return (
        f"{statistics.median(times):8.3f} ms a step "
        f"(min {min(times):.3f}, max {max(times):.3f}, n = {len(times)})"
    )
