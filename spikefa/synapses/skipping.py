"""Which neurons a shortcut past populations connects."""

from dataclasses import KW_ONLY, dataclass, field

from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.synapses.one_to_one import OneToOne
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import Size


@dataclass
class Skipping(OneToOne):
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
