"""Fixed one-to-one synapses past populations, as in residual networks."""

from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.plasticity.base import Change
from spikefa.synapses.base import Synapses
from spikefa.synapses.sharing import Sharing
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import Size


@dataclass
class Skipping(Sharing):
    """A neuron of each channel and position sends its activity as it is to one neuron.

    With a `stride` only every so many positions send, and with more `channels` above the further
    ones, half of them before and half after the others, receive nothing (He et al. 2016, option A).

    Parameters
    ----------
    shape : (int, int, int)
        Channels, height and width below.
    channels : int
        Channels above, at least as many.
    stride : int, default 1
        Distance of neighbouring positions that send, in both directions.

    Attributes
    ----------
    out_shape : (int, int, int)
        Channels, height and width above.

    Raises
    ------
    SpikefaError
        If a number is out of range, or there are fewer channels above.
    """

    shape: tuple[Size, Size, Size]
    channels: Size
    _: KW_ONLY
    stride: Size = 1
    out_shape: tuple[int, int, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_fields(self)
        channels, height, width = self.shape
        require(
            self.channels >= channels,
            f"a shortcut of {channels} channels onto {self.channels}: give at least as many",
        )
        self.out_shape = self.channels, -(-height // self.stride), -(-width // self.stride)
        self.n_pre = channels * height * width
        self.n_post = self.channels * self.out_shape[1] * self.out_shape[2]

    @property
    def weight_shape(self) -> tuple[int, int]:
        """There are no weights."""
        return 0, 0

    @property
    def shares(self) -> bool:
        """All synapses are alike."""
        return True

    @property
    def fans(self) -> tuple[int, int]:
        """One synapse meets at a neuron, and one leaves it."""
        return 1, 1

    def drive(self, pre: Tensor, weight: Tensor, out: Tensor) -> None:
        """Write the activity of each neuron where it arrives, and 0 elsewhere."""
        out.zero_()
        self.add(pre, out)

    def carry(self, sent: Tensor, back: Tensor, out: Tensor) -> None:
        """Write the error of each neuron where its activity comes from, and 0 elsewhere."""
        out.zero_()
        self.add_back(sent, out)

    def add(self, pre: Tensor, out: Tensor) -> None:
        """Add the activity of each neuron where it arrives."""
        self._reached(out).add_(self._sending(pre))

    def add_back(self, sent: Tensor, out: Tensor) -> None:
        """Add the error of each neuron where its activity comes from."""
        self._sending(out).add_(self._reached(sent))

    def _sending(self, below: Tensor) -> Tensor:
        images = below.unflatten(-1, self.shape)
        return images[..., :: self.stride, :: self.stride]

    def _reached(self, above: Tensor) -> Tensor:
        first = (self.channels - self.shape[0]) // 2
        return above.unflatten(-1, self.out_shape).narrow(-3, first, self.shape[0])

    def add_outer(self, to: Tensor, pre: Tensor, post: Tensor) -> None:
        """Add nothing: there are no weights."""

    def add_outer_back(self, to: Tensor, sent: Tensor, pre: Tensor, alpha: float = 1.0) -> None:
        """Add nothing: there are no weights."""

    def add_bias(self, bias: Tensor, out: Tensor) -> None:
        """Add nothing: there are no biases."""

    def gathered(self, post: Tensor) -> Tensor:
        """Return nothing, for no biases."""
        return post[..., :0]

    def each_alone(self, change: Tensor) -> Tensor:
        """Refuse a change: there are no weights."""
        raise SpikefaError("the synapses of a shortcut do not learn")

    def widened(self, columns: int) -> Sharing:
        """Refuse another number of neurons."""
        raise SpikefaError("the synapses of a shortcut are one to one")

    def column_by_column(self, columns: int) -> Sharing:
        """Refuse another number of neurons."""
        return self.widened(columns)


@dataclass(eq=False)
class Skip(Synapses):
    """Synapses that pass activity on as it is, one to one, and do not learn: a shortcut.

    Used in a `Connection` past some populations, as in residual networks (He et al. 2016). The
    error comes back along it, one to one as well, in circuits in which it descends layer by layer.

    Parameters
    ----------
    n_pre, n_post : int
        Sizes of the two populations; they must be those of the layout.
    layout : Skipping
        Shapes of the two populations, and stride.
    device, dtype
        As in `Synapses`, of which no other parameter has a meaning here.

    Raises
    ------
    SpikefaError
        If the sizes are not those of the layout.

    Examples
    --------
    >>> layout = Skipping((16, 32, 32), 32, stride=2)
    >>> layout.out_shape
    (32, 16, 16)
    """

    plastic: ClassVar[bool] = False

    layout: Skipping = field(kw_only=True)

    def __post_init__(self) -> None:
        require(
            isinstance(self.layout, Skipping),
            f"the layout of Skip is {self.layout!r}: give a Skipping(shape, channels)",
        )
        require(
            (self.n_pre, self.n_post) == (self.layout.n_pre, self.layout.n_post),
            f"a shortcut of {self.layout.n_pre} onto {self.layout.n_post} neurons, and the "
            f"populations have {self.n_pre} and {self.n_post}",
        )
        super().__post_init__()
        require(
            not (self.held or self.norm),
            "Skip synapses have no weights that a norm or constraints could hold: leave them out",
        )

    def arrangement(self) -> Sharing:
        """Return the layout."""
        return self.layout

    def initialise(self, generator: torch.Generator) -> None:
        """Draw nothing."""

    def apply(self, change: Change) -> None:
        """Stay as they are."""

    def constrain(self) -> None:
        """Restore nothing."""
