"""Read the steps, windows and triggers of a clock, and check them."""

import h5py

from spikefa.errors import require
from spikefa.recording.format.schema import EPOCH, RECURRING, TRIGGER, clock_path, stimulus_type
from spikefa.recording.format.trigger_tables import read_triggers
from spikefa.recording.format.untrusted import (
    dataset,
    inside,
    read_attributes,
    stored_integer,
    whole,
)
from spikefa.recording.plan.clocks import Clock, make_clock
from spikefa.recording.plan.recurring import Recurring
from spikefa.recording.plan.sorting import SortedWindows
from spikefa.recording.plan.windows import Window

MOST_RECURRING = 100
"""Windows that recur, of one clock; each can have as many occurrences as there are rows."""


def read_clock(file: h5py.File, number: int, label: str) -> Clock:
    """Return a clock of a recording with labels of this type.

    Raises
    ------
    SpikefaError
        If something is missing or does not agree with the format.
    """
    dataset(file, clock_path(number, "committed_steps"), "<u8", 1)
    dataset(file, clock_path(number, "stimulus"), stimulus_type(label), 1)
    step = dataset(file, clock_path(number, "step"), "<u8", 1)
    every = stored_integer(read_attributes(step), "every", 1)
    require(every >= 1, f"its clock {number} is read every {every} steps")
    epochs = whole(file, clock_path(number, "epochs"), EPOCH)
    windows = [
        Window(row["label"].decode(errors="replace"), int(row["start_step"]), int(row["stop_step"]))
        for row in epochs
    ]
    triggers = clock_path(number, "triggers")
    found = SortedWindows(windows=windows, recurring=_read_recurring(file, number))
    if inside(file, triggers) is not None:
        found.triggers.extend(read_triggers(whole(file, triggers, TRIGGER)))
    return make_clock(found, every)


def _read_recurring(file: h5py.File, number: int) -> list[Recurring]:
    path = clock_path(number, "recurring")
    if inside(file, path) is None:
        return []
    table = whole(file, path, RECURRING)
    require(len(table) <= MOST_RECURRING, f"it has {len(table)} windows that recur")
    return [
        Recurring(
            row["label"].decode(errors="replace"),
            start=int(row["start_step"]),
            length=int(row["length"]),
            period=int(row["period"]),
        )
        for row in table
    ]
