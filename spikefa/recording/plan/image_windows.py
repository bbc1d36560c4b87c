"""Windows that are not a range of steps: every step, some presentations, every k-th one."""

from dataclasses import KW_ONLY, dataclass

from spikefa.recording.plan.windows import OPEN_END, set_span
from spikefa.utils.numbers import whole_number


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
        set_span(self, OPEN_END)


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
        most = OPEN_END // 2
        object.__setattr__(self, "k", whole_number(self.k, "k of EveryImage", 1, most))
        object.__setattr__(self, "first", whole_number(self.first, "first of EveryImage", 0, most))
