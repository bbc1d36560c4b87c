"""``spikefa sweep PLAN``: many runs of an experiment, by one or several workers."""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from spikefa.errors import SpikefaError, require
from spikefa.runs.studies.claims import spread
from spikefa.runs.sweeps.last_look import TESTED, look_at_test
from spikefa.runs.sweeps.plan import NAME, Plan
from spikefa.runs.sweeps.room import is_on_gpu, most_workers, note_memory
from spikefa.runs.sweeps.search import Search
from spikefa.runs.sweeps.sweep import Sweep
from spikefa.runs.sweeps.table import TABLE, write_parquet
from spikefa.runs.sweeps.workers import stopped, work_on_cluster, work_side_by_side
from spikefa.runs.sweeps.working import conclude, count_ended, forgive, tidy, work
from spikefa.utils.files import read_text
from spikefa.utils.leaving import INTERRUPTED
from spikefa.utils.progress import progress_bar
from spikefa.utils.showing import showing
from spikefa.utils.threads import cores
from spikefa.utils.yaml_text import parse_named


def say(text: str) -> None:
    """Print what was chosen, at once."""
    print(text, flush=True)


def execute(given: argparse.Namespace) -> None:
    """Begin a sweep, go on with it, work on it, or look at the test images at its end."""
    if given.worker:
        _serve(given.plan, given.threads, given.measure)
        return
    with showing(given.progress):
        if given.test:
            _look(Sweep.open(given.plan), given.again)
        else:
            carry_on(_sweep(given), given)


def _serve(folder: Path, threads: int, measure: bool) -> None:
    """Be one of the workers of a command, which says what there is to say."""
    more = {"look": partial(note_memory, folder)} if measure else {}
    try:
        work(Sweep.open(folder), threads, **more)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _sweep(given: argparse.Namespace) -> Sweep:
    folder, plan = given.out, given.plan
    if plan.is_dir():
        require(folder is None, f"{plan} is a sweep already: leave out --out")
        require((plan / NAME).is_file(), f"{plan} holds no sweep: there is no {NAME} in it")
        folder, plan = plan, plan / NAME
    return Sweep.begin(
        folder or Path("runs") / plan.stem, Plan.read(plan), trust=given.trust, say=say
    )


def carry_on(sweep: Sweep, given: argparse.Namespace) -> None:
    """Make all runs that are left, and say what there is."""
    if given.retry:
        forgive(sweep)
    if given.slurm is None:
        _say(sweep, _make(sweep, given))
        return
    require(
        given.workers is not None,
        "--workers auto counts cores, or memory, of this machine: with --slurm give a number",
    )
    parameters = parse_named(read_text(Path(given.slurm)), given.slurm) if given.slurm else {}
    jobs = work_on_cluster(sweep, given.workers, given.cluster, parameters)
    print(f"submitted {len(jobs)} jobs; go on, or look, with: spikefa sweep {sweep.folder}")


def _make(sweep: Sweep, given: argparse.Namespace) -> list[int]:
    """Make the runs, and return the exit codes of workers that died."""
    done, died = count_ended(sweep), []
    workers, threads, measure = _room(sweep, given, done)
    with progress_bar("runs", sweep.plan.runs - done, keep=True) as bar:
        if workers > 1:
            told = [done]

            def ended(count: int) -> None:
                bar.advance(count - told[0])
                told[0] = count

            died = work_side_by_side(sweep, workers, threads, ended, measure, say)
        else:
            try:
                work(sweep, threads, bar.advance)
            except KeyboardInterrupt as stop:
                raise stopped(sweep) from stop
    return died


def _room(sweep: Sweep, given: argparse.Namespace, ended: int) -> tuple[int, int | None, bool]:
    """Return workers, the threads of each, and whether fewer may have to do, for their memory."""
    if given.workers is not None:
        return given.workers, given.threads, False
    threads, on_gpu = given.threads or 1, is_on_gpu(sweep)
    workers = most_workers(sweep, cores(), threads, ended)
    if not on_gpu:
        say(f"workers {workers}: {cores()} cores, {threads} for each")
    return workers, threads, on_gpu


def _say(sweep: Sweep, died: list[int]) -> None:
    """Write the table, and say what has ended, what was best, and what is left."""
    conclude(sweep)
    write_parquet(sweep)
    tidy(sweep)
    runs = sweep.runs()
    for run in runs:
        if run.failure:
            print(f"{run.name}: {run.failure}")
    states = Counter(run.state for run in runs)
    also = "".join(f", {states[state]} {state}" for state in ("failed", "pruned") if states[state])
    print(f"{states['finished']} of {sweep.plan.runs} runs finished{also}")
    for search in sweep.searches:
        _say_best(search)
    print(f"wrote {sweep.folder / TABLE}")
    if count_ended(sweep) < sweep.plan.runs:
        codes = ", ".join(map(str, died))
        raise SpikefaError(
            f"all workers have died (exit codes {codes}), and runs are left: go on with spikefa "
            f"sweep {sweep.folder}"
        )


def _say_best(search: Search) -> None:
    best = search.best()
    if best is not None:
        number, mean, runs = best
        values = _in_words({name: runs[0].values[name] for name in search.plan.search})
        where = _in_words(search.cell, ", ")
        print(f"{where}trial {number}: {search.plan.objective} {mean:.4g} with {values}")


def _look(sweep: Sweep, again: bool) -> None:
    found = look_at_test(sweep, again)
    print("test images, again:" if again else "test images, looked at once and written down:")
    for each in found["searches"]:
        runs = list(each["tested"].values())
        means = {name: spread([run[name] for run in runs]) for name in runs[0]}
        trial = f"trial {each['best_trial']} ({_in_words(each['values'])})"
        errors = ", ".join(f"{name} {text}" for name, text in means.items())
        print(f"{_in_words(each['cell'], ', ')}{trial}: {errors} ({len(runs)} runs)")
    print(f"wrote {sweep.folder / TESTED}")


def _in_words(values: Mapping[str, Any], end: str = "") -> str:
    """Return settings and their values, numbers in four digits."""
    texts = [
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in values.items()
    ]
    return ", ".join(texts) + (end if texts else "")
