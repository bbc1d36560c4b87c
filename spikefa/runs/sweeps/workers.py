"""Several workers on one machine, or on a cluster."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from spikefa.errors import SpikefaError
from spikefa.runs.sweeps.sweep import Sweep
from spikefa.runs.sweeps.work import work
from spikefa.simulation.interrupts import Stopped

LOOK = 0.5
"""Seconds between two looks at the workers."""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def work_side_by_side(sweep: Sweep, workers: int, ended: Callable[[int], None]) -> list[int]:
    """Let several processes work on a sweep; return the exit codes of those that died.

    Each has its share of the cores. A worker that dies leaves its run to the others; the command
    goes on while one lives.

    Parameters
    ----------
    sweep : Sweep
    workers : int
    ended : callable
        Told how many runs have ended so far.
    """
    threads = max(1, cores() // workers)
    command = [sys.executable, "-m", "spikefa", "sweep", str(sweep.folder), "--worker"]
    command += ["--threads", str(threads)]
    children = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(workers)]
    try:
        while any(child.poll() is None for child in children):
            ended(_count(sweep))
            time.sleep(LOOK)
    except KeyboardInterrupt as stop:  # which the terminal sends to all of them
        for child in children:
            child.terminate()
        for child in children:
            child.wait()
        raise Stopped(f"stopped; go on with: spikefa sweep {sweep.folder}") from stop
    ended(_count(sweep))
    return [child.returncode for child in children if child.returncode]


def _count(sweep: Sweep) -> int:
    return sum(run.state in ("finished", "failed") for run in sweep.runs())


def work_on_cluster(
    sweep: Sweep, workers: int, cluster: str | None, parameters: dict[str, Any]
) -> list[Any]:
    """Submit workers as jobs by submitit, and return the jobs.

    Parameters
    ----------
    sweep : Sweep
    workers : int
    cluster : str, optional
        slurm, local or debug; by default submitit finds out.
    parameters : dict
        Passed on to submitit, such as ``{"timeout_min": 60, "cpus_per_task": 4}``.

    Raises
    ------
    SpikefaError
        If submitit is not installed, or refuses them.
    """
    try:
        submitit = import_module("submitit")
    except ImportError as error:
        raise SpikefaError(
            f"jobs on a cluster need submitit, which cannot be imported ({error}): "
            "pip install 'spikefa[sweep]'"
        ) from error
    try:
        executor = submitit.AutoExecutor(folder=sweep.folder / "jobs", cluster=cluster)
        executor.update_parameters(**parameters)
        threads = int(parameters.get("cpus_per_task", 1))
        return [executor.submit(work_in, sweep.folder, threads) for _ in range(workers)]
    except (RuntimeError, TypeError, ValueError, NameError) as error:
        raise SpikefaError(f"submitit: {' '.join(str(error).split())}") from error


def work_in(folder: Path, threads: int) -> None:
    """Work on the sweep in a folder, in a job."""
    work(Sweep.open(folder), threads)
