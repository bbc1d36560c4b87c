"""A recording opened for reading."""

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from spikefa.recording.format.schema import Backpressure, RecordedPopulation
from spikefa.recording.format.trigger_memory import TriggerMemory
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.probes import Encoding
from spikefa.recording.plan.triggers import Trigger
from spikefa.recording.plan.windows import Window
from spikefa.recording.read.contents import Contents
from spikefa.recording.read.origin import Origin
from spikefa.recording.read.recording_file import RecordingFile
from spikefa.recording.read.row_reader import RowReader
from spikefa.recording.read.selection import Steps, Stream, Units
from spikefa.recording.read.spike_reader import SpikeReader


class Recording:
    """A recording opened for reading; `open_recording` makes it.

    Every array has one row per committed step, and all arrays have the same rows, except those of
    variables that were read at other steps: see `steps_of`. These arguments choose what is read:

    - `steps`: the label of a window, ``"early"``; a slice of absolute steps, half-open,
      ``slice(1000, 2000)``, where negative ones count from the end of the recording; or None for
      all.
    - `units`: recorded neurons, in the order wanted, as NumPy would select them from the whole
      population: numbers, a slice or a mask; None for all recorded ones, ascending.
    - `stream`: of a recording of all streams, the number of one, by default the first; a slice of
      them or "all" for several, which gives arrays [T, streams, n_units].

    Parameters
    ----------
    path : Path
    file : h5py.File
        Open for reading.

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

    def __init__(self, path: Path, file: h5py.File) -> None:
        self._file = RecordingFile(path, file)
        self._origin = Origin(self._file)
        self._contents = Contents(self._file)
        self._rows = RowReader(self._file, self._contents)
        self._spikes = SpikeReader(self._file, self._contents)
        self.path = path
        self.layout = self._file.layout

    @property
    def status(self) -> str:
        """How it ended: closed, failed (early), repaired, or open (being written, or killed)."""
        return self._file.status

    @property
    def steps(self) -> np.ndarray:
        """The absolute step of each row, int64 [T], ascending."""
        return self._file.clock_steps[0]

    @property
    def clock_steps(self) -> list[np.ndarray]:
        """The absolute step of each row, int64 [T], for each clock of the layout."""
        return self._file.clock_steps

    @property
    def clock_firings(self) -> list[np.ndarray]:
        """The firings of the triggers of each clock as the file stores them; see `firings`."""
        return self._file.clock_firings

    def refresh(self) -> int:
        """Look again at a file that is being written; return the present number of rows."""
        self._file.refresh()
        return len(self.steps)

    @property
    def provenance(self) -> dict[str, Any]:
        """The attributes of the file: seed, versions, command and whatever else was given."""
        return self._origin.provenance

    @property
    def seed(self) -> int:
        """The seed of the experiment."""
        return self._origin.seed

    @property
    def replicas(self) -> int | None:
        """The number of replicas of the network; None for a single network."""
        return self._origin.replicas

    @property
    def seeds(self) -> list[int]:
        """The seed of each replica, or of the single network."""
        return self._origin.seeds

    @property
    def config(self) -> dict[str, Any]:
        """The configuration of the experiment; empty if none was given."""
        return self._origin.config

    @property
    def populations(self) -> dict[str, RecordedPopulation]:
        """The populations by name, input first."""
        return self._contents.populations

    def variables(self, population: str) -> tuple[str, ...]:
        """Return the names of the recorded variables of `population`."""
        return self._contents.variables(population)

    def channel(self, population: str, variable: str) -> Channel:
        """Return what was recorded of one variable: units, stream, clock, encoding."""
        return self._contents.channel(population, variable)

    def units(self, population: str, variable: str = "spikes", chosen: Units = None) -> np.ndarray:
        """Return the neurons, int64, in the columns of the arrays: all recorded, or `chosen`."""
        return self._contents.units(self._contents.channel(population, variable), chosen)

    def steps_of(self, population: str, variable: str = "spikes") -> np.ndarray:
        """Return the absolute steps, int64 [T], at which a variable was read."""
        return self._contents.steps_of(self._contents.channel(population, variable))

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows of the recording, the last of which may be incomplete.

        `EveryImage` gives those that have begun, ``"image #20"``; a trigger gives one for each
        firing, ``"<label> #1"``, and these may overlap.
        """
        return self._contents.windows

    def window(self, label: str, clock: int = 0) -> Window:
        """Return the window called `label`."""
        return self._contents.window(label, clock)

    def rows(self, steps: Steps = None, clock: int = 0) -> slice:
        """Return the rows, as a slice, that hold `steps`."""
        return self._contents.rows(steps, clock)

    @property
    def triggers(self) -> tuple[Trigger, ...]:
        """The triggers of the recording and of its probes; their predicates are text."""
        return self._contents.triggers

    def firings(self, label: str) -> np.ndarray:
        """Return the steps after which a trigger fired, int64, ascending."""
        return self._contents.firings(label)

    def memories(self, clock: int) -> list[TriggerMemory]:
        """Return what the file remembers of undecided rows for the triggers of a clock."""
        return self._contents.memories(clock)

    @property
    def backpressure(self) -> Backpressure:
        """How often and how long the simulation had to wait for the disk, as last committed."""
        return self._contents.backpressure

    @property
    def writer(self) -> tuple[int, str]:
        """The process that wrote the file last, 0 if unknown, and its machine."""
        return self._contents.writer

    @property
    def stimulus(self) -> np.ndarray:
        """The stimulus: structured array [T] with fields step, image and label."""
        return self._rows.stimulus(slice(0, len(self.steps)))

    def stimulus_of(self, rows: slice, clock: int = 0) -> np.ndarray:
        """Return the stimulus at some rows of a clock."""
        return self._rows.stimulus(rows, clock)

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
        large population. It may span a gap between windows. The yielded slice of rows fits `steps`,
        `stimulus` and every other array; the spikes are bool [rows, n_units].
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

    def to_sonata(
        self, path: str | Path, populations: Sequence[str] | None = None, steps: Steps = None
    ) -> None:
        """Write the spikes as a SONATA file; see `spikefa.recording.export.to_sonata`."""
        _export("to_sonata")(self, path, populations, steps)

    def to_neo(self, steps: Steps = None) -> Any:
        """Return a `neo.Block`; see `spikefa.recording.export.to_neo`."""
        return _export("to_neo")(self, steps)

    def to_pynapple(self, steps: Steps = None) -> dict[str, Any]:
        """Return objects of pynapple by name; see `spikefa.recording.export.to_pynapple`."""
        return _export("to_pynapple")(self, steps)

    def to_nwb(self, path: str | Path, steps: Steps = None) -> None:
        """Write a file of Neurodata Without Borders; see `spikefa.recording.export.to_nwb`."""
        _export("to_nwb")(self, path, steps)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> "Recording":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _export(name: str) -> Callable[..., Any]:
    """Return an export function. They are on top of this room, and loaded when first needed."""
    return getattr(import_module("spikefa.recording.export"), name)
