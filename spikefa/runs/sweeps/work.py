"""What a worker does: takes runs that nobody has, and makes them, until there are none."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import replace
from pathlib import Path

from spikefa.errors import SpikefaError
from spikefa.runs.sweeps.planned_run import PlannedRun
from spikefa.runs.sweeps.sweep import Sweep
from spikefa.runs.sweeps.table import write_table
from spikefa.simulation.interrupts import Stopped
from spikefa.utils.locks import Lock
from spikefa.utils.printable import one_line
from spikefa.utils.showing import showing

CLAIMS = ".claims"
OPEN, ENDED = ("waiting", "stopped"), ("finished", "failed")
WAIT = 1.0
"""Seconds between two looks for a run whose process has died."""


def work(sweep: Sweep, threads: int, advance: Callable[[int], None] = lambda ended: None) -> None:
    """Make runs of a sweep until all have ended.

    Several processes may do this at once. A run belongs to whoever holds its claim, a lock that
    ends with its process. So whoever finds nothing to do waits while others make runs: if one of
    them dies, its run is resumed.

    Parameters
    ----------
    sweep : Sweep
    threads : int
        Threads of a run, unless the plan says how many.
    advance : callable, optional
        Told of each run that has ended: 1.

    Raises
    ------
    Stopped
        On Ctrl-C; the run under way can be resumed.
    """
    while (claimed := _next(sweep)) is not None or _others_at_work(sweep):
        if claimed is None:
            time.sleep(WAIT)
            continue
        run, claim = claimed
        with claim:
            _make(sweep, run, threads)
        advance(1)
        with sweep.locked():
            _settle(sweep)
            write_table(sweep)


def _next(sweep: Sweep) -> tuple[PlannedRun, Lock] | None:
    """Return a run that nobody makes, and its claim; ask the searches for one if need be."""
    with sweep.locked():
        while True:
            for run in sweep.runs():
                if run.state in OPEN and (claim := _claimed(run)) is not None:
                    return run, claim
            _settle(sweep)
            if not any(search.ask() for search in sweep.searches):
                return None


def _others_at_work(sweep: Sweep) -> bool:
    return any(run.state not in ENDED for run in sweep.runs())


def _claimed(run: PlannedRun) -> Lock | None:
    folder = run.folder / CLAIMS
    folder.mkdir(exist_ok=True)
    try:
        claim = Lock(folder / run.name, f"the run {run.name}")
    except SpikefaError:
        return None
    if run.state in OPEN:  # it may have ended in between
        return claim
    claim.release()
    return None


def _settle(sweep: Sweep) -> None:
    for search in sweep.searches:
        search.settle()


def _make(sweep: Sweep, run: PlannedRun, threads: int) -> None:
    """Make a run, from its checkpoint if there is one; write down why, if it fails."""
    with _failing(run), showing("none"), open(os.devnull, "w") as away, redirect_stdout(away):
        settings = sweep.settings(run)
        if settings.threads is None:
            settings = replace(settings, threads=threads)
        place = run.directory.path
        if run.directory.config.is_file():
            sweep.experiment.run(settings, resume=place, figures=False)
        else:
            sweep.experiment.run(settings, out=place, figures=False)


@contextmanager
def _failing(run: PlannedRun) -> Iterator[None]:
    try:
        yield
    except Stopped:
        raise
    except SpikefaError as error:
        run.fail(str(error))
    except Exception as error:  # of a user's code, in places that are not told apart
        run.fail(f"{type(error).__name__}: {one_line(error)}")


def forgive(sweep: Sweep) -> int:
    """Let all failed runs be tried again; return how many there are."""
    failed = [run for run in sweep.runs() if run.state == "failed"]
    for run in failed:
        run.forgive()
    return len(failed)


def tidy(folder: Path) -> None:
    """Remove the folder of the claims, if nobody holds one."""
    with suppress(OSError):
        (folder / CLAIMS).rmdir()
