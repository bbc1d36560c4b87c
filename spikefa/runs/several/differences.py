"""What differs in the settings of runs, and which runs are the same but for their seed."""

from collections.abc import Mapping, Sequence
from typing import Any

from spikefa.runs.several.stored import StoredRun
from spikefa.utils.printable import one_line

WHERE = ("device", "data_dir", "processes", "checkpoint_minutes", "record", "record_windows")
"""Settings of where a run is made and what is kept of it; they do not change what is learned."""
REPEATED = ("seed", "replicas", "repeats")
"""Settings that only say which repetitions of one experiment a run holds."""
ABSENT = object()
"""Stands for a setting that a run does not have; some classes lack arguments of others."""


def differing(runs: Sequence[StoredRun]) -> dict[str, list[str]]:
    """Return the settings in which the runs of each experiment differ, by experiment.

    Settings of `WHERE` are left out.
    """
    by_experiment: dict[str, list[StoredRun]] = {}
    for run in runs:
        by_experiment.setdefault(run.experiment, []).append(run)
    return {name: _differing(group) for name, group in by_experiment.items()}


def _differing(runs: Sequence[StoredRun]) -> list[str]:
    names = dict.fromkeys(name for run in runs for name in run.settings if name not in WHERE)
    first = runs[0].settings
    return [
        name
        for name in names
        if any(run.settings.get(name, ABSENT) != first.get(name, ABSENT) for run in runs)
    ]


def learned_with(run: StoredRun) -> tuple[str, dict[str, Any]]:
    """Return the experiment and the settings that runs with other seeds share."""
    apart = (*WHERE, *REPEATED)
    kept = {name: value for name, value in run.settings.items() if name not in apart}
    return run.experiment, kept


def described(settings: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return those of the settings that there are in words: "seed 1, feedback DFA"."""
    return ", ".join(
        f"{called(name)} {worded(settings[name])}" for name in names if name in settings
    )


def called(name: str) -> str:
    """Return the short name of a setting: "feedback" for the class of the circuit."""
    return one_line(name.removesuffix(".class"))


def worded(value: object) -> str:
    """Return the value of a setting as text."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(worded, value)) + "]"
    return f"{value:.6g}" if isinstance(value, float) else one_line(value)
