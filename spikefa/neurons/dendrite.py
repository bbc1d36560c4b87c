"""What is between the synapses onto a neuron and its potential, if its input is normalised."""

from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.utils.standardising import standardise, transpose


@dataclass
class Dendrite:
    """The dendrites of a population: their input, normalised over a batch, and the error for it.

    The drive of a channel c at a position, x, is standardised before it reaches the potential V::

        z = (x - mean_c(x)) / sd_c(x)            over the positions of the channel and the batch
        V = gain_c z + bias_c                    by the one-to-one synapses of a `BatchNorm`

    and the error goes back through that, e being the error of V::

        d = gain_c / sd_c (e - mean_c(e) - z mean_c(e z))

    With given mean and deviation, which do not depend on this input, d is ``gain_c / sd_c e``.

    Attributes
    ----------
    input : Tensor [..., batch, n]
        z.
    slope : Tensor [..., channels]
        gain / sd of this step.
    error : Tensor [..., batch, n]
        e.
    unit : Tensor [..., 1, 1]
        1, the gain of a neuron for an error that has already passed it.
    coupled : bool
        Whether mean and deviation are those of this input.
    """

    input: Tensor
    slope: Tensor
    error: Tensor
    unit: Tensor
    coupled: bool = True

    @classmethod
    def at_rest(cls, like: Tensor, channels: int) -> "Dendrite":
        """Return dendrites without input, of neurons with the activity `like` [batch, n]."""
        z, e = torch.zeros_like(like), torch.zeros_like(like)
        return cls(z, like.new_zeros(channels), e, like.new_ones(1, 1))

    def standardise(
        self, x: Tensor, means: tuple[Tensor, Tensor], momentum: float, epsilon: float
    ) -> None:
        """Write z, and 1 / sd as the slope; running means `[..., channels]` follow the batch."""
        own, z = self.by_channel(x), self.by_channel(self.input)
        standardise(own, z, self.slope, means, momentum, epsilon)
        self.coupled = True

    def standardise_by(self, x: Tensor, means: tuple[Tensor, Tensor], epsilon: float) -> None:
        """Write z, and 1 / sd as the slope, with a given mean and variance `[..., channels]`."""
        own, z = self.by_channel(x), self.by_channel(self.input)
        torch.add(means[1], epsilon, out=self.slope).rsqrt_()
        torch.sub(own, _everywhere(means[0]), out=z).mul_(_everywhere(self.slope))
        self.coupled = False

    def pull_back(self, error: Tensor, gain: Tensor, out: Tensor) -> None:
        """Write d, the error for the synapses onto the dendrites, into `out`.

        Parameters
        ----------
        error : Tensor [..., batch, n]
            Error of the neurons' activity.
        gain : Tensor [..., batch, n]
            Psi(V); the product of both is e.
        out : Tensor [..., batch, n]
        """
        torch.mul(error, gain, out=self.error)
        e, z, d = map(self.by_channel, (self.error, self.input, out))
        if self.coupled:
            transpose(e, z, self.slope, d)
        else:
            torch.mul(e, _everywhere(self.slope), out=d)

    def by_channel(self, tensor: Tensor) -> Tensor:
        """Return a view `[..., batch, channels, positions]` of a tensor `[..., batch, n]`."""
        return tensor.unflatten(-1, (self.slope.shape[-1], -1))


def _everywhere(each: Tensor) -> Tensor:
    """Return numbers of channels, `[..., channels]`, for all streams and positions."""
    return each[..., None, :, None]
