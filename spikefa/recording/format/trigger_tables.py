"""The datasets of triggers: their description, their firings, and the memory for resuming."""

from collections.abc import Sequence

import h5py
import numpy as np

from spikefa.recording.format.schema import FIRING, TRIGGER, clock_path, row_shape
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.stored_predicates import Stored
from spikefa.recording.plan.triggers import Trigger

SLOTS = 2
"""Memories in the file. The newest is not trusted before it is complete, so an older one stays."""


def write_triggers(
    file: h5py.File, number: int, clock: Clock, channels: Sequence[Channel], shown: np.dtype
) -> None:
    """Create the datasets that the triggers of a clock need, in a new file.

    `shown` is the type of what the streams saw, see `Layout.shown`.
    """
    table = [
        (
            each.label.encode(errors="replace"),
            each.before,
            each.after,
            each.hold_off,
            each.at_most or 0,
            bool(each.edge),
            each.watched.text.encode(errors="replace"),
        )
        for each in clock.triggers
    ]
    file.create_dataset(clock_path(number, "triggers"), data=np.array(table, TRIGGER))
    file.create_dataset(
        clock_path(number, "firings"), shape=(0,), maxshape=(None,), chunks=(256,), dtype=FIRING
    )
    file.create_dataset(clock_path(number, "committed_firings"), data=np.zeros(1, "<u8"))
    rows, row = max(1, clock.history), max(1, row_bytes(channels))
    for name, shape, dtype in (
        ("next_step", (), "<u8"),
        ("count", (), "<u8"),
        ("held", (len(clock.triggers),), "u1"),
        ("stimulus", (rows,), shown),
        ("wanted", (rows,), "u1"),
        ("rows", (rows, row), "u1"),
    ):
        path = clock_path(number, f"history/{name}")
        file.create_dataset(path, data=np.zeros((SLOTS, *shape), dtype))


def read_triggers(table: np.ndarray) -> list[Trigger]:
    """Return the triggers that a file describes; their predicates are text."""
    return [
        Trigger(
            Stored(row["predicate"].decode(errors="replace")),
            before=int(row["before"]),
            after=int(row["after"]),
            label=row["label"].decode(errors="replace"),
            hold_off=int(row["hold_off"]),
            at_most=int(row["at_most"]) or None,
            edge=bool(row["edge"]),
        )
        for row in table
    ]


def row_bytes(channels: Sequence[Channel]) -> int:
    """Return the bytes of a row of all channels."""
    shapes = map(row_shape, channels)
    return sum(np.dtype(dtype).itemsize * int(np.prod(shape)) for shape, dtype in shapes)
