"""``spikefa sweep PLAN``: many runs of an experiment, by one or several workers."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spikefa.errors import SpikefaError, require
from spikefa.runs.studies.claims import spread
from spikefa.runs.sweeps.last_look import TESTED, look_at_test
from spikefa.runs.sweeps.plan import Plan
from spikefa.runs.sweeps.sweep import Sweep
from spikefa.runs.sweeps.table import TABLE, write_parquet, write_table
from spikefa.runs.sweeps.work import forgive, tidy, work
from spikefa.runs.sweeps.workers import cores, work_on_cluster, work_side_by_side
from spikefa.utils.progress import progress_bar
from spikefa.utils.showing import showing
from spikefa.utils.yaml_text import parse_named


def execute(given: argparse.Namespace) -> None:
    """Begin a sweep, go on with it, work on it, or look at the test images at its end."""
    if given.worker:
        work(Sweep.open(given.plan), given.threads or 1)
        return
    with showing(given.progress):
        if given.test:
            _look(Sweep.open(given.plan), given.again)
        else:
            carry_on(_sweep(given), given)


def _sweep(given: argparse.Namespace) -> Sweep:
    if given.plan.is_dir():
        require(given.out is None, f"{given.plan} is a sweep already: leave out --out")
        return Sweep.open(given.plan)
    plan = Plan.read(given.plan)
    return Sweep.begin(given.out or Path("runs") / given.plan.stem, plan, given.trust)


def carry_on(sweep: Sweep, given: argparse.Namespace) -> None:
    """Make all runs that are left, and say what there is."""
    if given.retry:
        forgive(sweep)
    if given.slurm is not None:
        jobs = work_on_cluster(sweep, given.workers, given.cluster, _parameters(given.slurm))
        print(f"submitted {len(jobs)} jobs; go on, or look, with: spikefa sweep {sweep.folder}")
        return
    done = sum(run.state in ("finished", "failed") for run in sweep.runs())
    died: list[int] = []
    with progress_bar("runs", sweep.plan.runs - done, keep=True) as bar:
        if given.workers > 1:
            told = [done]

            def ended(count: int) -> None:
                bar.advance(count - told[0])
                told[0] = count

            died = work_side_by_side(sweep, given.workers, ended)
        else:
            work(sweep, given.threads or cores(), bar.advance)
    _conclude(sweep, died)


def _conclude(sweep: Sweep, died: list[int]) -> None:
    with sweep.locked():
        for search in sweep.searches:
            search.settle()
        write_table(sweep)
        write_parquet(sweep)
    tidy(sweep.folder)
    states = [run.state for run in sweep.runs()]
    for run in sweep.runs():
        if run.state == "failed":
            print(f"{run.name}: {run.failure}")
    print(f"{states.count('finished')} of {sweep.plan.runs} runs finished", end="")
    print(f", {states.count('failed')} failed" if "failed" in states else "")
    for search in sweep.searches:
        best = search.best()
        if best is not None:
            values = _in_words({name: best[2][0].values[name] for name in sweep.plan.search})
            where = _in_words(search.cell, ", ")
            print(f"{where}trial {best[0]}: {sweep.plan.objective} {best[1]:.4g} with {values}")
    print(f"wrote {sweep.folder / TABLE}")
    if len(states) - states.count("failed") - states.count("finished"):
        raise SpikefaError(
            f"{len(died)} workers died (exit codes {', '.join(map(str, died)) or 'unknown'}), and "
            f"runs are left: go on with spikefa sweep {sweep.folder}"
        )


def _look(sweep: Sweep, again: bool) -> None:
    found = look_at_test(sweep, again)
    print("test images, looked at once and written down:" if not again else "test images, again:")
    for each in found["searches"]:
        values = _in_words(each.get("values", {}))
        print(f"{_in_words(each['cell'], ', ')}trial {each['best_trial']} ({values}):", end=" ")
        runs = list(each["tested"].values())
        means = {name: spread([run[name] for run in runs]) for name in runs[0]} if runs else {}
        print(", ".join(f"{name} {text}" for name, text in means.items()), f"({len(runs)} runs)")
    print(f"wrote {sweep.folder / TESTED}")


def _in_words(values: Mapping[str, Any], end: str = "") -> str:
    """Return settings and their values, numbers in four digits."""
    texts = [
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in values.items()
    ]
    return ", ".join(texts) + (end if texts else "")


def _parameters(path: str) -> dict[str, Any]:
    return parse_named(Path(path).read_text(encoding="utf-8"), path) if path else {}
