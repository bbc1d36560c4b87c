"""Several workers on one machine, or on a cluster."""

import logging
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from spikefa.errors import SpikefaError
from spikefa.runs.studies.repeats import deaf_to_ctrl_c
from spikefa.runs.sweeps.room import Memory, forget_memory, noted_memory, workers_beside
from spikefa.runs.sweeps.sweep import Sweep
from spikefa.runs.sweeps.working import count_ended, work
from spikefa.simulation.interrupts import Stopped, interruptible
from spikefa.utils.memory import readable
from spikefa.utils.threads import cores

LOG = logging.getLogger(__name__)
LOOK = 0.5
"""Seconds between two looks at the workers."""


def work_side_by_side(
    sweep: Sweep,
    workers: int,
    threads: int | None,
    ended: Callable[[int], None],
    measure: bool = False,
    say: Callable[[str], None] = LOG.info,
) -> list[int]:
    """Let several processes work on a sweep; return the exit codes of those that died.

    A worker that dies leaves its run to the others; the command goes on while one lives.

    Parameters
    ----------
    sweep : Sweep
    workers : int
    threads : int, optional
        Threads of each worker; by default its share of the cores.
    ended : callable
        Told how many runs have ended so far.
    measure : bool, default False
        Whether the first worker measures what its run takes of the GPU, and of the others only as
        many begin, after that, as there is memory for.
    say : callable, optional
        Told how many these are; by default Python's logging.

    Raises
    ------
    Stopped
        On Ctrl-C or SIGTERM, when all workers have stopped.
    """
    threads = threads or max(1, cores() // workers)
    forget_memory(sweep.folder)
    children = _started(sweep, 1 if measure else workers, threads, measure)
    with interruptible() as interrupt:
        while any(child.poll() is None for child in children) and not interrupt.requested:
            ended(count_ended(sweep))
            if measure and (memory := noted_memory(sweep.folder)) is not None:
                measure, more = False, min(workers - 1, workers_beside(memory))
                say(_why(memory, 1 + more))
                children += _started(sweep, more, threads)
            time.sleep(LOOK)
        if interrupt.requested:
            for child in children:
                child.terminate()
            for child in children:
                child.wait()
            raise stopped(sweep)
    ended(count_ended(sweep))
    return [child.returncode for child in children if child.returncode]


def _started(
    sweep: Sweep, count: int, threads: int, measure: bool = False
) -> list["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "spikefa", "sweep", str(sweep.folder), "--worker"]
    command += ["--threads", str(threads), *(["--measure"] if measure else [])]
    with deaf_to_ctrl_c():
        return [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(count)]


def _why(memory: Memory, workers: int) -> str:
    return (
        f"workers {workers}: the first run takes {readable(memory.peak)} of the GPU, and "
        f"{readable(memory.free)} are free beside it"
    )


def stopped(sweep: Sweep) -> Stopped:
    """Return what a stop says: how to go on."""
    return Stopped(f"stopped; go on with: spikefa sweep {sweep.folder}")


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
