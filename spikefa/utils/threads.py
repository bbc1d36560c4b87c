"""How many threads a process may use, who has said so, and the fewest that are near the fastest."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from statistics import median
from types import ModuleType
from typing import NamedTuple

VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""With these a user says how many threads there are to be."""
NEAR = 1.1
"""So many times the time of the fastest is near it."""
SECONDS = 1.0
"""How long a measurement takes for each further number of threads that is tried."""
LONGEST = 10.0
"""After so many seconds a measurement ends even if the numbers have taken only one turn."""
ROUNDS = range(3, 16)
"""How often the numbers take turns: at least 3 times, at most 15."""
CGROUPS = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/cpu"))


class Threads(NamedTuple):
    """A number of threads, and in one line why it is this one."""

    number: int
    reason: str


def cores() -> int:
    """Return the processor cores that this process may use, by its affinity and its cgroup."""
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        allowed = os.cpu_count() or 1
    return max(1, min([allowed, *map(ceil, filter(None, map(_quota, CGROUPS)))]))


def _quota(folder: Path) -> float | None:
    """Return how many cores' time a cgroup grants, by version 2 or 1; None if it sets no limit."""
    try:
        if (folder / "cpu.max").is_file():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text()
            period = (folder / "cpu.cfs_period_us").read_text()
        return float(quota) / float(period) if float(quota) > 0 else None
    except (OSError, ValueError, ZeroDivisionError):  # there is none, or it is "max"
        return None


def wanted_by_user() -> Threads | None:
    """Return the number of threads that the user has set outside of spikefa, if any.

    PyTorch itself begins with one for each core, or for two. Who calls `torch.set_num_threads` with
    one of these numbers cannot be told from one who does not.
    """
    now: int = _torch().get_num_threads()
    for name in VARIABLES:
        if os.environ.get(name):
            return Threads(now, f"{name} says so")
    every = {os.cpu_count() or 1, cores()}
    if now not in every | {each // 2 for each in every}:
        return Threads(now, "torch.set_num_threads was called")
    return None


@contextmanager
def on_threads(number: int) -> Iterator[None]:
    """Compute with so many threads while the block runs."""
    torch = _torch()
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _torch() -> ModuleType:
    import torch  # not at the top: commands that compute nothing start without it

    return torch


def fewest_near_the_fastest(work: Callable[[], object], steps: int, most: int) -> Threads:
    """Return the fewest threads with which some work is about as fast as it gets.

    The numbers 1, 2, 4 and so on take turns, so that what else runs on the machine slows all of
    them; medians are compared. It takes `SECONDS` for each number beyond 1, or three turns.

    Parameters
    ----------
    work : callable
        Does some steps; called again and again.
    steps : int
        How many.
    most : int
        The most threads to try.
    """
    numbers = [1 << n for n in range(most.bit_length()) if 1 << n < most] + [most]
    times: dict[int, list[float]] = {number: [] for number in numbers}
    for number in numbers:  # threads are begun, memory is touched
        _seconds(work, number)
    started = time.perf_counter()
    turn, taken = 0, 0.0
    while turn < 1 or taken < (LONGEST if turn < ROUNDS.start else SECONDS * (len(numbers) - 1)):
        if turn == ROUNDS.stop - 1:
            break
        for number in numbers:
            times[number].append(_seconds(work, number) / steps)
        turn, taken = turn + 1, time.perf_counter() - started
    return _chosen({number: median(each) for number, each in times.items()})


def _seconds(work: Callable[[], object], threads: int) -> float:
    with on_threads(threads):
        started = time.perf_counter()
        work()
        return time.perf_counter() - started


def _chosen(medians: dict[int, float]) -> Threads:
    """Choose the fewest threads near the fastest, and say what was measured."""
    fastest = min(medians.values())
    number = min(n for n, seconds in medians.items() if seconds <= NEAR * fastest)
    listed = _listed([f"{1e3 * seconds:.3g}" for seconds in medians.values()])
    return Threads(number, f"a step took {listed} ms on {_listed(list(map(str, medians)))} threads")


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
