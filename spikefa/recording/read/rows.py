"""The rows of a recording: what was shown, and traces."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from spikefa.errors import SpikefaError, require
from spikefa.recording.format.schema import IMAGES, clock_path, data_of
from spikefa.recording.plan.probes import Channel
from spikefa.recording.read.contents import Contents, Steps, readable

Stream = int | slice | Literal["all"] | None
"""Which stream of the batch to read, or which, if all were recorded."""


class Rows(Contents):
    """What a recording holds row by row; `Recording` says how to choose among the rows."""

    @property
    def stimulus(self) -> np.ndarray:
        """What was shown: structured array [T] with fields step, image and label."""
        with readable(self.path):
            return np.asarray(self._file[clock_path(0, "stimulus")][: len(self.steps)])

    def stimulus_of(self, rows: slice, clock: int = 0) -> np.ndarray:
        """Return what was shown at some rows alone, of a clock, as `stimulus` does for all."""
        with readable(self.path):
            return np.asarray(self._file[clock_path(clock, "stimulus")][rows])

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
            values = self._values(channel, self.rows(steps, channel.clock), stream, column)
        return np.asarray(values, dtype=np.float32)

    def streams_of(self, replica: int, population: str, variable: str = "spikes") -> slice:
        """Return the streams of one replica, as `raster` and `trace` take them.

        Parameters
        ----------
        replica : int
            From 0.
        population, variable : str
            What the streams of a replica share, such as weights, counts as one stream.

        Raises
        ------
        SpikefaError
            If the network had no such replica, or a single stream was recorded.
        """
        channel, replicas = self.channel(population, variable), self.replicas or 0
        require(
            0 <= replica < replicas,
            f"{self.path} has no replica {replica}: the network had {replicas or 'no'} replicas",
        )
        require(
            channel.batch >= replicas and channel.batch % replicas == 0,
            f"{variable!r} of {population!r} was recorded of stream {channel.stream} alone: give "
            "the probe stream='all'",
        )
        own = channel.batch // replicas
        return slice(replica * own, (replica + 1) * own)

    def _values(
        self,
        channel: Channel,
        rows: slice,
        stream: Stream,
        column: slice | int = slice(None),
    ) -> np.ndarray:
        """Return some rows of a channel, of one stream or of all, as the file holds them."""
        data = self._file[data_of(channel.population, channel.variable)]
        place = self._stream(channel, stream)
        if place is None:
            return np.asarray(data[rows, column])
        return np.asarray(data[rows, place, column])

    def _stream(self, channel: Channel, stream: Stream) -> int | slice | None:
        """Return what chooses `stream` among those of a row; None if a row has no streams."""
        if not channel.batch:
            require(
                stream in (None, channel.stream),
                f"{channel.variable!r} of {channel.population!r} was recorded of stream "
                f"{channel.stream}, not of {stream!r}",
            )
            return None
        if stream == "all":
            return slice(None)
        if isinstance(stream, slice):
            return stream
        chosen = 0 if stream is None else stream
        require(
            isinstance(chosen, int) and 0 <= chosen < channel.batch,
            f"{self.path} has streams 0 to {channel.batch - 1}, or 'all', not {stream!r}",
        )
        return int(chosen)

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
