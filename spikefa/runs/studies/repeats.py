"""Repeat an experiment over seeds, optionally in several processes."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from spikefa.runs.provenance import code_version
from spikefa.runs.studies.grid import COMMIT, SECONDS, Grid, file_of
from spikefa.utils.files import written_whole
from spikefa.utils.progress import progress_bar
from spikefa.utils.showing import showing

Once = Callable[..., dict[str, Any]]
"""Called with settings and seed, and the cell if there are cells. Returns numbers and arrays by
name, with the same shapes for all seeds."""

Together = Callable[[Any, Sequence[int]], list[dict[str, Any]]]
"""Called with settings and seeds; computes the results of `Once` for all seeds in parallel."""

Job = TypeVar("Job")


def repeat(
    once: Once, settings: Any, grid: Grid, processes: int, together: Together | None = None
) -> None:
    """Make all runs of a grid that have no file yet. Each file is written atomically.

    Parameters
    ----------
    once : callable
        A module-level function, so that other processes can import it.
    settings
        Passed on to `once`.
    grid : Grid
    processes : int
        Number of processes, each with as many threads as this one; 1 uses this process.
    together : callable, optional
        A module-level function that makes many runs at once; each process then makes its share of
        the runs with it. Not for tables.
    """
    missing = grid.missing()
    jobs = [_Job(_Alone(once, cell), [seed], cell) for seed, cell in missing]
    if together is not None:
        shares = ([seed for seed, _ in missing[n::processes]] for n in range(processes))
        jobs = [_Job(together, share) for share in shares if share]
    with progress_bar("runs", len(missing), keep=True) as bar:
        for count in in_processes(partial(_run, settings, grid.folder), jobs, processes):
            bar.advance(count)


def in_processes(
    function: Callable[[Job], int], jobs: Sequence[Job], processes: int
) -> Iterator[int]:
    """Call a function with each job and yield the results as they arrive.

    Parameters
    ----------
    function : callable
        A module-level function, or a `partial` of one.
    jobs : sequence
    processes : int
        Number of processes, each with as many threads as this one; 1 uses this process.
    """
    if processes == 1:
        yield from map(function, jobs)
        return
    spawn = get_context("spawn")
    others = set(active_children())
    threads = (torch.get_num_threads(),)
    with ProcessPoolExecutor(processes, spawn, torch.set_num_threads, threads) as pool:
        with deaf_to_ctrl_c():
            waiting = [pool.submit(_quietly, function, job) for job in jobs]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except (KeyboardInterrupt, GeneratorExit):
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(active_children()) - others:
                process.terminate()
            raise


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Let processes that are started here not hear Ctrl-C, which this one hears and ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def apart(found: Mapping[str, np.ndarray], replicas: int) -> list[dict[str, np.ndarray]]:
    """Split curves `[times, replicas, ...]` into one dict per replica."""
    return [{name: curves[:, n] for name, curves in found.items()} for n in range(replicas)]


@dataclass(frozen=True)
class _Alone:
    """Makes one run at a time, where making several at once has no benefit."""

    once: Once
    cell: str

    def __call__(self, settings: Any, seeds: Sequence[int]) -> list[dict[str, Any]]:
        cell = (self.cell,) if self.cell else ()
        return [self.once(settings, seed, *cell) for seed in seeds]


@dataclass(frozen=True)
class _Job:
    """The runs of one process, and their cell if there are cells."""

    make: Together
    seeds: Sequence[int]
    cell: str = ""


def _quietly(function: Callable[[Job], int], job: Job) -> int:
    """Do a job without progress, which the process shows that waits for all jobs."""
    with showing("none"):
        return function(job)


def _run(settings: Any, folder: Path, job: _Job) -> int:
    """Make some runs, write a file for each, and return their number."""
    begin, commit = time.perf_counter(), code_version()
    found = job.make(settings, job.seeds)
    seconds = (time.perf_counter() - begin) / len(job.seeds)
    for seed, values in zip(job.seeds, found, strict=True):
        arrays = {name: np.asarray(value) for name, value in values.items()}
        arrays |= {SECONDS: np.array(seconds), COMMIT: np.array(commit)}
        with written_whole(file_of(folder, seed, job.cell)) as temporary:
            np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]
    return len(job.seeds)
