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
from spikefa.files import written_whole

Once = Callable[..., dict[str, Any]]
"""Called with settings and seed, and the cell if there are cells; returns numbers and arrays by
name, of one shape for all seeds."""

Together = Callable[[Any, Sequence[int]], list[dict[str, Any]]]
"""Called with settings and seeds; returns for each what `Once` would, computed side by side."""

Runs = dict[str, np.ndarray]
"""What all runs found, stacked: `[n, ...]` by name."""

SECONDS = "seconds"


def repeat(
    once: Once,
    settings: Any,
    seeds: Sequence[int],
    folder: Path,
    processes: int,
    together: Together | None = None,
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
    together : callable, optional
        A function of a module that makes many runs at once: each process then makes its share of
        them so. Not for tables.
    cells : sequence of str, optional
        Of a table: every seed is run for each of them, and `once` is told which.
    """
    from spikefa.progress import progress_bar

    jobs = [(seed, cell) for seed in seeds for cell in cells]
    left = [job for job in jobs if not file_of(folder, *job).exists()]
    shares = [([seed], cell) for seed, cell in left]
    if together is not None:
        missing = [seed for seed, _ in left]
        shares = [(share, "") for n in range(processes) if (share := missing[n::processes])]
    with progress_bar("runs", len(left), keep=True) as bar:
        for done in _done(together or _Alone(once), settings, shares, folder, processes):
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
                for name in arrays.files:
                    found.setdefault(name, []).append(arrays[name])
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

    def __call__(self, settings: Any, seeds: Sequence[int], cell: str) -> list[dict[str, Any]]:
        more = (cell,) if cell else ()
        return [self.once(settings, seed, *more) for seed in seeds]


def _done(
    run: "_Alone | Together",
    settings: Any,
    shares: Sequence[tuple[list[int], str]],
    folder: Path,
    processes: int,
) -> Iterable[int]:
    if processes == 1:
        for share in shares:
            yield _run(run, settings, *share, folder)
        return
    spawn = get_context("spawn")
    with ProcessPoolExecutor(processes, spawn, initializer=_one_thread) as pool:
        jobs = [pool.submit(_run, run, settings, *share, folder) for share in shares]
        for job in as_completed(jobs):
            yield job.result()


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _run(
    run: "_Alone | Together", settings: Any, seeds: Sequence[int], cell: str, folder: Path
) -> int:
    """Make some runs, and a file of each; return how many."""
    begin = time.perf_counter()
    found = run(settings, seeds, cell) if isinstance(run, _Alone) else run(settings, seeds)
    seconds = (time.perf_counter() - begin) / len(seeds)
    for seed, values in zip(seeds, found, strict=True):
        arrays = {name: np.asarray(value) for name, value in values.items()}
        arrays[SECONDS] = np.array(seconds)
        with written_whole(file_of(folder, seed, cell)) as temporary:
            np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]
    return len(seeds)
