"""A recording as tables of pandas: spikes, other variables, presentations, firings of triggers.

The tables are long: a row for each spike, and for each value of a variable. Their sizes are known
before they are made, so tables that do not fit into memory are refused.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

import numpy as np

from spikefa.errors import require
from spikefa.recording.export.common import chosen, needed, recorded, traced
from spikefa.recording.read.recording import Recording
from spikefa.recording.read.selection import Steps
from spikefa.recording.read.series import Series
from spikefa.recording.read.spike_reader import BLOCK_CELLS, BLOCK_ROWS
from spikefa.utils.memory import require_room
from spikefa.utils.numbers import shown

Table = Literal["spikes", "series", "presentations", "triggers"]

COLUMNS = {"step": np.int64, "stream": np.int32, "population": np.int16, "unit": np.int64}
"""Types of the columns of spikes; populations are codes of a category."""

VALUES = {**COLUMNS, "variable": np.int16, "value": np.float32}
"""Types of the columns of other variables."""


def to_dataframe(
    recording: Recording,
    table: Table = "spikes",
    populations: Sequence[str] | None = None,
    steps: Steps = None,
) -> Any:
    """Return one table of a recording as a `pandas.DataFrame`.

    - ``"spikes"``: step, stream, population, unit; a row for each spike.
    - ``"series"``: step, stream, population, unit, variable, value; a row for each value of every
      other variable, such as potentials and modulators.
    - ``"presentations"``: stream, start, image, label, first, last; a row for each image shown to a
      stream. Its first step is start; first and last are the steps of it that were recorded.
    - ``"triggers"``: trigger, firing, step, start, stop; a row for each firing, counted from 1,
      after a step. Its window has the steps from start to before stop.

    Rows are ordered by population (and variable) as in the recording, then by step, stream and
    unit. If streams share a variable, such as weights, the stream is the first of these. To say
    what was shown, join the presentations: ``pandas.merge_asof(spikes.sort_values("step"),
    shown.sort_values("start"), left_on="step", right_on="start", by="stream")``.

    Parameters
    ----------
    recording : Recording
    table : {"spikes", "series", "presentations", "triggers"}, default "spikes"
    populations : sequence of str, optional
        Of spikes and series; by default all that were recorded.
    steps : str or slice, optional
        The label of a window or a slice of absolute steps; by default all.

    Raises
    ------
    SpikefaError
        If pandas is not installed (``pip install 'spikefa[export]'``), there is no such table,
        nothing was recorded there, or the table would not fit into memory.
    """
    makers: dict[str, Callable[..., dict[str, Any]]] = {"spikes": _spikes, "series": _values}
    others: dict[str, Callable[..., dict[str, Any]]] = {
        "presentations": _presentations,
        "triggers": _triggers,
    }
    require(
        table in (*makers, *others),
        f"the table is {shown(table)}: give 'spikes', 'series', 'presentations' or 'triggers'",
    )
    require(
        populations is None or table in makers,
        f"populations choose spikes or series, and {table!r} are of all of them",
    )
    pandas = needed("pandas")
    between = chosen(recording, steps)
    if table in makers:
        columns = makers[table](recording, populations, between)
    else:
        columns = others[table](recording, between)
    for name, names in columns.pop("categories", {}).items():
        columns[name] = pandas.Categorical.from_codes(columns[name], categories=names)
    return pandas.DataFrame(columns, copy=False)


def _spikes(
    recording: Recording, populations: Sequence[str] | None, between: slice | None
) -> dict[str, Any]:
    found = _of(recorded(recording, between), populations, recording)
    count = sum(int(cells.sum()) for each in found for _, cells in _pieces(each, between))
    columns = _empty(COLUMNS, count, "spikes")
    names = list(dict.fromkeys(each.channel.population for each in found))
    at = 0
    for each in found:
        streams = _streams(recording, each)
        for steps, spikes in _pieces(each, between):
            row, state, column = np.nonzero(spikes)
            part = slice(at, at + len(row))
            columns["step"][part] = steps[row]
            columns["stream"][part] = streams[state]
            columns["population"][part] = names.index(each.channel.population)
            columns["unit"][part] = each.units[column]
            at += len(row)
    return {**columns, "categories": {"population": names}}


def _values(
    recording: Recording, populations: Sequence[str] | None, between: slice | None
) -> dict[str, Any]:
    found = _of(traced(recording, between), populations, recording)
    sizes = [_length(each, between) * _states(each) * len(each.units) for each in found]
    columns = _empty(VALUES, sum(sizes), "values")
    names = list(dict.fromkeys(each.channel.population for each in found))
    variables = list(dict.fromkeys(each.channel.variable for each in found))
    at = 0
    for each in found:
        streams = _streams(recording, each)
        for steps, values in _pieces(each, between):
            part = slice(at, at + values.size)
            columns["step"][part] = steps.repeat(values[0].size)
            columns["stream"][part] = np.tile(streams.repeat(len(each.units)), len(values))
            columns["population"][part] = names.index(each.channel.population)
            columns["unit"][part] = np.tile(each.units, len(values) * len(streams))
            columns["variable"][part] = variables.index(each.channel.variable)
            columns["value"][part] = values.ravel()
            at += values.size
    return {**columns, "categories": {"population": names, "variable": variables}}


def _presentations(recording: Recording, between: slice | None) -> dict[str, Any]:
    """Return the presentations that each recorded stream saw."""
    parts: dict[str, list[np.ndarray]] = {}
    for stream in recording.streams:
        steps, seen = recording.known_presentations(between, stream)
        columns = {
            "stream": np.full(len(seen), stream, np.int32),
            "start": seen.start,
            "image": seen.image,
            "label": seen.label,
            "first": steps[seen.edges[:-1]],
            "last": steps[seen.edges[1:] - 1],
        }
        for name, values in columns.items():
            parts.setdefault(name, []).append(values)
    return {name: np.concatenate(values) for name, values in parts.items()}


def _triggers(recording: Recording, between: slice | None) -> dict[str, Any]:
    """Return the firings of all triggers, those of each in the order of its steps."""
    labels = [trigger.label for trigger in recording.triggers]
    parts = [np.zeros((5, 0), np.int64)]
    for number, trigger in enumerate(recording.triggers):
        fired = recording.firings(trigger.label)
        held = np.ones(len(fired), bool)
        if between is not None:
            held = (fired >= between.start) & (fired < between.stop)
        step, firing = fired[held], np.flatnonzero(held) + 1
        start, stop = np.maximum(0, step - trigger.before), step + trigger.after + 1
        parts.append(np.stack([np.full(len(step), number), firing, step, start, stop]))
    code, firing, step, start, stop = np.concatenate(parts, axis=1)
    columns = {"trigger": code, "firing": firing, "step": step, "start": start, "stop": stop}
    return {**columns, "categories": {"trigger": labels}}


def _of(
    found: list[Series], populations: Sequence[str] | None, recording: Recording
) -> list[Series]:
    """Return the variables of some populations, at least one; each population must have one."""
    held = {each.channel.population for each in found}
    for name in populations or ():
        recording.variables(name)  # says which populations there are
        require(
            name in held,
            f"{recording.path} holds nothing of {name!r} there for this table: it holds "
            f"{', '.join(sorted(held)) or 'nothing'}",
        )
    kept = [each for each in found if populations is None or each.channel.population in populations]
    require(len(kept) > 0, f"{recording.path} holds nothing for this table there")
    return kept


def _empty(types: dict[str, Any], count: int, what: str) -> dict[str, Any]:
    """Return columns of this length, or refuse a table that does not fit."""
    size = sum(np.dtype(each).itemsize for each in types.values())
    require_room(
        {f"the table of {count:,} {what}": count * size}, mend="give fewer populations or steps"
    )
    return {name: np.empty(count, each) for name, each in types.items()}


def _states(series: Series) -> int:
    return max(1, series.channel.batch)


def _length(series: Series, between: slice | None) -> int:
    rows = series.rows(between)
    return rows.stop - rows.start


def _streams(recording: Recording, series: Series) -> np.ndarray:
    """Return the stream of each state in a row, or the first of those that share it."""
    channel, streams = series.channel, recording.layout.streams
    states = range(channel.batch) if channel.batch else [channel.stream]
    return np.array([streams.behind(channel, state).start for state in states], np.int32)


def _pieces(series: Series, between: slice | None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield steps [rows] and values [rows, states, n_units], piece by piece."""
    rows, cells = series.rows(between), _states(series) * len(series.units)
    size = max(1, min(BLOCK_ROWS, BLOCK_CELLS // (8 * cells)))
    for first in range(rows.start, rows.stop, size):
        steps = series.steps[first : min(first + size, rows.stop)]
        read = slice(int(steps[0]), int(steps[-1]) + 1)
        values = series.values(None, read, "all" if series.channel.batch else None)
        yield steps, values.reshape(len(steps), -1, len(series.units))
