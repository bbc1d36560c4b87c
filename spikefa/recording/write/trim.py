"""Cut a recording back to an earlier step."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from spikefa.recording.format.schema import Layout
from spikefa.recording.read.reader import open_recording
from spikefa.recording.write.copying import copy_recording
from spikefa.utils.files import written_whole


def trim(path: Path, step: int) -> None:
    """Drop every row of the recording at `path` whose step is `step` or later.

    The remaining rows are copied into a new file that replaces the old one at the end, so an
    interruption leaves the old one. The copy also loses the mark "open for writing" that a killed
    process leaves, and rows that were never committed. Doing it twice has the effect of once.

    Raises
    ------
    SpikefaError
        If it is not a recording, or the disk is full.
    """
    with open_recording(path) as recording, written_whole(path) as temporary:
        copy_recording(recording, temporary, _marked(recording.layout, step), step, "open")


def _marked(layout: Layout, step: int) -> Layout:
    """Return `layout` with `step` added to the attribute that lists where it was cut."""
    before = layout.attributes.get("trimmed_at_steps", [])
    attributes = layout.attributes | {"trimmed_at_steps": np.array([*before, step], "<i8")}
    return replace(layout, attributes=attributes)
