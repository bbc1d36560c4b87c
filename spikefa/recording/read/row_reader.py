"""Read the thumbnails and the traces of a recording."""

import numpy as np

from spikefa.errors import require
from spikefa.recording.format.schema import IMAGES
from spikefa.recording.format.untrusted import check_stored
from spikefa.recording.read.contents import Contents
from spikefa.recording.read.presentations import read_shown
from spikefa.recording.read.recording_file import RecordingFile
from spikefa.recording.read.selection import Steps, Stream
from spikefa.utils.numbers import place


class RowReader:
    """Reads the thumbnails and the traces; see `Recording` for the arguments.

    Parameters
    ----------
    file : RecordingFile
    contents : Contents
    """

    def __init__(self, file: RecordingFile, contents: Contents) -> None:
        self._file = file
        self._contents = contents

    def images(self) -> dict[int, np.ndarray]:
        """Return the thumbnails, uint8 [h, w], by the index of the image."""
        if self._file.layout.image_shape is None:
            return {}
        # A thumbnail is appended when its image first appears, so what was shown counts them.
        rows = slice(0, len(self._file.clock_steps[0]))
        with self._file.readable():
            shown = read_shown(self._file, rows, 0)["image"][:, self._file.layout.pictured]
            count = len(np.unique(shown))
            check_stored(self._file.data[f"{IMAGES}/pixels"], count)
            index = self._file.data[f"{IMAGES}/index"][:count]
            pixels = self._file.data[f"{IMAGES}/pixels"][:count]
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
        """Return a variable, float32 [T] or [T, n_units]."""
        require(variable != "spikes", "spikes are a raster: use raster()")
        channel = self._contents.channel(population, variable)
        column: slice | int = slice(None)
        if unit is not None:
            number = place(unit, self._contents.size(channel), f"the unit of {population!r}")
            chosen = self._contents.units(channel, [number])
            column = int(np.searchsorted(channel.units, chosen)[0])
        rows = self._contents.rows(steps, channel.clock)
        of = self._contents.stream(channel, stream)
        with self._file.readable():
            values = self._file.values(channel, rows, of, column)
        return np.asarray(values, dtype=np.float32)

    def stored(self, population: str, variable: str, rows: slice) -> np.ndarray:
        """Return rows of all recorded streams as the file stores them."""
        channel = self._contents.channel(population, variable)
        with self._file.readable():
            return self._file.values(channel, rows, "all" if channel.batch else None)

    def streams_of(self, population: str, variable: str, replica: int, replicas: int) -> slice:
        """Return the streams of one of `replicas` in the rows of a variable."""
        channel = self._contents.channel(population, variable)
        require(replicas > 0, f"{self._file.path} has no replicas: leave out the replica")
        number = place(replica, replicas, "the replica")
        require(
            channel.batch >= replicas and channel.batch % replicas == 0,
            f"{variable!r} of {population!r} was recorded of stream {channel.stream} alone: give "
            "the probe stream='all'",
        )
        own = channel.batch // replicas
        return slice(number * own, (number + 1) * own)
