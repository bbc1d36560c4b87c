"""One screen about a recording."""

import numpy as np

from spikefa.recording.reader import Recording

SHOWN = ("seed", "command", "git_commit", "device", "backend", "created_utc", "spikefa_version")
_STATUS = {
    "open": "open (being written, or left so by a process that was killed)",
    "closed": "closed",
    "failed": "failed (it ends early)",
    "repaired": "repaired",
}
RECENT = 1000
"""Rates are taken over so many steps, so that a long recording is described as fast."""


def describe(recording: Recording) -> str:
    """Return what `recording` holds and where it comes from, in a few lines of text."""
    provenance = recording.provenance
    planned = sum(window.stop - window.start for window in recording.windows)
    version = provenance["spikefa_schema"]
    lines = [
        f"{recording.path.name}: spikefa-recording {version}, {_STATUS[recording.status]}, "
        f"{len(recording.steps):,} of {planned:,} steps",
        "",
        *_windows(recording),
        "",
        *_populations(recording),
        "",
        *(
            f"{name:16}{recording.provenance[name]}"
            for name in SHOWN
            if name in recording.provenance
        ),
    ]
    return "\n".join(lines)


def _windows(recording: Recording) -> list[str]:
    """Return a line per window; of many, the first and the last ones."""
    stimulus = recording.stimulus
    lines = []
    for window in recording.windows:
        rows = recording.rows(window.label)
        images = 1 + np.count_nonzero(np.diff(stimulus["image"][rows].astype(np.int64)))
        held = rows.stop - rows.start
        lines.append(
            f"{window.label:16}steps {window.start:,} to {window.stop - 1:,}, "
            f"{held:,} recorded, {images if held else 0:,} images"
        )
    if len(lines) > 9:
        lines[4:-4] = [f"... {len(lines) - 8} more windows ..."]
    return ["window", *(f"  {line}" for line in lines)]


def _populations(recording: Recording) -> list[str]:
    recent = slice(int(recording.steps[-RECENT:][0]), None) if len(recording.steps) else None
    lines = [f"population      neurons  recorded (rates: of the last {RECENT:,} steps at most)"]
    for population in recording.populations.values():
        parts = []
        for variable in recording.variables(population.name):
            part = f"{variable} of {len(recording.units(population.name, variable)):,}"
            if variable == "spikes" and recent is not None:
                rate = recording.raster(population.name, steps=recent).mean()
                part += f" ({100 * rate:.1f} % spike per step)"
            parts.append(part)
        lines.append(f"  {population.name:14}{population.size:7,}  {', '.join(parts) or 'nothing'}")
    return lines
