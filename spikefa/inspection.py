"""What is in a run directory, in one screen."""

from pathlib import Path

from spikefa.errors import SpikefaError
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
    parts = [f"run of {run.experiment} in {path}", run.config.read_text(encoding="utf-8").strip()]
    if run.metrics.is_file():
        head, *rows = run.metrics.read_text(encoding="utf-8").splitlines()
        parts.append("\n".join([head, *rows[-3:]]))
    summary = run.read_summary()
    if summary:
        parts.append("\n".join(f"{name}: {value}" for name, value in summary.items()))
    else:
        parts.append(f"not finished: continue it with --resume {path}")
    if run.recording.is_file():
        with open_recording(run.recording) as recording:
            parts.append(describe(recording))
    return "\n\n".join(parts)
