"""The same experiment with one seed after the other, side by side if asked."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from spikefa.errors import SpikefaError
from spikefa.utils.files import written_whole
from spikefa.runs.provenance import code_version

Once = Callable[..., dict[str, Any]]
"""Called with settings and seed, and the cell if there are cells; returns numbers and arrays by
name, of one shape for all seeds."""

Together = Callable[[Any, Sequence[int]], list[dict[str, Any]]]
"""Called with settings and seeds; returns for each what `Once` would, computed side by side."""

Runs = dict[str, np.ndarray]
"""What all runs found, stacked: `[n, ...]` by name."""

SECONDS = "seconds"
COMMIT = "commit"
"""What every run tells besides: how long it took, and the commit that computed it."""


def repeat(
    once: Once,
    settings: Any,
    seeds: Sequence[int],
    folder: Path,
    processes: int,
    cells: Sequence[str] = ("",),
    together: Together | None = None,
) -> None:
    """Run `once` for all that has no file in `folder` yet; each file appears whole.

    Parameters
    ----------
    once : callable
        A function of a module, so that other processes find it.
    settings
        Handed on to `once`.
    seeds : sequence of int
    folder : Path
    processes : int
        Runs side by side, each with one thread; 1: in this process.
    cells : sequence of str, optional
        Of a table: every seed is run for each of them, and `once` is told which.
    together : callable, optional
        A function of a module that makes many runs at once: each process then makes its share of
        them so. Not for tables.
    """
    from spikefa.utils.progress import progress_bar

    left = [
        (seed, cell) for seed in seeds for cell in cells if not file_of(folder, seed, cell).exists()
    ]
    jobs: list[_Job] = [_Job(_Alone(once, cell), [seed], cell) for seed, cell in left]
    if together is not None:
        shares = ([seed for seed, _ in left[n::processes]] for n in range(processes))
        jobs = [_Job(together, share) for share in shares if share]
    with progress_bar("runs", len(left), keep=True) as bar:
        for done in _done(jobs, settings, folder, processes):
            bar.advance(done)


def apart(found: Mapping[str, np.ndarray], replicas: int) -> list[dict[str, np.ndarray]]:
    """Return what `Exercise.follow` found, `[times, replicas, ...]`, replica by replica."""
    return [{name: of_all[:, n] for name, of_all in found.items()} for n in range(replicas)]


def load_runs(folder: Path, seeds: Iterable[int], cell: str = "") -> Runs:
    """Return what the runs with these seeds found, of one cell if there are cells, stacked.

    Raises
    ------
    SpikefaError
        If the file of a run is missing or damaged.
    """
    found: dict[str, list[np.ndarray]] = {}
    for seed in seeds:
        path = file_of(folder, seed, cell)
        try:
            with np.load(path, allow_pickle=False) as arrays:
                told = {COMMIT: np.array(""), **arrays}  # which older runs do not tell
                for name, values in told.items():
                    found.setdefault(name, []).append(values)
        except (OSError, ValueError) as error:
            raise SpikefaError(f"cannot read the run {path}: {error}") from error
    return {name: np.stack(values) for name, values in found.items()}


def file_of(folder: Path, seed: int, cell: str = "") -> Path:
    """Return the name of the file for one seed, and one cell if there are cells."""
    return folder / (f"seed{seed}-{cell}.npz" if cell else f"seed{seed}.npz")


@dataclass(frozen=True)
class _Alone:
    """A run at a time, where there is nothing to gain side by side."""

    once: Once
    cell: str

    def __call__(self, settings: Any, seeds: Sequence[int]) -> list[dict[str, Any]]:
        cell = (self.cell,) if self.cell else ()
        return [self.once(settings, seed, *cell) for seed in seeds]


@dataclass(frozen=True)
class _Job:
    """Runs that one process makes, and the cell that they are of, if there are cells."""

    make: Together
    seeds: Sequence[int]
    cell: str = ""


def _done(jobs: Sequence["_Job"], settings: Any, folder: Path, processes: int) -> Iterable[int]:
    if processes == 1:
        for job in jobs:
            yield _run(job, settings, folder)
        return
    spawn = get_context("spawn")
    with ProcessPoolExecutor(processes, spawn, initializer=_one_thread) as pool:
        waiting = [pool.submit(_run, job, settings, folder) for job in jobs]
        for done in as_completed(waiting):
            yield done.result()


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _run(job: "_Job", settings: Any, folder: Path) -> int:
    """Make some runs, and a file of each; return how many."""
    begin, commit = time.perf_counter(), code_version()
    found = job.make(settings, job.seeds)
    seconds = (time.perf_counter() - begin) / len(job.seeds)
    for seed, values in zip(job.seeds, found, strict=True):
        arrays = {name: np.asarray(value) for name, value in values.items()}
        arrays |= {SECONDS: np.array(seconds), COMMIT: np.array(commit)}
        with written_whole(file_of(folder, seed, job.cell)) as temporary:
            np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]
    return len(job.seeds)
