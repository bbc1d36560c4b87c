"""Synapses that fail to transmit at random."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.synapses.constraint import Constraint
from spikefa.utils.hashing import hashed_uniforms, keys_from, normal
from spikefa.utils.ranges import ProperShare


@dataclass(eq=False)
class Failure(Constraint):
    """Every synapse fails to transmit a spike with probability p, independently in each stream.

    A number for each synapse, stream and step would cost far more than the network, so what arrives
    at a neuron is drawn at once, from the normal distribution of the exact mean and variance::

        drive = (1 - p) s W + b + sqrt(p (1 - p) s^2 W^2) z         squares of each element

    For neurons with few active synapses this is only approximately the distribution of a sum of
    failures. The mean drive falls to 1 - p of what it was; it is not scaled up, as it is not in a
    synapse. Rules and circuits do not see which synapses failed. Synapses fail in tests too, as in
    a brain or on a chip, with random numbers of the test's own.

    Whoever drives the network draws new `keys` before each step, as a simulation does; z is a hash
    of them, see `spikefa.utils.hashing`.

    Parameters
    ----------
    probability : float
        p, in (0, 1).

    Attributes
    ----------
    keys : Tensor [2]
        Uniforms of this step, see `Synapses.held`.

    Raises
    ------
    SpikefaError
        If the probability is not between 0 and 1.
    """

    probability: ProperShare
    keys: Tensor = field(init=False, repr=False)
    _room: Tensor = field(init=False, repr=False)

    def connect(self, weight: Tensor, others: Sequence[Constraint]) -> None:
        """Allocate room for the squares of the weights."""
        self.keys = weight.new_zeros(2)
        self._room = torch.zeros_like(weight)

    def disturb(self, pre: Tensor, weight: Tensor, out: Tensor) -> None:
        """Scale the mean and add the noise."""
        p = self.probability
        spread = torch.matmul(pre.square(), torch.mul(weight, weight, out=self._room))
        noise = _noise(self.keys, out)
        out.mul_(1 - p).addcmul_(spread.sqrt_(), noise, value=math.sqrt(p * (1 - p)))

    def uniforms(self) -> dict[str, Tensor]:
        """Return the keys."""
        return {"failure": self.keys}


def _noise(keys: Tensor, like: Tensor) -> Tensor:
    """Return numbers from the standard normal distribution, a number for each of `like`."""
    rooms = (torch.empty_like(like, dtype=torch.int32) for _ in range(2))
    chances = hashed_uniforms(keys_from(keys), torch.empty_like(like), (next(rooms), next(rooms)))
    return normal(chances)
