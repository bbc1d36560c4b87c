"""A recording in a line, and as a notebook shows it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from spikefa.recording.format.schema import Layout
from spikefa.utils.html_tables import html_table

COLUMNS = ("population", "neurons", "variable", "units", "every", "rows")


class Parts(Protocol):
    """What a recording says of itself, also when it has been closed."""

    path: Path
    layout: Layout

    @property
    def status(self) -> str:
        """How it ended."""
        ...

    @property
    def clock_steps(self) -> list[np.ndarray]:
        """The steps of each clock."""
        ...


class Shown:
    """The representations of a recording."""

    def __repr__(self: Parts) -> str:
        variables = (f"{each.population}.{each.variable}" for each in self.layout.channels)
        steps = f"{len(self.clock_steps[0]):,} steps"
        return f"Recording({self.path.name!r}, {self.status}, {steps}: {', '.join(variables)})"

    def _repr_html_(self: Parts) -> str:
        steps = len(self.clock_steps[0])
        heading = f"Recording {self.path.name}, {self.status}, {steps:,} steps"
        return html_table(heading, _rows(self), COLUMNS)


def _rows(recording: Parts) -> Iterator[tuple[object, ...]]:
    sizes = {each.name: each.size for each in recording.layout.populations}
    for channel in recording.layout.channels:
        clock = recording.layout.clocks[channel.clock]
        rows = len(recording.clock_steps[channel.clock])
        place = channel.population, sizes[channel.population], channel.variable
        yield *place, len(channel.units), clock.every, f"{rows:,}"
