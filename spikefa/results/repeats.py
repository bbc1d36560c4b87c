"""The same experiment with one seed after the other, side by side if asked."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from spikefa.errors import SpikefaError
from spikefa.files import written_whole

Once = Callable[..., dict[str, Any]]
"""Called with settings and seed, and the cell if there are cells; returns numbers and arrays by
name, of one shape for all seeds."""

Runs = dict[str, np.ndarray]
"""What all runs found, stacked: `[n, ...]` by name."""

SECONDS = "seconds"


def repeat(
    once: Once,
    settings: Any,
    seeds: Sequence[int],
    folder: Path,
    processes: int,
    cells: Sequence[str] = ("",),
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
    """
    from spikefa.progress import progress_bar

    jobs = [(seed, cell) for seed in seeds for cell in cells]
    left = [job for job in jobs if not file_of(folder, *job).exists()]
    with progress_bar("runs", len(left), keep=True) as bar:
        for _ in _done(once, settings, left, folder, processes):
            bar.advance(1)


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
                for name in arrays.files:
                    found.setdefault(name, []).append(arrays[name])
        except (OSError, ValueError) as error:
            raise SpikefaError(f"cannot read the run {path}: {error}") from error
    return {name: np.stack(values) for name, values in found.items()}


def file_of(folder: Path, seed: int, cell: str = "") -> Path:
    """Return the name of the file for one seed, and one cell if there are cells."""
    return folder / (f"seed{seed}-{cell}.npz" if cell else f"seed{seed}.npz")


def _done(
    once: Once, settings: Any, jobs: Sequence[tuple[int, str]], folder: Path, processes: int
) -> Iterable[None]:
    if processes == 1:
        for job in jobs:
            _run(once, settings, *job, folder)
            yield
        return
    spawn = get_context("spawn")
    with ProcessPoolExecutor(processes, spawn, initializer=_one_thread) as pool:
        waiting = [pool.submit(_run, once, settings, *job, folder) for job in jobs]
        for job_done in as_completed(waiting):
            job_done.result()
            yield


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _run(once: Once, settings: Any, seed: int, cell: str, folder: Path) -> None:
    begin = time.perf_counter()
    found = once(settings, seed, cell) if cell else once(settings, seed)
    arrays = {name: np.asarray(value) for name, value in found.items()}
    arrays[SECONDS] = np.array(time.perf_counter() - begin)
    with written_whole(file_of(folder, seed, cell)) as temporary:
        np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]
