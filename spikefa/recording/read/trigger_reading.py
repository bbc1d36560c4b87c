"""Read and check the firings and memories of the triggers in a file."""

from dataclasses import replace

import h5py
import numpy as np

from spikefa.errors import require
from spikefa.recording.format.schema import FIRING, Layout, clock_path, stimulus_type
from spikefa.recording.format.trigger_memory import TriggerMemory, read_memories
from spikefa.recording.format.trigger_tables import SLOTS, row_bytes
from spikefa.recording.format.untrusted import check_stored, dataset
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.windows import OPEN_END, Window
from spikefa.recording.read.inferred import infer

OCCURRENCES = 4
"""Occurrences of windows that recur, for each row, on average."""


def read_firings(file: h5py.File, number: int, clock: Clock) -> np.ndarray:
    """Return the committed firings of the triggers of a clock, FIRING [n]."""
    if not clock.triggers:
        return np.zeros(0, FIRING)
    counter = dataset(file, clock_path(number, "committed_firings"), "<u8", 1)
    counter.refresh()
    count = int(counter[0])
    data = dataset(file, clock_path(number, "firings"), FIRING, 1)
    data.refresh()
    require(count <= len(data), f"it says that {count} firings are committed, but has {len(data)}")
    check_stored(data, count)
    firings = np.asarray(data[:count])
    steps = firings["step"]
    require(
        bool((steps[1:] >= steps[:-1]).all() and (steps < OPEN_END // 2).all()),
        "the steps of its firings are not in ascending order",
    )
    require(
        bool((firings["trigger"] < len(clock.triggers)).all()),
        "it has firings of a trigger that it does not have",
    )
    return firings


def windows_of(clock: Clock, steps: np.ndarray, firings: np.ndarray) -> dict[str, Window]:
    """Return the windows of a clock by label, including those of recurring windows and firings.

    Parameters
    ----------
    clock : Clock
    steps : ndarray of int64
        Of the committed rows.
    firings : ndarray of FIRING
        Committed.

    Returns
    -------
    dict
        In the order of the steps.
    """
    found = list(clock.windows)
    for recurring in clock.recurring:
        found += recurring.windows(steps)
        most = OCCURRENCES * len(steps) + len(clock.windows)
        require(len(found) <= most, f"its {len(steps)} steps are in over {most} windows")
    for number, trigger in enumerate(clock.triggers):
        fired = firings["step"][firings["trigger"] == number].tolist()
        found += [trigger.window(n, step) for n, step in enumerate(fired, start=1)]
    return {window.label: window for window in sorted(found, key=lambda window: window.start)}


def memories_of(file: h5py.File, number: int, layout: Layout) -> list[TriggerMemory]:
    """Return the memories in the file for the triggers of a clock."""
    clock, channels = layout.clocks[number], layout.channels_of(number)
    if not clock.triggers:
        return []
    triggers, history = len(clock.triggers), {}
    shown = stimulus_type(layout.label) if layout.inferred else layout.shown
    for name, shape, dtype in (
        ("next_step", (), "<u8"),
        ("count", (), "<u8"),
        ("held", (triggers,), "u1"),
        ("stimulus", (None,), shown),
        ("wanted", (None,), "u1"),
        ("rows", (None, max(1, row_bytes(channels))), "u1"),
    ):
        path = clock_path(number, f"history/{name}")
        data = dataset(file, path, dtype, 1 + len(shape))
        data.refresh()
        check_stored(data, SLOTS)
        fits = all(a in (None, b) for a, b in zip((SLOTS, *shape), data.shape, strict=True))
        require(fits, f"its {path} has the shape {data.shape}")
        history[name] = data
    rows = {len(history[name][0]) for name in ("stimulus", "wanted", "rows")}
    require(rows == {max(1, clock.history)}, "it does not remember as many rows as it says")
    found = read_memories(history, channels)
    return [_upgraded(each, clock.every) for each in found] if layout.inferred else found


def _upgraded(memory: TriggerMemory, every: int) -> TriggerMemory:
    """Return a memory of a file of format 1.0 with rows that say when presentations began."""
    shown = infer(memory.rows.stimulus, every)
    return replace(memory, rows=replace(memory.rows, stimulus=shown))
