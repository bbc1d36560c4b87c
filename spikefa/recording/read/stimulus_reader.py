"""Read what was shown: to which stream, in which steps, and since when."""

import numpy as np

from spikefa.errors import require
from spikefa.recording.format.schema import seen_by
from spikefa.recording.read.contents import Contents
from spikefa.recording.read.presentations import (
    Presentations,
    read_known,
    read_presentations,
    read_shown,
)
from spikefa.recording.read.recording_file import RecordingFile
from spikefa.recording.read.selection import Steps


class StimulusReader:
    """Reads what the streams saw; see `Recording` for the arguments.

    Parameters
    ----------
    file : RecordingFile
    contents : Contents
    """

    def __init__(self, file: RecordingFile, contents: Contents) -> None:
        self._file = file
        self._contents = contents
        self._streams = file.layout.streams

    def together(self, *variables: tuple[str, str]) -> range:
        """Return the streams that all of these variables are of, at least one."""
        return self._streams.together([self._contents.channel(*each) for each in variables])

    def stream_of(self, *variables: tuple[str, str]) -> int:
        """Return the one stream that all of these variables are of, and whose stimulus is known."""
        names = (f"{variable!r} of {population!r}" for population, variable in variables)
        return self._streams.first_of(self.together(*variables), " and ".join(names))

    def all_streams(self, rows: slice, clock: int) -> np.ndarray:
        """Return what all recorded streams saw in some rows of a clock, `shown_type` [T]."""
        with self._file.readable():
            return read_shown(self._file, rows, clock)

    def of_default(self) -> np.ndarray:
        """Return what the default stream saw in all rows of clock 0, `stimulus_type` [T]."""
        rows = slice(0, len(self._file.clock_steps[0]))
        return self._seen(rows, 0, self._streams.default)

    def of_variable(
        self, population: str, variable: str, rows: slice | None, stream: int | None
    ) -> np.ndarray:
        """Return what the stream of a variable saw at some of its rows, `stimulus_type` [T]."""
        channel = self._contents.channel(population, variable)
        held = len(self._file.clock_steps[channel.clock])
        start, stop, step = (slice(None) if rows is None else rows).indices(held)
        require(step == 1, f"rows are {rows}: give a slice of every row")
        seeing = self._streams.of(channel, stream)
        return self._seen(slice(start, max(start, stop)), channel.clock, seeing)

    def presentations(
        self,
        population: str | None,
        variable: str,
        steps: Steps,
        stream: int | None,
        steps_per_image: int | None,
    ) -> Presentations:
        """Return the presentations in some steps of a variable, or of the first clock."""
        if population is None:
            clock, seeing = 0, self._default_or(stream)
        else:
            channel = self._contents.channel(population, variable)
            clock, seeing = channel.clock, self._streams.of(channel, stream)
        rows = self._contents.rows(steps, clock)
        return read_presentations(self._file, rows, clock, seeing, steps_per_image or 0)

    def known(
        self, steps: Steps, stream: int | None, steps_per_image: int | None
    ) -> tuple[np.ndarray, Presentations]:
        """Return the steps at which any clock has a row, and the presentations in them."""
        seeing = self._default_or(stream)
        return read_known(self._file, self._contents.span(steps), seeing, steps_per_image or 0)

    def _default_or(self, stream: int | None) -> int:
        """Return `stream`, whose stimulus must have been recorded; by default the first one."""
        known = ", ".join(map(str, self._streams.numbers[:9]))
        require(
            stream is None or stream in self._streams.numbers,
            f"{self._file.path} holds what stream {known} saw, not stream {stream!r}",
        )
        return self._streams.default if stream is None else stream

    def _seen(self, rows: slice, clock: int, stream: int) -> np.ndarray:
        return seen_by(self.all_streams(rows, clock), self._streams.numbers.index(stream))
