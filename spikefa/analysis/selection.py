"""Selecting populations, units and steps of a recording, given as text or as objects."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from spikefa.analysis.blockwise import some_units
from spikefa.errors import SpikefaError, require
from spikefa.recording import Recording, Window
from spikefa.utils.indices import Selection
from spikefa.utils.numbers import is_whole, whole_number

MOST_STEPS = 1000
"""Most steps of the first window that are selected if no steps are given."""


def select_populations(recording: Recording, names: Sequence[str] | None = None) -> list[str]:
    """Return `names`, or all populations of which spikes were recorded, input first.

    Raises
    ------
    SpikefaError
        If the spikes of one of them were not recorded.
    """
    held = [name for name in recording.populations if "spikes" in recording.variables(name)]
    require(len(held) > 0, f"{recording.path} holds no spikes: add a probe of spikes")
    for name in names or ():
        require(
            name in held,
            f"{recording.path} holds no spikes of {name!r}: it holds those of {', '.join(held)}",
        )
    return list(dict.fromkeys(names)) if names else held


def select_units(
    recording: Recording, population: str, units: str | int | Selection = "all"
) -> np.ndarray:
    """Return the selected units of a population, int64, ascending.

    Parameters
    ----------
    recording : Recording
    population : str
    units : str, int, sequence, slice or mask
        ``"all"`` recorded units; a number of them, evenly spaced (all if there are fewer); or
        which, as for `Recording.raster`. As text: ``"50"``, ``"3,14,15"``, and ``"7,"`` for unit 7
        alone.

    Raises
    ------
    SpikefaError
        If a unit was not recorded, none is given, or the text has another form.
    """
    recorded = recording.units(population)
    if isinstance(units, str) and units == "all":
        return recorded
    wanted: Any = _parse_units(units) if isinstance(units, str) else units
    if is_whole(wanted):
        count = whole_number(wanted, "the number of units", 1)
        return recorded[spread(len(recorded), count)]
    return np.unique(some_units(recording, population, wanted))


def spread(size: int, count: int) -> np.ndarray:
    """Return `count` indices, evenly spaced, of `size` things; all if there are fewer."""
    return np.round(np.linspace(0, size - 1, min(count, size))).astype(np.int64)


def _parse_units(text: str) -> int | list[int]:
    if re.fullmatch(r"\d{1,9}", text):
        return int(text)
    require(
        re.fullmatch(r"(\d{1,9},)*\d{0,9}", text) is not None and text != "",
        f"units: {text!r} given: give a number, such as 50, a list, such as 3,14,15, or all",
    )
    return [int(number) for number in text.split(",") if number]


def select_steps(recording: Recording, steps: str | slice | None = None) -> Window:
    """Return a window whose first and last steps were recorded.

    Parameters
    ----------
    recording : Recording
    steps : str or slice, optional
        The label of a window; absolute steps, half-open, such as ``slice(0, 500)`` or as text
        ``"0:500"``, ``"1000:"``, ``"-500:"`` for the last 500; or ``"all"``. By default at most the
        first 1000 steps of the first window with recorded steps.

    Raises
    ------
    SpikefaError
        If none of these steps was recorded, or the text has another form.
    """
    windows = {window.label: window for window in recording.windows}
    if steps is None:
        held = [w for w in windows.values() if len(_recorded(recording, w.start, w.stop))]
        require(len(held) > 0, f"{recording.path} holds no recorded step yet: let the run go on")
        first = held[0]
        return _bounded(recording, first.label, slice(first.start, min(first.stop, _end(first))))
    if isinstance(steps, str) and steps in windows:
        found = windows[steps]
        return _bounded(recording, steps, slice(found.start, found.stop))
    span = _parse_steps(recording, steps) if isinstance(steps, str) else steps
    return _bounded(recording, "", span)


def _end(window: Window) -> int:
    return window.start + MOST_STEPS


def _recorded(recording: Recording, start: int, stop: int) -> np.ndarray:
    return recording.steps[recording.rows(slice(start, stop))]


def _bounded(recording: Recording, label: str, span: slice) -> Window:
    held = recording.steps[recording.rows(span)]
    require(
        len(held) > 0,
        f"{recording.path} holds no step of {label or _range(span)}: {_windows(recording)}",
    )
    return Window(label, int(held[0]), int(held[-1]) + 1)


def _range(span: slice) -> str:
    return ":".join("" if part is None else str(part) for part in (span.start, span.stop))


def _windows(recording: Recording) -> str:
    """Describe which steps were recorded, window by window."""
    parts = []
    for window in recording.windows[:8]:
        held = _recorded(recording, window.start, window.stop)
        if len(held):
            parts.append(f"{window.label} ({held[0]}:{held[-1] + 1})")
    more = ", ..." if len(recording.windows) > 8 else ""
    return f"it holds {', '.join(parts) or 'no step at all'}{more}"


def _parse_steps(recording: Recording, text: str) -> slice:
    if text == "all":
        return slice(None)
    found = re.fullmatch(r"(-?\d{1,18})?:(-?\d{1,18})?", text)
    if found is None:
        raise SpikefaError(
            f"steps: {text!r} given: give START:STOP, all, or the label of a window; "
            f"{_windows(recording)}"
        )
    start, stop = (int(number) if number else None for number in found.groups())
    return slice(start, stop)
