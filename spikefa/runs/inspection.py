"""Short descriptions of run directories and recordings."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spikefa.analysis.energy import ENERGY_TABLES, EnergyTable
from spikefa.analysis.metrics_table import read_metrics
from spikefa.errors import MissingFileError
from spikefa.recording import describe, open_recording
from spikefa.runs.costs import NAME as COSTS
from spikefa.runs.costs import costs_in_lines, costs_of
from spikefa.runs.directory import RunDirectory
from spikefa.utils.printable import printable


def inspect(path: Path, table: EnergyTable | None = None) -> str:
    """Return a description of a run directory or a recording.

    Parameters
    ----------
    path : path
    table : EnergyTable, optional
        Energies of operations, in place of those that come with spikefa.

    Raises
    ------
    SpikefaError
        If `path` is neither, or a file is damaged.
    """
    return printable(_described(path, table), keep="\n")


def _described(path: Path, table: EnergyTable | None) -> str:
    if path.is_file():
        with open_recording(path) as recording:
            return describe(recording)
    if not path.exists():
        raise MissingFileError(f"there is no {path}")
    run = RunDirectory.open(path)
    parts = [f"run of {run.experiment} in {path}", *_settings(run), *_last_epoch(run)]
    summary = run.read_summary()
    if summary:
        shown = {name: value for name, value in summary.items() if name != COSTS}
        parts.append(_paragraph("summary", shown))
    else:
        parts.append(f"not finished: continue it with --resume {path}")
    costs = costs_of(summary, run.summary)
    if costs is not None:
        tables = ENERGY_TABLES.values() if table is None else [table]
        parts.append(costs_in_lines(costs, tables))
    if run.recording.is_file():
        with open_recording(run.recording) as recording:
            parts.append(describe(recording))
    return "\n\n".join(parts)


def _settings(run: RunDirectory) -> list[str]:
    """Return the settings that are not None."""
    return [_paragraph("settings", run.read_config())]


def _last_epoch(run: RunDirectory) -> list[str]:
    """Return the last row of the metrics."""
    if not run.metrics.is_file():
        return []
    rows = read_metrics(run.metrics)
    return [_paragraph("last epoch", rows[-1])] if rows else []


def _paragraph(title: str, values: Mapping[Any, Any]) -> str:
    """Return a title followed by names and values, in lines of at most 100 characters."""
    # The non-breaking space keeps a name and its value on one line.
    pairs = [f"{name}:\xa0{_short(value)}" for name, value in values.items() if value is not None]
    lines = textwrap.wrap(", ".join(pairs), 98, break_long_words=False, break_on_hyphens=False)
    return "\n".join([title, *(f"  {line}" for line in lines)]).replace("\xa0", " ")


def _short(value: Any) -> str:
    """Return `value` as text; numbers, also those given as text, have six digits."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(each)}" for name, each in value.items())
    if isinstance(value, str) and "." in value:
        try:
            value = float(value)
        except ValueError:
            return value
    return f"{value:.6g}" if isinstance(value, float) else str(value)
