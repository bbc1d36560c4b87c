"""A run as its files tell it: settings, results and epochs. Nothing that is read is executed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

from spikefa.errors import SpikefaError, require
from spikefa.runs.directory import RunDirectory
from spikefa.runs.several.finding import names_of
from spikefa.utils.csv_text import parse_table
from spikefa.utils.files import read_text

Row = Mapping[str, float]
"""The numbers of one epoch by the names of their columns; nan where a cell is empty."""

LARGEST = 1e100
"""Numbers are smaller; the squares of others may be no numbers."""
LARGEST_WHOLE = 1 << 63
"""Whole numbers in tables are smaller; a data frame has no room for others."""


@dataclass(frozen=True)
class StoredNetwork:
    """The results of one network: of the only one of a run, or of one of its replicas.

    Attributes
    ----------
    seed : int or None
        None if the run does not tell it, as studies do not.
    numbers : mapping of str to float
        The numbers of the summary that are of this network or, before the run has finished, those
        of its last epoch.
    epochs : sequence of `Row`
    """

    seed: int | None
    numbers: Mapping[str, float]
    epochs: Sequence[Row]


@dataclass(frozen=True)
class StoredRun:
    """A run as its files tell it.

    Attributes
    ----------
    directory : RunDirectory
    name : str
        Short, and different from those of the runs that it is looked at with.
    experiment : str
    settings : mapping of str to value
        Those of ``config.yaml``, with names such as ``feedback.scale``.
    summary : mapping of str to value
        ``summary.json``; empty before the run has finished.
    networks : sequence of StoredNetwork
        One, or one for each replica.
    """

    directory: RunDirectory
    name: str
    experiment: str
    settings: Mapping[str, Any]
    summary: Mapping[str, Any]
    networks: Sequence[StoredNetwork]

    @property
    def finished(self) -> bool:
        """Whether the run has written its results."""
        return bool(self.summary)

    @property
    def has_replicas(self) -> bool:
        """Whether the run trains networks side by side."""
        return self.settings.get("replicas") is not None


def read_runs(directories: Iterable[RunDirectory]) -> list[StoredRun]:
    """Read the files of runs.

    Raises
    ------
    SpikefaError
        If a file is damaged; the message names it.
    """
    directories = list(directories)
    return [
        _read_run(directory, name)
        for directory, name in zip(directories, names_of(directories), strict=True)
    ]


def _read_run(run: RunDirectory, name: str) -> StoredRun:
    summary, settings = run.read_summary(), flattened(run.read_config())
    rows = _read_rows(run.metrics)
    networks = _replicas(run, summary, settings)
    if not networks:
        numbers = numbers_of(summary, settings) if summary else _last(rows)
        networks = [StoredNetwork(whole(settings.get("seed")), numbers, rows)]
    return StoredRun(run, name, run.experiment, settings, summary, networks)


def _replicas(
    run: RunDirectory, summary: Mapping[str, Any], settings: Mapping[str, Any]
) -> list[StoredNetwork]:
    """Return the networks of a run of replicas; none for other runs."""
    if settings.get("replicas") is None:
        return []
    rows, own = _read_rows(run.replicas), summary.get("replicas", [])
    known = isinstance(own, list) and all(
        isinstance(each, dict) and whole(each.get("seed")) is not None for each in own
    )
    require(known, f"{run.summary} is damaged: its replicas are no list of results with seeds")
    require(
        all("seed" in row for row in rows),
        f"{run.replicas} is damaged: it has no column 'seed'",
    )
    results = {whole(each["seed"]): numbers_of(each, settings) for each in own}
    epochs: dict[int | None, list[Row]] = {seed: [] for seed in results}
    for row in rows:
        seed = whole(row["seed"])
        own_row = {name: value for name, value in row.items() if name != "seed"}
        epochs.setdefault(seed, []).append(own_row)
    return [
        StoredNetwork(seed, _completed(results.get(seed), _last(found)), found)
        for seed, found in epochs.items()
    ]


def _completed(result: Mapping[str, float] | None, last: Mapping[str, float]) -> dict[str, float]:
    """Return the result of a replica with those errors of its last epoch that it does not have."""
    if result is None:
        return dict(last)
    return {**{name: value for name, value in last.items() if "error_percent" in name}, **result}


def _last(rows: Sequence[Row]) -> dict[str, float]:
    """Return the numbers of the last epoch, with the names of a summary."""
    if not rows:
        return {}
    named = {"epoch": "epochs", "images": "images_seen", "step": "steps"}
    last = {named.get(name, name): number(value) for name, value in rows[-1].items()}
    return {name: value for name, value in last.items() if value is not None}


def _read_rows(path: Path) -> list[Row]:
    """Return the rows of a table of epochs; none if there is no such file."""
    if not path.is_file():
        return []
    rows = parse_table(read_text(path), path)
    require(len(rows) > 0 and "epoch" in rows[0], f"{path} is damaged: it holds no epochs")
    return [
        {name: _cell(text, name, number, path) for name, text in row.items()}
        for number, row in enumerate(rows, start=1)
    ]


def _cell(text: str, name: str, row: int, path: Path) -> float:
    if text == "":
        return nan
    try:
        found = float(text)
        exact = int(text) if text.lstrip("-").isdigit() and len(text) < 20 else found
    except ValueError:
        message = f"{path} is damaged: row {row} has {text!r:.40} in the column {name!r:.60}"
        raise SpikefaError(f"{message}, which is no number") from None
    return exact if abs(exact) < LARGEST_WHOLE else found


def flattened(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a mapping without mappings in it: {"a": {"b": 1}} becomes {"a.b": 1}."""
    return dict(_flat(settings, prefix))


def _flat(settings: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def numbers_of(summary: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a summary by name.

    The seed, which is the name of a network, and what repeats the settings of a class, such as
    ``feedback.scale``, are left out.
    """
    classes = {name.partition(".")[0] for name in settings if "." in name}
    results = {name: value for name, value in summary.items() if name not in ("seed", *classes)}
    found = {name: number(value) for name, value in flattened(results).items()}
    return {name: value for name, value in found.items() if value is not None}


def number(value: object) -> float | None:
    """Return a number that one can compute with as it is, and None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    most = LARGEST_WHOLE if isinstance(value, int) else LARGEST
    return value if abs(value) < most else None


def whole(value: object) -> int | None:
    """Return a whole number as it is, and None for anything else."""
    found = number(value)
    return found if isinstance(found, int) else None
