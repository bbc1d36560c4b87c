"""Angles and other measures of alignment with what backpropagation would use."""

import math
from collections.abc import Sequence

import numpy as np
import torch

from spikefa.errors import require
from spikefa.network.network import Network
from spikefa.utils.angles import angle_between
from spikefa.utils.tensors import current


def angle(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return the angle between two tensors taken as flat vectors, in degrees.

    Parameters
    ----------
    a, b : tensor
        Of the same shape. Two random vectors of many elements are nearly at 90 degrees.

    Returns
    -------
    float
        0 to 180; nan if either is all zeros or holds a value that is not finite.

    Raises
    ------
    SpikefaError
        If the shapes differ.
    """
    require(
        a.shape == b.shape,
        f"an angle needs tensors of the same shape, not {tuple(a.shape)} and {tuple(b.shape)}",
    )
    return float(angle_between(a, b))


def cosine(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return the cosine of the angle between two tensors taken as flat vectors.

    Chu & Bacho 2024 call it alignment: 1 is parallel, 0 orthogonal, -1 opposite.

    Parameters
    ----------
    a, b : tensor
        Of the same shape.

    Returns
    -------
    float
        nan if either is all zeros.

    Raises
    ------
    SpikefaError
        If the shapes differ.
    """
    return math.cos(math.radians(angle(a, b)))


def stability_criterion(
    updates: Sequence[torch.Tensor], gradients: Sequence[torch.Tensor]
) -> list[float]:
    """Return, per layer, the alignment whose sign says whether the layer is stable (eq. 11).

    A small step against an update ``D`` lowers the loss, to first order, by ``D . dL/dW``. At an
    extremum of the loss, learning by a circuit other than backpropagation is stable only if, in
    every layer (Chu & Bacho 2024, eqs. 7 to 11)::

        D . dL/dW / (|D| |dL/dW|) >= 0

    Parameters
    ----------
    updates : sequence of tensor, each [n_pre, n_post]
        The gradient that the circuit delivers, which is subtracted from the weights; the learning
        rate does not matter. See `delta_angles.pseudo_gradients`.
    gradients : sequence of tensor, each [n_pre, n_post]
        dL/dW for the same layers and examples.

    Returns
    -------
    list of float
        -1 to 1; nan where either is all zeros, such as gradients below weights that are 0.

    Raises
    ------
    SpikefaError
        If the lists differ in length or in shapes.
    """
    require(
        len(updates) == len(gradients),
        f"{len(updates)} updates and {len(gradients)} gradients: give one of each per layer",
    )
    return [cosine(*pair) for pair in zip(updates, gradients, strict=True)]


def weight_alignment(
    weights: Sequence[torch.Tensor], feedback: Sequence[torch.Tensor]
) -> list[float]:
    """Return, per layer, the angle in degrees between W and the transpose of B.

    W [n_pre, n_post] carries activity up through a layer and B [n_post, n_pre] carries the error
    down through the same layer. In backpropagation B = W^T, and the angle is 0. In feedback
    alignment it starts near 90 degrees and falls as W aligns with B^T (Lillicrap et al. 2016,
    figure 5a).

    Parameters
    ----------
    weights : sequence of tensor, each [n_pre, n_post]
        Forward weights of the layers with feedback. Leave out the first layer of a network, since
        no error is carried to the input.
    feedback : sequence of tensor, each [n_post, n_pre]
        Feedback weights of the same layers.

    Raises
    ------
    SpikefaError
        If the lists differ in length, or the shapes of a pair do not match.
    """
    require(
        len(weights) == len(feedback),
        f"{len(weights)} forward and {len(feedback)} feedback weights: give one B for each W",
    )
    for layer, (forward, back) in enumerate(zip(weights, feedback, strict=True), start=1):
        require(
            forward.shape == back.mT.shape,
            f"weights {layer} are {tuple(forward.shape)} forward and {tuple(back.shape)} feedback: "
            "B must have the shape of W transposed",
        )
    return [angle(forward, back.mT) for forward, back in zip(weights, feedback, strict=True)]


def row_angles(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the angle in degrees between each row of `a` and the same row of `b`.

    For the deltas of two circuits, `[batch, n]`, these are the angles of single examples. For a
    weight matrix `[n_pre, n_post]` and the transpose of its feedback matrix they are the angles
    between the outgoing and the feedback weights of single neurons (Lillicrap et al. 2016,
    figure 5a).

    Parameters
    ----------
    a, b : tensor [..., rows, n]

    Returns
    -------
    tensor [..., rows]
        float64; nan where one of the two rows is all zeros.
    """
    require(
        a.shape == b.shape,
        f"angles need tensors of the same shape, not {tuple(a.shape)} and {tuple(b.shape)}",
    )
    x, y = a.detach().double(), b.detach().double()
    x, y = x / x.norm(dim=-1, keepdim=True), y / y.norm(dim=-1, keepdim=True)
    return torch.rad2deg(2 * torch.atan2((x - y).norm(dim=-1), (x + y).norm(dim=-1)))


def norm_ratio(a: torch.Tensor, b: torch.Tensor) -> float:
    """Return the ratio of two norms, ``|a| / |b|``, such as those of B^T and W."""
    return float(a.detach().double().norm() / b.detach().double().norm())


def path_norm_ratios(network: Network) -> dict[str, float]:
    """Return ``|B| / |W|`` of each projection with a feedback path, by its name.

    B is the matrix of the whole path, as in `Network.alignment` (Li Ji-An & Benna, figure 2: the
    path norm ratio). The ratio is 1 for backpropagation. Errors fade on their way down where it is
    smaller, and explode where it is much larger. The network must be a single one or a replica.
    """
    require(
        not network.leading,
        "the ratios are defined for a single network: give a replica, such as network.replica(0)",
    )
    network.require_whole("the ratio of norms")
    carried = list(network.synapses.items())[1:]
    return {
        name: norm_ratio(current(back), synapses.weight)
        for (name, synapses), back in zip(carried, network.feedback.paths(), strict=False)
    }


def overlap(weight: torch.Tensor, feedback: torch.Tensor) -> float:
    """Return tr(B W), positive if W is aligned with B^T (Lillicrap et al. 2016, suppl. note 12).

    Parameters
    ----------
    weight : tensor [n_pre, n_post]
    feedback : tensor [n_post, n_pre]
    """
    return float((weight.detach().double() * feedback.detach().mT.double()).sum())


def teaching_overlap(
    first: torch.Tensor, second: torch.Tensor, feedback: torch.Tensor, target: torch.Tensor
) -> float:
    """Return tr(A^T B E), E = T - W A, of a linear network (Lillicrap et al. 2016, note 12).

    It is the rate of growth of tr(B W), and half the rate of growth of |A|^2.

    Parameters
    ----------
    first : tensor [n_inputs, n_hidden]
        The paper's A, transposed like all matrices here.
    second : tensor [n_hidden, n_outputs]
        W.
    feedback : tensor [n_outputs, n_hidden]
        B.
    target : tensor [n_inputs, n_outputs]
        T.
    """
    error = target - first @ second
    return float((first * (error @ feedback)).sum())


def marchenko_pastur(
    ratio: float, variance: float = 1.0, points: int = 400
) -> tuple[np.ndarray, np.ndarray]:
    """Return the density of the eigenvalues of ``B^T B`` for a large random B.

    B has `n` columns and ``n / ratio`` rows of independent elements with mean 0 and variance
    ``variance * ratio / n`` (Marchenko & Pastur 1967)::

        p(x) = sqrt((high - x) (x - low)) / (2 pi variance ratio x)
        low, high = variance (1 -+ sqrt(ratio))^2

    Parameters
    ----------
    ratio : float
        lambda, columns per row, in (0, 1]. In product feedback alignment 1 / lambda is the
        expansion.
    variance : float, default 1
        Mean eigenvalue.
    points : int, default 400

    Returns
    -------
    x, p : ndarray [points]
        From the lower to the upper edge of the spectrum.
    """
    require(0 < ratio <= 1, f"lambda must be in (0, 1], {ratio} given")
    low, high = (variance * (1 + sign * ratio**0.5) ** 2 for sign in (-1, 1))
    x = np.linspace(low, high, points)
    inside = np.sqrt(np.clip((high - x) * (x - low), 0, None))
    return x, inside / (2 * np.pi * variance * ratio * np.maximum(x, 1e-300))
