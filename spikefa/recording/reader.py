"""Read a recording, trusting nothing in it but what was committed."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import h5py
import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.examine import committed_rows, read_layout
from spikefa.recording.export.methods import Exports
from spikefa.recording.probes import Channel
from spikefa.recording.schema import (
    BACKPRESSURE_PATH,
    CHUNK_ROWS,
    IMAGES,
    STATUS,
    STATUS_PATH,
    WRITER_PATH,
    Backpressure,
    Layout,
    Population,
    clock_path,
    data_of,
)
from spikefa.recording.swmr import open_for_reading
from spikefa.recording.windows import Window

Steps = slice | str | None
"""Steps to read: the label of a window, a slice of absolute steps, or None for all."""

BLOCK_ROWS = 4 * CHUNK_ROWS
"""Rows of one block of `Recording.blocks`: of 1000 units, 4 MB unpacked."""


Stream = int | Literal["all"] | None
"""Which stream of the batch to read, if all were recorded."""


def open_recording(path: str | Path) -> "Recording":
    """Open a recording for reading.

    It may be finished, be written at this moment, or have been left by a process that was
    killed. The file is not changed.

    Raises
    ------
    SpikefaError
        If it is no recording, a damaged one, or one of a newer major version.
    """
    path = Path(path)
    require(path.is_file(), f"there is no recording {path}")
    with _readable(path):
        if not h5py.is_hdf5(path):
            with open(path, "rb") as raw:
                start = raw.read(16)
            raise SpikefaError(f"it is not an HDF5 file: it begins with {start!r}")
        file = open_for_reading(path)
        try:
            return Recording(path, file)
        except BaseException:
            file.close()
            raise


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file makes h5py and NumPy raise into one clear line."""
    try:
        yield
    except SpikefaError as error:
        raise SpikefaError(f"cannot read {path} as a recording: {error}") from error
    except (OSError, RuntimeError, LookupError, ValueError, TypeError, ArithmeticError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise SpikefaError(f"cannot read {path}: it is damaged ({reason})") from error
    except MemoryError as error:
        raise SpikefaError(f"cannot read {path}: what it claims to hold is too large") from error


class Recording(Exports):
    """A recording opened for reading; `open_recording` makes it.

    Every array has one row per committed step, and all share the same rows, but for variables that
    were read at steps of their own: `steps_of` says at which. Arguments named `steps` choose among
    them: ``"early"`` (the label of a window), ``slice(1000, 2000)`` (absolute steps, half-open) or
    None for all.

    Attributes
    ----------
    path : Path
    layout : Layout
        What the file was made to hold.
    clock_steps : list of ndarray
        The absolute step of each row, int64 [T], of each clock of the layout; `steps` is the first.
    status : str
        ``"open"`` (being written, or its writer was killed), ``"closed"``, ``"failed"`` or
        ``"repaired"``.

    Examples
    --------
    >>> with open_recording("run.h5") as recording:
    ...     spikes = recording.raster("hidden1", steps="late")
    ...     rates = spikes.mean(axis=0)
    """

    def __init__(self, path: Path, file: h5py.File) -> None:
        self.path = path
        self._file = file
        self.layout: Layout = read_layout(file)
        self.clock_steps: list[np.ndarray] = []
        self.status = STATUS[0]
        self._look()

    def refresh(self) -> int:
        """Look again at a file that is being written; return the number of rows there are now.

        Raises
        ------
        SpikefaError
            If the file is damaged.
        """
        with _readable(self.path):
            self._look()
        return len(self.steps)

    def _look(self) -> None:
        found = []
        for clock in range(len(self.layout.clocks)):
            rows = committed_rows(self._file, self.layout, clock)
            steps = self._file[clock_path(clock, "step")][:rows].astype(np.int64)
            require(bool((np.diff(steps) > 0).all()), "its steps are not in ascending order")
            found.append(steps)
        status = int(self._file[STATUS_PATH][0])
        require(status < len(STATUS), f"it has the unknown status {status}")
        self.clock_steps, self.status = found, STATUS[status]

    @property
    def steps(self) -> np.ndarray:
        """The absolute step of each row, int64 [T], ascending."""
        return self.clock_steps[0]

    def steps_of(self, population: str, variable: str = "spikes") -> np.ndarray:
        """Return the absolute steps, int64 [T], at which a variable was read."""
        return self.clock_steps[self.channel(population, variable).clock]

    @property
    def provenance(self) -> dict[str, Any]:
        """The attributes of the file: seed, versions, command and whatever else was given."""
        return dict(self.layout.attributes)

    @property
    def seed(self) -> int:
        """The seed of the experiment."""
        return int(self._attribute("seed"))

    @property
    def config(self) -> dict[str, Any]:
        """The configuration of the experiment; empty if none was given."""
        try:
            config = json.loads(self.layout.attributes.get("config_json", "{}"))
        except (TypeError, ValueError) as error:
            raise SpikefaError(f"{self.path} holds a configuration that is no JSON") from error
        return config if isinstance(config, dict) else {"config": config}

    def _attribute(self, name: str) -> Any:
        if name not in self.layout.attributes:
            raise SpikefaError(
                f"{self.path} has no {name!r}: it has {', '.join(self.layout.attributes)}"
            )
        return self.layout.attributes[name]

    @property
    def populations(self) -> dict[str, Population]:
        """The populations by name, input first."""
        return {population.name: population for population in self.layout.populations}

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows that were to be recorded; the last may not be complete."""
        return self.layout.windows

    def window(self, label: str, clock: int = 0) -> Window:
        """Return the window called `label`."""
        windows = self.layout.clocks[clock].windows
        for window in windows:
            if window.label == label:
                return window
        raise SpikefaError(
            f"{self.path} has no window {label!r}: it has "
            f"{', '.join(window.label for window in windows)}"
        )

    def variables(self, population: str) -> tuple[str, ...]:
        """Return the names of what was recorded of `population`."""
        if population not in self.populations:
            raise SpikefaError(
                f"{self.path} has no population {population!r}: it has "
                f"{', '.join(self.populations)}"
            )
        return tuple(c.variable for c in self.layout.channels if c.population == population)

    def channel(self, population: str, variable: str) -> Channel:
        """Return the channel of one variable of one population."""
        names = self.variables(population)
        for channel in self.layout.channels:
            if (channel.population, channel.variable) == (population, variable):
                return channel
        raise SpikefaError(
            f"{self.path} holds no {variable!r} of {population!r}: it holds "
            f"{', '.join(names) or 'nothing of it'}"
        )

    def units(self, population: str, variable: str = "spikes") -> np.ndarray:
        """Return the recorded neurons, int64 [n_units], ascending: the columns of the arrays."""
        return self.channel(population, variable).units

    def rows(self, steps: Steps = None, clock: int = 0) -> slice:
        """Return the rows, as a slice, that hold `steps`."""
        held = self.clock_steps[clock]
        if steps is None:
            return slice(0, len(held))
        if isinstance(steps, str):
            window = self.window(steps, clock)
            steps = slice(window.start, window.stop)
        require(steps.step in (None, 1), f"steps are {steps}: a slice of every step is wanted")
        start = 0 if steps.start is None else int(np.searchsorted(held, steps.start))
        stop = len(held) if steps.stop is None else int(np.searchsorted(held, steps.stop))
        return slice(start, max(start, stop))

    @property
    def stimulus(self) -> np.ndarray:
        """What was shown: structured array [T] with fields step, image and label."""
        with _readable(self.path):
            return np.asarray(self._file[clock_path(0, "stimulus")][: len(self.steps)])

    def stimulus_of(self, rows: slice, clock: int = 0) -> np.ndarray:
        """Return what was shown at some rows alone, of a clock, as `stimulus` does for all."""
        with _readable(self.path):
            return np.asarray(self._file[clock_path(clock, "stimulus")][rows])

    @property
    def backpressure(self) -> Backpressure:
        """How often and how long the simulation had to wait for the disk, as last committed."""
        with _readable(self.path):
            found = self._file.get(BACKPRESSURE_PATH)
            if found is None:
                return Backpressure()
            found.refresh()
            blocks, seconds = found[0].item()
            return Backpressure(int(blocks), float(seconds))

    @property
    def writer(self) -> tuple[int, str]:
        """The number of the process that wrote the file last, and its machine; 0 if unknown."""
        with _readable(self.path):
            if WRITER_PATH not in self._file:
                return 0, ""
            process, host = self._file[WRITER_PATH][0].item()
            return int(process), host.decode(errors="replace")

    def stored(self, population: str, variable: str, rows: slice) -> np.ndarray:
        """Return rows of a variable just as the file holds them: spikes are packed bits."""
        self.channel(population, variable)
        with _readable(self.path):
            return np.asarray(self._file[data_of(population, variable)][rows])

    def blocks(
        self,
        population: str,
        units: Sequence[int] | None = None,
        steps: Steps = None,
        rows: int = BLOCK_ROWS,
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield the raster piece by piece, for recordings larger than memory.

        Parameters
        ----------
        population : str
        units, steps
            As of `raster`.
        rows : int
            Rows of a block, the last of which may be shorter. A block may hold a gap between
            windows: see `steps`.

        Yields
        ------
        rows : slice
            Of `steps`, of the stimulus, and of every other array of this recording.
        spikes : ndarray of bool, shape [rows, n_units]
        """
        require(rows >= 1, f"blocks of {rows} rows hold nothing: give 1 or more")
        chosen = self.rows(steps)
        for start in range(chosen.start, chosen.stop, rows):
            part = slice(start, min(start + rows, chosen.stop))
            between = slice(int(self.steps[start]), int(self.steps[part.stop - 1]) + 1)
            spikes = self.raster(population, units, between)
            require(
                len(spikes) == part.stop - part.start,
                f"{self.path} does not hold {population!r} at every step: {len(spikes)} of "
                f"{part.stop - part.start} between {between.start} and {between.stop}",
            )
            yield part, spikes

    def raster(
        self,
        population: str,
        units: Sequence[int] | None = None,
        steps: Steps = None,
        stream: Stream = None,
    ) -> np.ndarray:
        """Return the spikes, bool [T, n_units].

        Parameters
        ----------
        population : str
        units : sequence of int, optional
            Recorded neurons, in the order wanted; by default all, ascending.
        steps : str or slice, optional
        stream : int or "all", optional
            Of a recording of all streams: which one (by default the first), or all of them,
            [T, batch, n_units].
        """
        channel = self.channel(population, "spikes")
        columns = slice(None) if units is None else self._columns(channel, units)
        with _readable(self.path):
            packed = self._values(channel, steps, stream)
            bits = np.unpackbits(packed, axis=-1, count=len(channel.units), bitorder="little")
        return np.ascontiguousarray(bits.view(bool)[..., columns])

    def trace(
        self,
        population: str,
        variable: str,
        unit: int | None = None,
        steps: Steps = None,
        stream: Stream = None,
    ) -> np.ndarray:
        """Return a variable, float32 [T] of one `unit`, or [T, n_units] of all recorded ones.

        `steps` and `stream` are as for `raster`.
        """
        require(variable != "spikes", "spikes are a raster: use raster()")
        channel = self.channel(population, variable)
        column = slice(None) if unit is None else int(self._columns(channel, [unit])[0])
        with _readable(self.path):
            values = self._values(channel, steps, stream, column)
        return np.asarray(values, dtype=np.float32)

    def _values(
        self,
        channel: Channel,
        steps: Steps,
        stream: Stream,
        column: slice | int = slice(None),
    ) -> np.ndarray:
        """Return some rows of a channel, of one stream or of all, as the file holds them."""
        data = self._file[data_of(channel.population, channel.variable)]
        rows = self.rows(steps, channel.clock)
        if not channel.batch:
            require(
                stream in (None, channel.stream),
                f"{channel.variable!r} of {channel.population!r} was recorded of stream "
                f"{channel.stream}, not of {stream!r}",
            )
            return np.asarray(data[rows, column])
        if stream == "all":
            return np.asarray(data[rows, :, column])
        chosen = 0 if stream is None else stream
        require(
            isinstance(chosen, int) and 0 <= chosen < channel.batch,
            f"{self.path} has streams 0 to {channel.batch - 1}, or 'all', not {stream!r}",
        )
        return np.asarray(data[rows, chosen, column])

    def _columns(self, channel: Channel, units: Sequence[int]) -> np.ndarray:
        """Return the columns of `units`, which must be among the recorded ones."""
        wanted = np.asarray(units, dtype=np.int64)
        missing = wanted[~np.isin(wanted, channel.units)]
        if len(missing):
            raise SpikefaError(
                f"{channel.variable!r} of {channel.population!r} was not recorded of unit "
                f"{missing[0]}: the units are {', '.join(map(str, channel.units[:60]))}"
                f"{', ...' if len(channel.units) > 60 else ''}"
            )
        return np.searchsorted(channel.units, wanted)

    @property
    def images(self) -> dict[int, np.ndarray]:
        """Thumbnails, uint8 [h, w], of the images shown, by index; empty if none were kept."""
        if self.layout.image_shape is None:
            return {}
        # Thumbnails are appended when an image first appears, and so counted by the stimulus.
        count = len(np.unique(self.stimulus["image"]))
        with _readable(self.path):
            index = self._file[f"{IMAGES}/index"][:count]
            pixels = self._file[f"{IMAGES}/pixels"][:count]
            held = min(len(index), len(pixels))
            require(held == count, f"it shows {count} images, but keeps {held}")
        return dict(zip(index.tolist(), pixels, strict=True))

    def close(self) -> None:
        """Close the file."""
        identifier = self._file.id
        try:
            self._file.close()
        except (OSError, RuntimeError):
            # HDF5 shares a file within a process, and a recorder in this one failed to write it:
            # see Writer.abandon.
            if identifier.valid:
                h5py.h5i.inc_ref(identifier)

    def __enter__(self) -> "Recording":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
