"""A recording opened for reading."""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from spikefa.recording.plan.probes import Encoding
from spikefa.recording.read.exports import Exports
from spikefa.recording.read.presentations import Presentations
from spikefa.recording.read.recording_contents import RecordingContents
from spikefa.recording.read.row_reader import RowReader
from spikefa.recording.read.selection import Steps, Stream, Units
from spikefa.recording.read.series import Series, Sources
from spikefa.recording.read.spike_reader import SpikeReader
from spikefa.recording.read.stimulus_reader import StimulusReader


class Recording(RecordingContents, Exports):
    """A recording opened for reading; `open_recording` makes it.

    Every array has one row per committed step: `steps` and `stimulus` for each step of the windows
    of the recording, and a variable for the steps of its probe, which may have ``every=`` and
    windows of its own. `series` returns a variable with its steps. These choose what is read:

    - `steps`: the label of any window, ``"early"``; a slice of absolute steps, half-open,
      ``slice(1000, 2000)``, where negative ones count from the end of the recording; or None for
      all.
    - `units`: recorded neurons, in the order wanted, as NumPy would select them from the whole
      population: numbers, a slice or a mask; None for all recorded ones, ascending.
    - `stream`: of a recording of all streams, the number of one, by default the first; a slice of
      them or "all" for several, which gives arrays [T, streams, n_units].

    Parameters
    ----------
    path : Path
    files : h5py.File
        Open for reading: one or, of a network over ranks, that of each.

    Attributes
    ----------
    path : Path
        The file.
    layout : Layout
        Populations, channels, clocks and attributes of the file.

    Examples
    --------
    >>> with open_recording("run.h5") as recording:
    ...     spikes = recording.raster("hidden1", steps="late")
    ...     rates = spikes.mean(axis=0)
    """

    def __init__(self, path: Path, *files: h5py.File) -> None:
        super().__init__(path, *files)
        self._stimulus = StimulusReader(self._file, self._contents)
        self._rows = RowReader(self._file, self._contents)
        self._spikes = SpikeReader(self._file, self._contents)
        self._sources = Sources(self._contents, self._rows, self._spikes, self._stimulus)

    def series(self, population: str, variable: str = "spikes") -> Series:
        """Return one variable together with the steps at which it was read."""
        channel = self._contents.channel(population, variable)
        return Series(channel, self.layout.clocks[channel.clock], self._sources)

    def check_one_stream(self, *variables: tuple[str, str]) -> None:
        """Refuse to pair variables, (population, name) each, that are not of one stream.

        Of a variable of all streams the first is meant; a variable that streams share, such as
        weights, is of each of these.
        """
        self._stimulus.together(*variables)

    def stream_of(self, *variables: tuple[str, str]) -> int:
        """Return the stream that variables, (population, name) each, are of; see above."""
        return self._stimulus.stream_of(*variables)

    @property
    def stimulus(self) -> np.ndarray:
        """What the first recorded stream saw: structured array [T] with step, image and label."""
        return self._stimulus.of_default()

    def stimulus_of(
        self,
        population: str,
        variable: str = "spikes",
        rows: slice | None = None,
        stream: int | None = None,
    ) -> np.ndarray:
        """Return what the stream of a variable saw at its rows: step, image and label, [T]."""
        return self._stimulus.of_variable(population, variable, rows, stream)

    def presentations(
        self,
        population: str | None = None,
        variable: str = "spikes",
        steps: Steps = None,
        stream: int | None = None,
        steps_per_image: int | None = None,
    ) -> Presentations:
        """Return the presentations that the stream of a variable saw, with their true beginnings.

        Their rows are those of the variable; without `population`, of the recording. Give
        `steps_per_image` if the file does not say it and an image may be shown twice in a row.
        """
        length = self.steps_per_image or steps_per_image
        return self._stimulus.presentations(population, variable, steps, stream, length)

    def known_presentations(
        self, steps: Steps = None, stream: int | None = None
    ) -> tuple[np.ndarray, Presentations]:
        """Return the steps at which anything was recorded, and the presentations that they show.

        The rows of the presentations count these steps, int64 [T]; `stream` is by default the first
        one recorded.
        """
        return self._stimulus.known(steps, stream, self.steps_per_image)

    def shown(self, rows: slice, clock: int) -> np.ndarray:
        """Return what all streams saw as a block of the recorder holds it."""
        return self._stimulus.all_streams(rows, clock)

    @property
    def images(self) -> dict[int, np.ndarray]:
        """Thumbnails, uint8 [h, w], of the images shown, by index; empty if none were stored."""
        return self._rows.images()

    def trace(
        self,
        population: str,
        variable: str,
        unit: int | None = None,
        steps: Steps = None,
        stream: Stream = None,
    ) -> np.ndarray:
        """Return a variable, float32 [T] for one `unit`, or [T, n_units] for all recorded ones."""
        return self._rows.trace(population, variable, unit, steps, stream)

    def streams_of(self, replica: int, population: str, variable: str = "spikes") -> slice:
        """Return the streams of one replica, for the argument `stream` of `raster` and `trace`.

        A variable that the streams of a replica share, such as weights, counts as one stream.
        """
        return self._rows.streams_of(population, variable, replica, self.replicas or 0)

    def encoding(self, population: str) -> Encoding:
        """Return how the spikes are stored; "auto" before the first row, which decides."""
        return self._spikes.encoding(population)

    def spike_bytes(self, population: str) -> tuple[int, int]:
        """Return the bytes that the committed spikes take, and that they would take as bits."""
        return self._spikes.spike_bytes(population)

    def raster(
        self, population: str, units: Units = None, steps: Steps = None, stream: Stream = None
    ) -> np.ndarray:
        """Return the spikes, bool [T, n_units]."""
        return self._spikes.raster(population, units, steps, stream)

    def blocks(
        self, population: str, units: Units = None, steps: Steps = None, rows: int | None = None
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield rows and raster piece by piece, for recordings larger than memory.

        A block has `rows` rows, the last one perhaps fewer; by default 4000, or fewer for a very
        large population. It may span a gap between windows. The yielded slice of rows fits the
        `series` of the spikes; the spikes are bool [rows, n_units].
        """
        return self._spikes.blocks(population, units, steps, rows)

    def events(
        self, population: str, units: Units = None, steps: Steps = None, stream: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the spikes of one stream as absolute steps and neuron numbers, int64 [spikes].

        They are ordered by step and, within a step, by neuron. They take the memory of the spikes
        alone; use `event_blocks` if that is too much.
        """
        return self._spikes.events(population, units, steps, stream)

    def event_blocks(
        self,
        population: str,
        units: Units = None,
        steps: Steps = None,
        stream: int | None = None,
        rows: int | None = None,
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield what `events` returns, `rows` rows at a time."""
        return self._spikes.event_blocks(population, units, steps, stream, rows)

    def stored(self, population: str, variable: str, rows: slice) -> np.ndarray:
        """Return rows of a variable as a block of the recorder holds them: spikes are bits."""
        if variable == "spikes":
            return self._spikes.stored(population, rows)
        return self._rows.stored(population, variable, rows)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> "Recording":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
