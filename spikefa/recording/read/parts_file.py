"""The recordings of all ranks of a network, read as one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np

from spikefa.errors import require
from spikefa.recording.format.schema import Layout
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.parts import PADDING, RANK, RANKS, WHOLE, path_of_rank
from spikefa.recording.plan.probes import Encoding
from spikefa.recording.read.event_rows import EventRows
from spikefa.recording.read.recording_file import RecordingFile
from spikefa.recording.read.selection import Stream
from spikefa.utils.json_text import parse_json


@dataclass(frozen=True, eq=False)
class Piece:
    """What one rank recorded of a variable.

    Attributes
    ----------
    file : RecordingFile
    channel : Channel
        As that file describes it.
    units : ndarray of int64
        The recorded neurons, as the whole population counts them; none if nothing was asked for.
    """

    file: RecordingFile
    channel: Channel
    units: np.ndarray

    def values(self, rows: slice, stream: Stream) -> np.ndarray:
        """Return rows of these neurons [..., n_units]; spikes are 0 or 1, uint8."""
        file, channel = self.file, self.channel
        if channel.variable != "spikes":
            return file.values(channel, rows, stream)[..., : len(self.units)]
        if file.encoding(channel) == "events":
            packed = EventRows(file).packed(channel, rows, stream)
        else:
            packed = file.values(channel, rows, stream)
        return np.unpackbits(packed, axis=-1, count=len(self.units), bitorder="little")


class PartsFile(RecordingFile):
    """Recordings of all ranks, beside each other; what every rank has committed.

    What was shown, and what all ranks have whole, is that of the first.

    Parameters
    ----------
    paths : sequence of Path
        In the order of the ranks.
    files : sequence of h5py.File
        Open for reading.

    Raises
    ------
    SpikefaError
        If the files are not parts of one recording.
    """

    def __init__(self, paths: Sequence[Path], files: Sequence[h5py.File]) -> None:
        self.parts = [RecordingFile(*each) for each in zip(paths, files, strict=True)]
        super().__init__(paths[0], files[0])
        layouts = [part.layout for part in self.parts]
        named = [[(each.population, each.variable) for each in own.channels] for own in layouts]
        first = layouts[0].attributes
        for rank, own in enumerate(layouts):
            same = all(own.attributes.get(name) == first.get(name) for name in (RANKS, "seed"))
            require(
                same and own.attributes.get(RANK) == rank and named[rank] == named[0],
                f"{paths[rank].name} is no part of the same recording: put back the files that "
                "were written together",
            )
        self._pieces = [self._pieces_of(number) for number in range(len(named[0]))]
        self.layout: Layout = self._joined(layouts[0])

    def _pieces_of(self, number: int) -> list[Piece]:
        found, first = [], self.parts[0].layout.channels[number]
        sizes = [_size(part.layout, first.population) for part in self.parts]
        whole = sum(sizes)
        for rank, part in enumerate(self.parts):
            channel = part.layout.channels[number]
            pre, post = divmod(channel.units, sizes[rank])
            units = pre * whole + post + sum(sizes[:rank])
            if _said(part, WHOLE, channel):
                units = channel.units
            if _said(part, PADDING, channel):
                units = units[:0]
            found.append(Piece(part, channel, units))
        return found

    def _joined(self, first: Layout) -> Layout:
        """Return the layout of the whole recording."""
        populations = tuple(
            each
            if each.layer == 0
            else replace(each, size=sum(_size(part.layout, each.name) for part in self.parts))
            for each in first.populations
        )
        whole = {each.name: each.size for each in populations}
        channels = []
        for channel, pieces in zip(first.channels, self._pieces, strict=True):
            units = np.sort(np.concatenate([piece.units for piece in pieces]))
            factor = channel.elements // max(1, _size(first, channel.population))
            elements = factor * whole[channel.population] if channel.elements else 0
            channels.append(replace(channel, units=units, elements=elements, encoding="packed"))
        return replace(first, populations=populations, channels=tuple(channels))

    def committed_steps(self, clock: int) -> np.ndarray:
        """Return the absolute step of each row that all ranks have committed, int64 [T]."""
        each = [part.committed_steps(clock) for part in self.parts]
        held = min(map(len, each))
        require(
            all(np.array_equal(other[:held], each[0][:held]) for other in each),
            "the ranks have recorded different steps",
        )
        return each[0][:held]

    def encoding(self, channel: Channel) -> Encoding:
        """Return how spikes are read: as bits, however each rank stores them."""
        return "packed"

    def values(
        self,
        channel: Channel,
        rows: slice,
        stream: Stream,
        column: slice | int = slice(None),
    ) -> np.ndarray:
        """Return rows of a channel, with the neurons of all ranks."""
        number = [(each.population, each.variable) for each in self.layout.channels].index(
            (channel.population, channel.variable)
        )
        pieces = [piece for piece in self._pieces[number] if len(piece.units)]
        order = np.argsort(np.concatenate([piece.units for piece in pieces]))
        found = np.concatenate([piece.values(rows, stream) for piece in pieces], -1)[..., order]
        if channel.variable == "spikes":
            found = np.packbits(found, axis=-1, bitorder="little")
        return found[..., column]

    def close(self) -> None:
        """Close all files."""
        for part in self.parts:
            part.close()


def _said(part: RecordingFile, attribute: str, channel: Channel) -> bool:
    """Return whether an attribute of a file lists a variable."""
    listed = parse_json(part.layout.attributes.get(attribute, "[]"), part.path)
    return [channel.population, channel.variable] in listed


def _size(layout: Layout, population: str) -> int:
    return next(each.size for each in layout.populations if each.name == population)


def open_parts(path: Path, files: Sequence[h5py.File]) -> RecordingFile:
    """Return a file to read: one recording, or those of all ranks as one."""
    if len(files) == 1:
        return RecordingFile(path, files[0])
    return PartsFile([path_of_rank(path, rank) for rank in range(len(files))], files)
