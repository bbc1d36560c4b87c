"""Fraction of neuron pairs that are connected in both directions."""

import torch
from torch import Tensor

from spikefa.errors import require


def reciprocal_rate(forward: Tensor, back: Tensor) -> float:
    """Return the fraction of all pairs of neurons that are connected in both directions.

    Parameters
    ----------
    forward : Tensor [n_pre, n_post]
        Weights, or the mask of existing synapses. A weight of 0 counts as no synapse.
    back : Tensor [n_post, n_pre]
        Feedback weights or mask, likewise. Masks drawn independently, with fractions p and q of the
        synapses removed, give (1 - p)(1 - q).

    Raises
    ------
    SpikefaError
        If the shapes are not transposes of each other.
    """
    require(
        forward.shape == back.mT.shape,
        f"feedback weights must have the transposed shape of the forward weights: "
        f"{list(forward.shape)} and {list(back.shape)} given",
    )
    return float(((forward != 0) & (back.mT != 0)).to(torch.float64).mean())
