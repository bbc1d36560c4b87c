"""One recorded variable, with the steps at which it was read."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from spikefa.errors import require
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.windows import OPEN_END, Window
from spikefa.recording.read.contents import Contents
from spikefa.recording.read.row_reader import RowReader
from spikefa.recording.read.selection import Steps, Stream, Units
from spikefa.recording.read.spike_reader import SpikeReader
from spikefa.recording.read.stimulus_reader import StimulusReader
from spikefa.utils.numbers import shown

MOST_WORDS = 3
"""Windows that a message names."""


class Sources(NamedTuple):
    """The parts of a recording that read it."""

    contents: Contents
    rows: RowReader
    spikes: SpikeReader
    stimulus: StimulusReader


class Series:
    """One recorded variable, with the steps at which it was read; `Recording.series` makes it.

    A probe may have ``every=`` or windows of its own, so each variable has its own rows. Whatever
    takes values and steps from one series cannot mix the rows of two variables.

    Parameters
    ----------
    channel : Channel
    clock : Clock
        Of the channel.
    sources : Sources

    Attributes
    ----------
    path : Path
        The file of the recording.
    channel : Channel
        Population, variable, recorded units and streams.
    """

    def __init__(self, channel: Channel, clock: Clock, sources: Sources) -> None:
        self.path = sources.contents.path
        self.channel = channel
        self._clock = clock
        self._from = sources

    @property
    def units(self) -> np.ndarray:
        """The recorded neurons, int64 [n_units], ascending."""
        return self.channel.units

    @property
    def steps(self) -> np.ndarray:
        """The absolute step of each row, int64 [T], ascending."""
        return self._from.contents.steps_of(self.channel)

    @property
    def every(self) -> int:
        """Steps between two readings within a window."""
        return self._clock.every

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows in which the variable was read, in the order of their steps."""
        return self._from.contents.windows_of(self.channel.clock)

    def rows(self, steps: Steps = None) -> slice:
        """Return the rows, as a slice, that hold `steps`; see `Recording` for `steps`."""
        return self._from.contents.rows(steps, self.channel.clock)

    def span(self, steps: Steps) -> slice | None:
        """Return `steps` as absolute steps; None for all."""
        return self._from.contents.span(steps, self.channel.clock)

    def some_rows(self, steps: Steps = None) -> slice:
        """Return the rows that hold `steps`, at least one.

        Raises
        ------
        SpikefaError
            If there are none.
        """
        rows = self.rows(steps)
        wanted = "steps" if steps is None else f"steps of {shown(steps)}"
        require(
            rows.stop > rows.start,
            f"{self.path} holds no {wanted} with {self.name}: it was read {self.when}",
        )
        return rows

    def some_units(self, units: Units = None) -> np.ndarray:
        """Return the numbers of the selected units, int64, in their order, at least one.

        Raises
        ------
        SpikefaError
            If one was not recorded, or there are none.
        """
        chosen = self._from.contents.units(self.channel, units)
        require(
            len(chosen) > 0,
            f"the units of {self.channel.population!r} are {shown(units)}, which is none: give one "
            "or more",
        )
        return chosen

    def stimulus(self, rows: slice) -> np.ndarray:
        """Return what its stream saw at some rows: step, image and label, [rows]."""
        return self._from.stimulus.of_variable(*self.key, rows, None)

    def values(self, units: Units = None, steps: Steps = None, stream: Stream = None) -> np.ndarray:
        """Return spikes, bool [T, n_units], or another variable, float32 [T, n_units]."""
        population, variable = self.channel.population, self.channel.variable
        if variable == "spikes":
            return self._from.spikes.raster(population, units, steps, stream)
        values = self._from.rows.trace(population, variable, None, steps, stream)
        return (
            values
            if units is None
            else values[..., self._from.contents.columns(self.channel, units)]
        )

    def blocks(
        self, units: Units = None, steps: Steps = None
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield rows and spikes piece by piece, as `Recording.blocks` does."""
        return self._from.spikes.blocks(self.channel.population, units, steps, None)

    def runs(self, steps: Steps = None, apart: int | None = None) -> list[slice]:
        """Return the rows of `steps` as slices of rows that lie `apart` steps from each other.

        By default these are the rows of one window: `every` steps apart.
        """
        return cut(self.rows(steps), np.diff(self.steps[self.rows(steps)]) != (apart or self.every))

    @property
    def key(self) -> tuple[str, str]:
        """Population and variable."""
        return self.channel.population, self.channel.variable

    @property
    def name(self) -> str:
        """Population and variable, for messages."""
        return f"{self.channel.variable!r} of {self.channel.population!r}"

    @property
    def when(self) -> str:
        """The steps at which it was read, in words, for messages."""
        pace = "at every step" if self.every == 1 else f"every {self.every} steps"
        found = [_span(window) for window in self.windows[: MOST_WORDS + 1]]
        if len(found) > MOST_WORDS:
            found[MOST_WORDS] = "..."
        return f"{pace} of {', '.join(found) or 'windows that have not begun'}"


def _span(window: Window) -> str:
    stop = "" if window.stop >= OPEN_END else window.stop
    return f"{window.label} ({window.start}:{stop})"


def cut(rows: slice, after: np.ndarray) -> list[slice]:
    """Cut `rows` after each row for which `after`, bool [rows - 1], is true."""
    edges = [rows.start, *(rows.start + 1 + np.flatnonzero(after)).tolist(), rows.stop]
    return [slice(a, b) for a, b in itertools.pairwise(edges) if b > a]
