"""The file format `spikefa-recording` 1.2: names, types and versions.

docs/recording-format.md describes it in prose; the two must agree.
"""

import re
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from spikefa.errors import SpikefaError
from spikefa.recording.plan.channels import Channel
from spikefa.recording.plan.clocks import Clock
from spikefa.recording.plan.predicates import TEXT_BYTES
from spikefa.recording.plan.probes import Encoding
from spikefa.recording.plan.streams import Streams
from spikefa.recording.plan.windows import LABEL_BYTES, Window
from spikefa.utils import notices

VERSION = (1, 2)
STATUS = ("open", "closed", "failed", "repaired")
"""Meaning of the numbers in /spikefa/status."""

ROLES = ("input", "hidden", "output")
"""What a population is for."""

CHUNK_ROWS = 1000
"""Rows of one chunk, and upper bound of the rows of one commit."""

ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)
"""Meaning of the numbers in /spikefa/raster/<pop>/encoding; "auto" means not decided yet."""

SORTING = {"none": 0, "by_id": 1, "by_time": 2}
"""The HDF5 enum that says how a SONATA spike population is sorted."""

Durability = Literal["flush", "fsync"]
"""What a commit waits for: that the operating system, or the disk, has the rows."""

BYTE_CLASSES = 256
"""So many classes can be numbered by a byte; the labels of more take two."""

WRITER = np.dtype([("process", "<u8"), ("host", "S64")])
BACKPRESSURE = np.dtype([("blocks", "<u8"), ("seconds", "<f8")])
EPOCH = np.dtype([("start_step", "<u8"), ("stop_step", "<u8"), ("label", f"S{LABEL_BYTES}")])
RECURRING = np.dtype(
    [("start_step", "<u8"), ("length", "<u8"), ("period", "<u8"), ("label", f"S{LABEL_BYTES}")]
)
TRIGGER = np.dtype(
    [
        ("label", f"S{LABEL_BYTES}"),
        ("before", "<u8"),
        ("after", "<u8"),
        ("hold_off", "<u8"),
        ("at_most", "<u8"),
        ("edge", "u1"),
        ("predicate", f"S{TEXT_BYTES}"),
    ]
)
FIRING = np.dtype([("step", "<u8"), ("trigger", "<u4")])

STATUS_PATH = "/spikefa/status"
CLOCKS = "/spikefa/clocks"
POPULATIONS = "/spikefa/populations"
STREAMS = "/spikefa/streams"
IMAGES = "/spikefa/images"
SPIKES = "/spikes"
BACKPRESSURE_PATH = "/spikefa/backpressure"
WRITER_PATH = "/spikefa/writer"


class Backpressure(NamedTuple):
    """How often the simulation had to wait for the disk, and for how long.

    Attributes
    ----------
    blocks : int
        Blocks that it waited for.
    seconds : float
        Total time of waiting.
    """

    blocks: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class RecordedPopulation:
    """A population as the file describes it.

    Attributes
    ----------
    name : str
    layer : int
        0 for the input, then upwards.
    role : str
        ``"input"``, ``"hidden"`` or ``"output"``.
    size : int
        Neurons in the whole population.
    n_classes : int
        The neurons of an output population are divided into this many equal groups, in the order
        of the classes. 0 for other populations.
    """

    name: str
    _: KW_ONLY
    layer: int
    role: str
    size: int
    n_classes: int = 0

    def classes(self, units: np.ndarray) -> np.ndarray:
        """Return the class, int64, of each of `units` of an output population."""
        return np.asarray(units, dtype=np.int64) * self.n_classes // self.size


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Everything in a file that is fixed before its first row is written.

    Attributes
    ----------
    populations : tuple of RecordedPopulation
    channels : tuple of Channel
        The variables that are recorded.
    clocks : tuple of Clock
        The steps at which they are; the first clock is every step of the recording's windows.
    streams : Streams
        Those whose stimulus is recorded.
    steps_per_image : int
        Steps of a presentation; 0 if it is not known.
    inferred : bool
        Whether presentations have to be inferred, as in files of format 1.0.
    image_shape : (int, int) or None
        Height and width of the thumbnails, None if there are none.
    attributes : dict
        The attributes of the root.
    """

    populations: tuple[RecordedPopulation, ...]
    channels: tuple[Channel, ...]
    clocks: tuple[Clock, ...]
    streams: Streams
    image_shape: tuple[int, int] | None
    attributes: dict[str, Any]
    steps_per_image: int = 0
    inferred: bool = False

    @property
    def n_classes(self) -> int:
        """Number of classes of what was shown."""
        return max((each.n_classes for each in self.populations), default=0)

    @property
    def label(self) -> str:
        """The NumPy type of a label."""
        return label_type(self.n_classes)

    @property
    def shown(self) -> np.dtype:
        """The NumPy type of what the streams saw, `shown_type`."""
        return shown_type(len(self.streams.numbers), self.label)

    @property
    def main_streams(self) -> list[int]:
        """The streams that variables are of, and of variables of all streams the first."""
        streams = self.streams
        own = (channel for channel in self.channels if not streams.is_shared(channel))
        read = {streams.behind(channel).start for channel in own} | {streams.default}
        return [number for number in streams.numbers if number in read]

    @property
    def pictured(self) -> list[int]:
        """The places, among the streams, of those whose images are kept as thumbnails."""
        return [self.streams.numbers.index(number) for number in self.main_streams]

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows of the first clock, in the order of their steps."""
        return self.clocks[0].windows

    def channels_of(self, clock: int) -> tuple[Channel, ...]:
        """Return the channels of one clock."""
        return tuple(channel for channel in self.channels if channel.clock == clock)


