"""The rows of metrics.csv, and single columns of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from spikefa.utils.csv_text import parse_table
from spikefa.utils.files import read_text

LARGEST = 1e100
"""Numbers beyond it leave no room for the margins of a figure."""

MetricsTable = Sequence[Mapping[str, object]]
"""One mapping of column names to values for each epoch."""


def read_metrics(path: str | Path) -> list[dict[str, str]]:
    """Read metrics.csv.

    Raises
    ------
    SpikefaError
        If it is missing or damaged.
    """
    return parse_table(read_text(Path(path)), path)


def as_table(metrics: MetricsTable | str | Path) -> MetricsTable:
    """Return the rows of `metrics`, which are read if it is a path."""
    return read_metrics(metrics) if isinstance(metrics, str | Path) else list(metrics)


def column(rows: MetricsTable, name: str) -> np.ndarray:
    """Return a column as float64, with nan where there is no number that can be drawn."""
    return np.array([_number(row.get(name)) for row in rows])


def _number(value: object) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")
    return number if abs(number) < LARGEST else float("nan")
