"""Short descriptions of run directories and recordings."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spikefa.analysis.metrics_table import read_metrics
from spikefa.errors import MissingFileError
from spikefa.recording import describe, open_recording
from spikefa.runs.directory import RunDirectory
from spikefa.utils.printable import printable


def inspect(path: Path) -> str:
    """Return a description of a run directory or a recording.

    Raises
    ------
    SpikefaError
        If `path` is neither, or a file is damaged.
    """
    return printable(_described(path), keep="\n")


def _described(path: Path) -> str:
    if path.is_file():
        with open_recording(path) as recording:
            return describe(recording)
    if not path.exists():
        raise MissingFileError(f"there is no {path}")
    run = RunDirectory.open(path)
    parts = [f"run of {run.experiment} in {path}", *_settings(run), *_last_epoch(run)]
    summary = run.read_summary()
    if summary:
        parts.append(_paragraph("summary", summary))
    else:
        parts.append(f"not finished: continue it with --resume {path}")
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
