"""The objective of a search: of a finished run, and of a trial after every epoch of its runs."""

from collections.abc import Sequence
from math import nan
from statistics import fmean

from spikefa.errors import require
from spikefa.runs.several.stored import numbers_of
from spikefa.runs.sweeps.planned_run import PlannedRun
from spikefa.utils.csv_text import parse_table
from spikefa.utils.files import read_text
from spikefa.utils.printable import one_line


def objective_of(run: PlannedRun, name: str) -> float | None:
    """Return the objective of a finished run; None of another one.

    Raises
    ------
    SpikefaError
        If its summary has no such number.
    """
    summary = run.directory.read_summary()
    if not summary:
        return None
    found = numbers_of(summary, {})
    require(
        name in found,
        f"the summary of {run.directory.path} has no number {one_line(name)}: let the objective be "
        f"one of {one_line(', '.join(found))}",
    )
    return found[name]


def steps_of(runs: Sequence[PlannedRun], name: str, under_way: bool) -> list[float]:
    """Return the objective of a trial after every epoch of its runs, one run after the other.

    It is the mean over the runs so far, each of which counts with its last epoch. So a number
    means the same in all trials of a search. A run whose metrics do not have the objective has a
    single step, its end.

    Parameters
    ----------
    runs : sequence of PlannedRun
        Those of the trial, of which all before the first that is not finished count.
    name : str
        Of the objective.
    under_way : bool
        Whether the epochs of the first run that is not finished count too.
    """
    steps: list[float] = []
    finals: list[float] = []
    for run in runs:
        final = objective_of(run, name)
        if final is None and not under_way:
            break
        curve = [float(row[name] or nan) for row in _rows(run) if name in row]
        if final is not None:
            curve = [*curve[:-1], final]
        steps += [fmean([*finals, value]) for value in curve]
        if final is None:
            break
        finals.append(final)
    return steps


def epochs_of(run: PlannedRun) -> int:
    """Return how many epochs a run has made so far."""
    return len(_rows(run))


def _rows(run: PlannedRun) -> list[dict[str, str]]:
    path = run.directory.metrics
    return parse_table(read_text(path), path) if path.is_file() else []
