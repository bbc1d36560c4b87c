"""One weight for each channel of a population, from each neuron to the one in its place."""

from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.errors import SpikefaError, require
from spikefa.synapses.one_to_one import OneToOne
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import Size


@dataclass
class Channelwise(OneToOne):
    """One-to-one synapses, in which all neurons of a channel have the same weight.

    Neuron ``c * positions + p`` is at position p of channel c, as in `Convolution`.

    Parameters
    ----------
    size : int
        Neurons of the population.
    channels : int
        Blocks of neurons with one weight each; as many as neurons gives each its own.

    Raises
    ------
    SpikefaError
        If the channels do not divide the neurons.
    """

    size: Size
    channels: Size

    def __post_init__(self) -> None:
        check_fields(self)
        self.n_pre = self.n_post = self.size
        require(
            self.size % self.channels == 0,
            f"{self.channels} channels do not divide {self.size} neurons: give those of the "
            "population",
        )

    @property
    def weight_shape(self) -> tuple[int, int]:
        """One row, and a column for each channel."""
        return 1, self.channels

    def drive(self, pre: Tensor, weight: Tensor, out: Tensor) -> None:
        """Write each activity times the weight of its channel."""
        torch.mul(self._parted(pre), _everywhere(weight.squeeze(-2)), out=self._parted(out))

    def carry(self, sent: Tensor, back: Tensor, out: Tensor) -> None:
        """Write each error times the weight of its channel."""
        torch.mul(self._parted(sent), _everywhere(back.squeeze(-1)), out=self._parted(out))

    def add_outer(self, to: Tensor, pre: Tensor, post: Tensor) -> None:
        """Add the sum of the products of neurons in the same place, over each channel."""
        to.add_(self._products(pre, post).unsqueeze(-2))

    def add_outer_back(self, to: Tensor, sent: Tensor, pre: Tensor, alpha: float = 1.0) -> None:
        """Add `alpha` times the same to weights `[..., channels, 1]`."""
        to.add_(self._products(pre, sent).unsqueeze(-1), alpha=alpha)

    def add_bias(self, bias: Tensor, out: Tensor) -> None:
        """Add the bias of its channel to each neuron."""
        self._parted(out).add_(_everywhere(bias))

    def gathered(self, post: Tensor) -> Tensor:
        """Return the sum over the neurons of each channel."""
        return self._parted(post).sum(-1)

    def each_alone(self, change: Tensor) -> Tensor:
        """Refuse a change for each pair of neurons."""
        raise SpikefaError(
            "the rule returned a Direct change, with a number for each pair of neurons, and "
            "one-to-one synapses have none: give a rule that returns Outer(pre, post)"
        )

    def _parted(self, tensor: Tensor) -> Tensor:
        return tensor.unflatten(-1, (self.channels, -1))

    def _products(self, pre: Tensor, post: Tensor) -> Tensor:
        return torch.einsum("...bcp,...bcp->...c", self._parted(pre), self._parted(post))


def _everywhere(each: Tensor) -> Tensor:
    """Return numbers of channels, `[..., channels]`, for all streams and positions."""
    return each[..., None, :, None]
