"""Read a recording, trusting nothing in it but what was committed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import h5py
import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.contents import Contents, Steps, readable
from spikefa.recording.export.methods import Exports
from spikefa.recording.probes import Channel
from spikefa.recording.schema import (
    CHUNK_ROWS,
    IMAGES,
    clock_path,
    data_of,
)
from spikefa.recording.swmr import open_for_reading

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
    with readable(path):
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


class Recording(Contents, Exports):
    """A recording opened for reading; `open_recording` makes it.

    Every array has one row per committed step, and all share the same rows, but for variables that
    were read at steps of their own: `steps_of` says at which. Arguments named `steps` choose among
    them: ``"early"`` (the label of a window), ``slice(1000, 2000)`` (absolute steps, half-open) or
    None for all.

    `Contents` has the rest: path, layout, status, where the recording comes from.

    Examples
    --------
    >>> with open_recording("run.h5") as recording:
    ...     spikes = recording.raster("hidden1", steps="late")
    ...     rates = spikes.mean(axis=0)
    """

    @property
    def stimulus(self) -> np.ndarray:
        """What was shown: structured array [T] with fields step, image and label."""
        with readable(self.path):
            return np.asarray(self._file[clock_path(0, "stimulus")][: len(self.steps)])

    def stimulus_of(self, rows: slice, clock: int = 0) -> np.ndarray:
        """Return what was shown at some rows alone, of a clock, as `stimulus` does for all."""
        with readable(self.path):
            return np.asarray(self._file[clock_path(clock, "stimulus")][rows])

    def stored(self, population: str, variable: str, rows: slice) -> np.ndarray:
        """Return rows of a variable just as the file holds them: spikes are packed bits."""
        self.channel(population, variable)
        with readable(self.path):
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
        with readable(self.path):
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
        with readable(self.path):
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
        with readable(self.path):
            index = self._file[f"{IMAGES}/index"][:count]
            pixels = self._file[f"{IMAGES}/pixels"][:count]
            held = min(len(index), len(pixels))
            require(held == count, f"it shows {count} images, but keeps {held}")
        return dict(zip(index.tolist(), pixels, strict=True))
