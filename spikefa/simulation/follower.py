"""Work that follows every step, or every presentation, in which the network learns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Follower:
    """Work after every step, or at the end of every presentation, in which the network learns.

    Attributes
    ----------
    work : callable
        Does the same every time and reads no data on the host, so that it can be captured.
    tensors : callable
        Returns all tensors that `work` changes, by name.
    each_step : bool, default False
        Whether it works after every step, and not at the end of a presentation.
    """

    work: Callable[[], None]
    tensors: Callable[[], Mapping[str, Tensor]]
    each_step: bool = False
