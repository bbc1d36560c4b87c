"""Work that follows every presentation in which the network learns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Follower:
    """Work at the end of every presentation in which the network learns.

    Attributes
    ----------
    work : callable
        Does the same every time and reads no data on the host, so that it can be captured.
    tensors : callable
        Returns all tensors that `work` changes, by name.
    """

    work: Callable[[], None]
    tensors: Callable[[], Mapping[str, Tensor]]
