"""Batch normalisation: one-to-one synapses from the dendrite of a neuron to its soma."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.neurons.base import PopulationState
from spikefa.synapses.base import Synapses
from spikefa.synapses.channelwise import Channelwise
from spikefa.synapses.constraint import check_shared
from spikefa.synapses.sharing import Sharing
from spikefa.utils.ranges import PositiveScale, PositiveShare, Size


@dataclass(eq=False)
class BatchNorm(Synapses):
    """Batch normalisation of the input of a population (Ioffe & Szegedy 2015).

    It stands between the synapses onto a population and its potential, see `Normalisation`::

        z = (x - mean) / sqrt(variance + epsilon)      x: drive; for each channel
        V = weight z + bias

    In learning steps mean and variance are those of x over the positions of the channel and over
    the batch, and running means follow them, ``m <- (1 - momentum) m + momentum mean``, and the
    same for the variance without bias, n / (n - 1) of it. With plasticity arrested, as in tests,
    the running means take their place.

    A channel's weight and bias learn like those of other synapses, from z and from the error of V.
    They are local to the neuron. Mean and variance are not: each is a number that all neurons of a
    channel know, of their input and of their error, in all streams of the batch.

    Parameters
    ----------
    n_pre, n_post : int
        Size of the population, twice.
    channels : int
        Its channels.
    momentum : float, default 0.1
        Weight of the present batch in the running means, in (0, 1].
    epsilon : float, default 1e-5
        What is added to the variance.
    scale, norm, biased, constraints, device, dtype
        As in `Synapses`; weights begin at 1, not at random.

    Attributes
    ----------
    weight : Tensor [1, channels]
    bias : Tensor [channels]
    mean, variance : Tensor [channels]
        Running means.

    Raises
    ------
    SpikefaError
        If a number is out of range, the channels do not divide the neurons, or a constraint is
        about single synapses.
    """

    normalises: ClassVar[bool] = True

    channels: Size = field(kw_only=True)
    momentum: PositiveShare = field(default=0.1, kw_only=True)
    epsilon: PositiveScale = field(default=1e-5, kw_only=True)
    mean: Tensor = field(init=False, repr=False)
    variance: Tensor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shared(self.held, "the neurons of a channel share their gain")
        self.mean, self.variance = torch.zeros_like(self.bias), torch.ones_like(self.bias)

    def arrangement(self) -> Sharing:
        """Return one-to-one synapses with a weight for each channel."""
        return Channelwise(self.n_pre, self.channels)

    def initialise(self, generator: torch.Generator) -> None:
        """Set weights and variances to 1, biases and means to 0; draw nothing."""
        self.weight.fill_(1)
        self.bias.zero_()
        self.mean.zero_()
        self.variance.fill_(1)
        self.constrain()

    def tensors(self) -> dict[str, Tensor]:
        """Return weights, biases and running means by name."""
        return super().tensors() | {"mean": self.mean, "variance": self.variance}

    def normalise(self, state: PopulationState, resting: bool) -> None:
        """Standardise the drive of a population for its dendrites, and keep what the error needs.

        Parameters
        ----------
        state : PopulationState
            Its drive is x.
        resting : bool
            Whether plasticity is arrested: the running means then serve, and stay.
        """
        dendrite, means = state.dendrite, (self.mean, self.variance)
        assert dendrite is not None
        positions = self.n_post // self.channels
        require(
            resting or state.drive.shape[-2] * positions > 1,
            f"{self.channels} channels of {positions} neuron each are normalised over a batch of "
            "1: the deviation of one number is 0, so give a larger batch",
        )
        if resting:
            dendrite.standardise_by(state.drive, means, self.epsilon)
        else:
            dendrite.standardise(state.drive, means, self.momentum, self.epsilon)
        dendrite.slope.mul_(self.weight.squeeze(-2))

    def constrain(self) -> None:
        """Restore the constraints and the norm, if there are any."""
        self.keep_constraints()
        self.keep_norm()
