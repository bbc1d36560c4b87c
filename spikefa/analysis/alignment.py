"""Angles between what is there and what backpropagation would use."""

from collections.abc import Sequence

import torch

from spikefa.angles import angle_between
from spikefa.errors import require


def angle(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return the angle between two tensors taken as flat vectors, in degrees.

    Parameters
    ----------
    a, b : tensor
        Of one shape. Two random vectors of many elements are at nearly 90 degrees.

    Returns
    -------
    float
        0 to 180; nan if either is all zeros or holds what is not finite.

    Raises
    ------
    SpikefaError
        If the shapes differ.
    """
    require(
        a.shape == b.shape,
        f"an angle needs tensors of one shape, not {tuple(a.shape)} and {tuple(b.shape)}",
    )
    return float(angle_between(a, b))


def weight_alignment(
    weights: Sequence[torch.Tensor], feedback: Sequence[torch.Tensor]
) -> list[float]:
    """Return, per layer, the angle in degrees between W and the transpose of B.

    W [n_pre, n_post] carries activity up through a layer and B [n_post, n_pre] carries the error
    down through the same layer. Backpropagation is B = W^T, an angle of 0; feedback alignment
    begins at 90 degrees and falls as W comes to resemble B^T (Lillicrap et al. 2016, Fig. 5a).

    Parameters
    ----------
    weights : sequence of tensor, each [n_pre, n_post]
        Forward weights of the layers that an error is carried down through. The first layer of a
        network has no feedback into its input: leave it out.
    feedback : sequence of tensor, each [n_post, n_pre]
        Feedback weights of the same layers.

    Raises
    ------
    SpikefaError
        If the lists differ in length or a pair of shapes does not fit.
    """
    require(
        len(weights) == len(feedback),
        f"{len(weights)} forward and {len(feedback)} feedback weights: give one B for each W",
    )
    for layer, (forward, back) in enumerate(zip(weights, feedback, strict=True), start=1):
        require(
            forward.shape == back.mT.shape,
            f"weights {layer} are {tuple(forward.shape)} forward and {tuple(back.shape)} back: B "
            "must have the shape of W transposed",
        )
    return [angle(forward, back.mT) for forward, back in zip(weights, feedback, strict=True)]