def clock_path(number: int, name: str) -> str:
    """Return the path of dataset `name` of a clock; those of the first clock are at the top."""
    return f"/spikefa/{name}" if number == 0 else f"{CLOCKS}/{number}/{name}"


def label_type(n_classes: int) -> str:
    """Return the NumPy type of the labels of so many classes."""
    return "u1" if n_classes <= BYTE_CLASSES else "<u2"


def written_version(n_classes: int) -> str:
    """Return the oldest version whose readers can read labels of so many classes."""
    minor = 1 if n_classes <= BYTE_CLASSES else 2
    return f"{VERSION[0]}.{minor}"


def stimulus_type(label: str) -> np.dtype:
    """Return the NumPy type of what one stream saw in one step."""
    return np.dtype([("step", "<u8"), ("image", "<u4"), ("label", label)])


def shown_type(streams: int, label: str) -> np.dtype:
    """Return the NumPy type of what so many streams saw in one step, as rows carry it.

    ``start`` is the first step of the presentation that the step belongs to.
    """
    fields = [("step", "<u8"), ("start", "<u8")]
    return np.dtype([*fields, ("image", "<u4", (streams,)), ("label", label, (streams,))])


def seen_by(shown: np.ndarray, place: int) -> np.ndarray:
    """Return what one of the streams saw, `stimulus_type` [k], from rows of `shown_type`."""
    found = np.zeros(len(shown), stimulus_type(shown.dtype["label"].base.str))
    found["step"] = shown["step"]
    found["image"], found["label"] = shown["image"][:, place], shown["label"][:, place]
    return found


def presentations_path(clock: int, name: str) -> str:
    """Return the path of dataset `name` of the presentations of a clock."""
    return clock_path(clock, f"presentations/{name}")


def is_report(channel: Channel) -> bool:
    """Return whether a channel is a SONATA report: potentials of one stream."""
    return channel.variable == "potential" and not channel.batch


def group_of(population: str, variable: str) -> str:
    """Return the group that holds one variable of one population."""
    if variable == "spikes":
        return f"/spikefa/raster/{population}"
    if variable == "modulator":
        return f"/spikefa/modulator/{population}"
    return f"/spikefa/trace/{variable}/{population}"


def data_of(population: str, variable: str) -> str:
    """Return the dataset whose rows hold one variable of one population."""
    name = "packed" if variable == "spikes" else "value"
    return f"{group_of(population, variable)}/{name}"


def spikes_path(population: str, name: str) -> str:
    """Return the path of dataset `name` of the spikes of a population."""
    return f"{group_of(population, 'spikes')}/{name}"


def row_shape(channel: Channel) -> tuple[tuple[int, ...], str]:
    """Return the shape and the NumPy type of a row of `channel`."""
    streams = (channel.batch,) if channel.batch else ()
    if channel.variable == "spikes":
        return (*streams, -(-len(channel.units) // 8)), "u1"
    return (*streams, len(channel.units)), "<f4"


def check_version(text: object) -> None:
    """Accept this major version; warn about a newer minor one; refuse another major one."""
    match = re.fullmatch(r"(\d{1,4})\.(\d{1,4})", text if isinstance(text, str) else "")
    if match is None:
        raise SpikefaError(f"it has format version {text!r:.40}, not one such as '1.0'")
    major, minor = int(match[1]), int(match[2])
    ours = f"{VERSION[0]}.{VERSION[1]}"
    if major > VERSION[0]:
        raise SpikefaError(
            f"it has format version {text}, and this spikefa reads up to {ours}: update spikefa"
        )
    if major < VERSION[0]:
        raise SpikefaError(f"it has format version {text}, and this spikefa reads {ours}")
    if minor > VERSION[1]:
        notices.warn(
            f"the recording has format version {text}, newer than {ours}: "
            "its new parts are not read",
            stacklevel=2,
        )
