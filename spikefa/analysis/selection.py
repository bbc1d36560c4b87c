"""Selecting populations, units and steps of a recording, given as text or as objects."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from spikefa.analysis.read_steps import ReadSteps
from spikefa.errors import SpikefaError, require
from spikefa.recording import Recording, Window
from spikefa.utils.indices import Selection
from spikefa.utils.numbers import is_whole, whole_number
from spikefa.utils.suggesting import did_you_mean

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
            f"{recording.path} holds no spikes of {name!r}{did_you_mean(name, held)}: it holds "
            f"those of {', '.join(held)}",
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
    return np.unique(recording.series(population).some_units(wanted))


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


def select_steps(
    recording: Recording,
    steps: str | slice | None = None,
    populations: Sequence[str] | None = None,
) -> Window:
    """Return a window whose first and last steps were recorded.

    Parameters
    ----------
    recording : Recording
    steps : str or slice, optional
        The label of a window; absolute steps, half-open, such as ``slice(0, 500)`` or as text
        ``"0:500"``, ``"1000:"``, ``"-500:"`` for the last 500; or ``"all"``. By default at most the
        first 1000 steps of the first window with recorded steps.
    populations : sequence of str, optional
        Those whose spikes must have been recorded in these steps; by default all.

    Raises
    ------
    SpikefaError
        If none of these steps was recorded, or the text has another form.
    """
    names = select_populations(recording, populations)
    read = ReadSteps(recording.path, [recording.series(name) for name in names])
    if steps is None:
        held = read.held
        require(len(held) > 0, f"{recording.path} holds no recorded step yet: let the run go on")
        stop = min(held[0].stop, held[0].start + MOST_STEPS)
        return read.bounded(held[0].label, held[0].start, stop)
    windows = {window.label: window for window in (*recording.windows, *read.windows)}
    if isinstance(steps, str) and steps in windows:
        return read.bounded(steps, windows[steps].start, windows[steps].stop)
    wanted = _parse_steps(steps, read, windows) if isinstance(steps, str) else steps
    span = recording.span(wanted)
    assert span is not None
    return read.bounded("", span.start, span.stop, _range(wanted))


def _range(span: slice) -> str:
    return ":".join("" if part is None else str(part) for part in (span.start, span.stop))


def _parse_steps(text: str, read: ReadSteps, labels: Iterable[str]) -> slice:
    if text == "all":
        return slice(None)
    found = re.fullmatch(r"(-?\d{1,18})?:(-?\d{1,18})?", text)
    if found is None:
        raise SpikefaError(
            f"steps: {text!r} given{did_you_mean(text, ['all', *labels])}: give START:STOP, all, "
            f"or the label of a window; {read.words}"
        )
    start, stop = (int(number) if number else None for number in found.groups())
    return slice(start, stop)
