"""The rows of metrics.csv, and single columns of them."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from spikefa.errors import SpikefaError

MetricsTable = Sequence[Mapping[str, object]]
"""One mapping of column names to values for each epoch."""


def read_metrics(path: str | Path) -> list[dict[str, str]]:
    """Read metrics.csv.

    Raises
    ------
    SpikefaError
        If it is missing or is not text.
    """
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeError, csv.Error) as error:
        raise SpikefaError(f"cannot read the metrics {path}: {error}") from error


def as_table(metrics: MetricsTable | str | Path) -> MetricsTable:
    """Return the rows of `metrics`, which are read if it is a path."""
    return read_metrics(metrics) if isinstance(metrics, str | Path) else list(metrics)


def column(rows: MetricsTable, name: str) -> np.ndarray:
    """Return a column as float64, with nan where there is no number."""
    return np.array([_number(row.get(name)) for row in rows])


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")
