"""What is in a run directory, in one screen."""

from pathlib import Path

from spikefa.errors import SpikefaError
from spikefa.files import read_text
from spikefa.run_directory import RunDirectory


def inspect(path: Path) -> str:
    """Return a description of a run directory or of a recording.

    Raises
    ------
    SpikefaError
        If it is neither, or a file in it is damaged.
    """
    from spikefa.recording import describe, open_recording

    if path.is_file():
        with open_recording(path) as recording:
            return describe(recording)
    if not path.exists():
        raise SpikefaError(f"there is no {path}")
    run = RunDirectory.open(path)
    parts = [f"run of {run.experiment} in {path}", read_text(run.config).strip()]
    if run.metrics.is_file():
        lines = read_text(run.metrics).splitlines()
        parts.append("\n".join([*lines[:1], *lines[1:][-3:]]))
    summary = run.read_summary()
    if summary:
        parts.append("\n".join(f"{name}: {value}" for name, value in summary.items()))
    else:
        parts.append(f"not finished: continue it with --resume {path}")
    if run.recording.is_file():
        with open_recording(run.recording) as recording:
            parts.append(describe(recording))
    return "\n\n".join(parts)
