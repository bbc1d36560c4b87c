"""Neurons that are silenced at random in training, so that others do not rely on them."""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from spikefa.utils.checking import check_fields, check_one_of
from spikefa.utils.ranges import ProperShare

Redrawn = Literal["presentation", "step"]


@dataclass
class DropoutState:
    """Which neurons are silenced.

    Attributes
    ----------
    share : float
        The probability that a neuron is silenced.
    chances : Tensor [..., batch, n] or [0]
        One number from U[0, 1) for each neuron and presentation, drawn by whoever drives the
        network; empty if neurons are not silenced for whole presentations.
    kept : Tensor [..., batch, n]
        What the probability of a spike is multiplied by: 0 in a neuron that is silenced, else 1;
        and 1 - share, its mean, in tests, or if every step silences others.
    """

    share: float
    chances: Tensor
    kept: Tensor

    def redraw(self) -> None:
        """Silence other neurons, as the chances say."""
        if self.chances.numel():
            torch.ge(self.chances, self.share, out=self.kept)


@dataclass(frozen=True)
class Dropout:
    """Silences neurons at random in training (Srivastava et al. 2014), stream by stream.

    A silenced neuron goes on to integrate, but neither spikes nor learns. In tests each neuron
    spikes with ``1 - share`` times its probability, as often as it did in the mean, so that spikes
    stay spikes. The random numbers come from the random streams ``dropout/<population>``.

    Parameters
    ----------
    share : float
        The probability that a neuron is silenced, between 0 and 1.
    redrawn : {"presentation", "step"}, default "presentation"
        How long it stays silent. If others are silenced in every step, a spike simply fails with
        this probability.

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    share: ProperShare
    redrawn: Redrawn = "presentation"

    def __post_init__(self) -> None:
        check_fields(self)
        check_one_of("redrawn", self.redrawn, get_args(Redrawn))

    def state(self, like: Tensor) -> DropoutState:
        """Return the state in tests, of neurons with the potentials `like`."""
        chances = torch.zeros_like(like) if self.redrawn == "presentation" else like.new_zeros(0)
        return DropoutState(self.share, chances, torch.full_like(like, 1 - self.share))
