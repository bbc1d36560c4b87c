"""Runs as data frames of pandas, which is imported when it is used."""

import os
from collections.abc import Collection, Iterable, Sequence
from math import nan
from pathlib import Path
from typing import Any

from spikefa.errors import SpikefaError
from spikefa.runs.several.differences import differing, worded
from spikefa.runs.several.finding import find_runs
from spikefa.runs.several.stored import StoredNetwork, StoredRun, number, numbers_of, read_runs

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

TEXTS = ("device", "hardware", "backend", "git_commit", "spikefa_version", "torch_version")
"""Texts of a summary that become columns."""
SEEDS = ("seed", "replicas")
"""Settings that the column of seeds shows."""

KEYS = ("unit", "paper", "paper_sd", "mean", "sd", "n")
"""What a row of quantities holds of the result file."""


def table(runs: Paths = "runs") -> Any:
    """Return a data frame with a row for each run, or for each replica of a run.

    Its columns are ``run``, ``path``, ``experiment``, ``seed`` and ``finished``; the settings in
    which the runs of an experiment differ, such as ``feedback.class``; all numbers of
    ``summary.json``, such as ``test_error_percent`` and ``alignment_degrees.output``, and
    ``wall_seconds``; device, commit and versions. A run that has not finished has the numbers of
    its last epoch. A setting that is also a number of the summary, such as ``epochs``, has
    ``setting.`` before its name.

    Nothing that is read is executed. It needs pandas: ``pip install 'spikefa[pandas]'``.

    Parameters
    ----------
    runs : path-like or iterable of path-like, default "runs"
        Folders of runs, or folders of such folders.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    SpikefaError
        If a folder holds no run, a run is given twice, a file is damaged, or pandas is missing.

    Examples
    --------
    >>> runs = sf.runs.table("runs")
    >>> runs.groupby("feedback.class").test_error_percent.agg(["mean", "std", "count"])
    """
    frame = _pandas()
    stored = _stored(runs)
    taken = {name for run in stored for network in run.networks for name in network.numbers}
    differ = differing(stored)
    rows = [
        _row(run, network, differ[run.experiment], taken | {"epochs"})
        for run in stored
        for network in run.networks
    ]
    return frame.DataFrame(rows)


def epochs(runs: Paths = "runs") -> Any:
    """Return a data frame with a row for each epoch of each run, or of each replica of a run.

    Its columns are ``run``, ``experiment`` and ``seed``, and those of ``metrics.csv``, such as
    ``epoch``, ``images`` and ``train_error_percent``. With ``run`` and ``seed`` it can be merged
    with `table`.

    Nothing that is read is executed. It needs pandas: ``pip install 'spikefa[pandas]'``.

    Parameters
    ----------
    runs : path-like or iterable of path-like, default "runs"
        Folders of runs, or folders of such folders.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    SpikefaError
        If a folder holds no run, a run is given twice, a file is damaged, or pandas is missing.

    Examples
    --------
    >>> epochs = sf.runs.epochs(["runs/fa", "runs/dfa"])
    >>> epochs.pivot_table(index="epoch", columns="run", values="train_error_percent").plot()
    """
    frame = _pandas()
    rows = [
        {"run": run.name, "experiment": run.experiment, "seed": network.seed, **row}
        for run in _stored(runs)
        for network in run.networks
        for row in network.epochs
    ]
    return frame.DataFrame(rows, columns=None if rows else ["run", "experiment", "seed", "epoch"])


def quantities(runs: Paths = "runs") -> Any:
    """Return a data frame with a row for each quantity of each run, beside the paper's value.

    Its columns are ``run``, ``id`` of the paper's figure or table, ``quick`` (whether the run is a
    shorter version, or of another network than the paper's), ``quantity``, ``unit``, ``paper``,
    ``paper_sd``, ``mean``, ``sd`` and ``n``, as in ``result.json``. Runs without this file have no
    row.

    Nothing that is read is executed. It needs pandas: ``pip install 'spikefa[pandas]'``.

    Parameters
    ----------
    runs : path-like or iterable of path-like, default "runs"
        Folders of runs, or folders of such folders.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    SpikefaError
        If a folder holds no run, a run is given twice, a file is damaged or was edited, or pandas
        is missing.
    """
    from spikefa.runs.studies.file import NAME, read_result

    frame = _pandas()
    rows = []
    for run in _stored(runs):
        if not (run.directory.path / NAME).is_file():
            continue
        result = read_result(run.directory.path / NAME)
        for found in result["quantities"]:
            about = {"run": run.name, "id": result["id"], "quick": result["quick"]}
            known = {key: nan if found[key] is None else found[key] for key in KEYS}
            rows.append({**about, "quantity": found["text"], **known})
    return frame.DataFrame(rows, columns=["run", "id", "quick", "quantity", *KEYS])


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise SpikefaError(
            f"a data frame needs pandas, which cannot be imported ({error}): "
            "pip install 'spikefa[pandas]'"
        ) from error
    return pandas


def _stored(runs: Paths) -> list[StoredRun]:
    several = [runs] if isinstance(runs, str | os.PathLike) else list(runs)
    return read_runs(find_runs(map(Path, several)))


def _row(
    run: StoredRun, network: StoredNetwork, differ: Sequence[str], taken: Collection[str]
) -> dict[str, Any]:
    """Return the row of a network; settings whose names are `taken` by results get others."""
    settings = {
        f"setting.{name}" if name in taken else name: _cell(run.settings[name])
        for name in differ
        if name in run.settings and name not in SEEDS
    }
    return {
        "run": run.name,
        "path": str(run.directory.path),
        "experiment": run.experiment,
        "seed": network.seed,
        "finished": run.finished,
        **settings,
        **(_shared(run) if run.has_replicas else {}),
        **network.numbers,
        **{name: run.summary[name] for name in TEXTS if isinstance(run.summary.get(name), str)},
    }


def _shared(run: StoredRun) -> dict[str, float]:
    """Return the numbers of the summary that all replicas of a run share, as their time."""
    own = {name for network in run.networks for name in network.numbers}
    return {
        name: value
        for name, value in numbers_of(run.summary, run.settings).items()
        if name not in own and name != "n" and not name.startswith("sd_")
    }


def _cell(value: object) -> object:
    """Return a setting as a cell: a number, a bool, None, or text."""
    plain = isinstance(value, bool) or value is None or number(value) is not None
    return value if plain else worded(value)
