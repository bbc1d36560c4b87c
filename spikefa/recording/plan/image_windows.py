"""Windows that are not a range of steps: every step, some presentations, every k-th one."""

from dataclasses import KW_ONLY, dataclass

from spikefa.errors import require
from spikefa.utils.scalars import plain_fields


@dataclass(frozen=True)
class Always:
    """Every step, also of a run that is resumed with more epochs.

    Parameters
    ----------
    label : str, default "always"
        The name.
    """

    label: str = "always"


@dataclass(frozen=True)
class ImageWindow:
    """The presentations `start` <= n < `stop`, counted from 0 at the beginning of the run.

    In a batch each presentation shows one image to every stream.

    Parameters
    ----------
    label : str
        The name.
    start, stop : int
        Half-open range of presentations.
    """

    label: str
    start: int
    stop: int

    def __post_init__(self) -> None:
        plain_fields(self)


@dataclass(frozen=True)
class EveryImage:
    """Every k-th presentation, from its first to its last step, without end.

    Parameters
    ----------
    k : int
        Presentations from one to the next; 1 means all of them.
    first : int, default 0
        The number of the first one.
    label : str, default "image"
        The name; presentation n is the window ``"<label> #<n>"``.
    """

    k: int
    _: KW_ONLY
    first: int = 0
    label: str = "image"

    def __post_init__(self) -> None:
        plain_fields(self)
        require(
            isinstance(self.k, int) and self.k >= 1,
            f"EveryImage has k={self.k!r}: give 1 or more images",
        )
        require(
            isinstance(self.first, int) and self.first >= 0,
            f"EveryImage has first={self.first!r}: give 0 or a later image",
        )
