"""What a worker does: takes runs that nobody has, and makes them, until there are none."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import replace
from functools import partial

from spikefa.errors import SpikefaError
from spikefa.runs.directory import RunDirectory
from spikefa.runs.sweeps.planned_run import CLAIMS, PlannedRun
from spikefa.runs.sweeps.pruning import Pruned
from spikefa.runs.sweeps.sweep import Sweep
from spikefa.runs.sweeps.table import MIN_AGE, age_of_table, write_table
from spikefa.utils.locks import Held, Lock
from spikefa.utils.printable import one_line
from spikefa.utils.showing import showing

WAIT = 1.0
"""Seconds between two looks for a run whose process has died."""


def work(
    sweep: Sweep,
    threads: int | None = None,
    advance: Callable[[int], None] = lambda ended: None,
    look: Callable[[], None] = lambda: None,
) -> None:
    """Make runs of a sweep until all have ended.

    Several processes may do this at once. A run belongs to whoever holds its claim, a lock that
    ends with its process. So whoever finds nothing to do waits while others make runs: if one of
    them dies, its run is resumed.

    Parameters
    ----------
    sweep : Sweep
    threads : int, optional
        Threads of a run, unless the plan says how many. By default each run chooses.
    advance : callable, optional
        Told how many runs have ended since it was told before.
    look : callable, optional
        Called between two epochs of a run, and after each run.

    Raises
    ------
    Stopped
        On Ctrl-C; the run under way can be resumed.
    """
    told = count_ended(sweep)
    while (claimed := _next(sweep)) is not None or _left(sweep):
        if claimed is None:
            time.sleep(WAIT)
            continue
        run, claim = claimed
        with claim:
            _make(sweep, run, threads, look)
        conclude(sweep, MIN_AGE)
        ended = count_ended(sweep)
        advance(ended - told)
        told = ended
    conclude(sweep)


def count_ended(sweep: Sweep) -> int:
    """Return how many runs have ended: finished, failed or pruned."""
    return sum(run.ended for run in sweep.runs())


def conclude(sweep: Sweep, age: float = 0.0) -> None:
    """Tell the searches what there is, and write the table, if it is older than `age` seconds."""
    with sweep.locked():
        sweep.settle()
        if age_of_table(sweep) >= age:
            write_table(sweep)


def _next(sweep: Sweep) -> tuple[PlannedRun, Lock] | None:
    """Return a run that nobody makes, and its claim; ask the searches for one if need be."""
    with sweep.locked():
        sweep.settle()  # first: a trial whose run has just ended may be pruned
        while True:
            for run in sweep.left():
                if (claim := _claimed(run)) is not None:
                    return run, claim
            if not any(search.ask() for search in sweep.searches):
                return None


def _left(sweep: Sweep) -> bool:
    return not all(run.ended for run in sweep.runs())


def _claimed(run: PlannedRun) -> Lock | None:
    run.claim.parent.mkdir(exist_ok=True)
    try:
        claim = Lock(run.claim, f"the run {run.name}")
    except Held:
        return None
    if not run.ended:  # it may have ended in between
        return claim
    claim.release()
    return None


def _make(sweep: Sweep, run: PlannedRun, threads: int | None, look: Callable[[], None]) -> None:
    """Make a run, from its checkpoint if there is one; write down why, if it fails."""
    place = run.directory.path
    begun = run.directory.config.is_file()
    pause = partial(_pause, sweep, run, look)
    experiment = replace(sweep.experiment, between_epochs=pause)
    with _failing(run), showing("none"), open(os.devnull, "w") as away, redirect_stdout(away):
        settings = sweep.settings(run)
        if settings.threads is None:
            settings = replace(settings, threads=threads)
        which = {"resume" if begun else "out": place}
        with suppress(Pruned):
            experiment.run(settings, figures=False, **which)
        look()


def _pause(sweep: Sweep, run: PlannedRun, look: Callable[[], None], _: RunDirectory) -> None:
    """Look around between two epochs of a run, and end it if its trial has become a bad one."""
    look()
    if sweep.plan.prunes and sweep.prunes(run):
        raise Pruned


@contextmanager
def _failing(run: PlannedRun) -> Iterator[None]:
    try:
        yield
    except Held:  # somebody has resumed it by hand, and makes it now
        time.sleep(WAIT)
    except SpikefaError as error:
        run.fail(str(error))
    except Exception as error:  # of a user's code, in places that are not told apart
        run.fail(f"{type(error).__name__}: {one_line(error)}")


def forgive(sweep: Sweep) -> int:
    """Let all failed runs be tried again; return how many there are."""
    failed = [run for run in sweep.runs() if run.failure]
    for run in failed:
        run.forgive()
    return len(failed)


def tidy(sweep: Sweep) -> None:
    """Remove the folder of the claims, if nobody holds one."""
    with suppress(OSError):
        (sweep.folder / CLAIMS).rmdir()
