"""Cut a recording back to an earlier step."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from spikefa.recording.format.schema import Durability, Layout
from spikefa.recording.read.reader import open_recording
from spikefa.recording.write.copying import copied
from spikefa.recording.write.writer import Writer
from spikefa.utils.locks import Lock


def trim(
    path: Path, step: int, lock: Lock | None = None, durability: Durability = "flush"
) -> Writer:
    """Drop every row of the recording at `path` whose step is `step` or later; return its writer.

    The remaining rows are copied into a new file that replaces the old one at the end, so an
    interruption leaves the old one. The copy also loses rows that were never committed. Doing it
    twice has the effect of once.

    Parameters
    ----------
    path : Path
    step : int
    lock : Lock, optional
        The lock of the recording, for the writer.
    durability : {"flush", "fsync"}, optional

    Raises
    ------
    SpikefaError
        If it is not a recording, or the disk is full.
    """
    with open_recording(path, alone=True) as recording:
        layout = _marked(recording.layout, step)
        with copied(recording, layout, step, lock, durability) as writer:
            return writer


def _marked(layout: Layout, step: int) -> Layout:
    """Return `layout` with `step` added to the attribute that lists where it was cut."""
    before = layout.attributes.get("trimmed_at_steps", [])
    attributes = layout.attributes | {"trimmed_at_steps": np.array([*before, step], "<i8")}
    return replace(layout, attributes=attributes)
