"""Alignment terms: the part of a weight change that goes back to each past change below.

Panjehpour & EsmailZadeh 2022, eqs. 3 to 6. In a rate network that learns by feedback alignment, W_l
changes by ``-eta s_l^T delta_{l+1}``. Every earlier change of the weights below was made with B_l
and has shaped s_l. The part of the change of W_l that goes back to the change made o updates ago is
the *alignment term of order o*, and it explains why forward weights align with B_l.
"""

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.neurons import Population


def alignment_terms(
    inputs: Tensor,
    history: Tensor,
    bias: Tensor,
    delta: Tensor,
    population: Population,
    rate: float = 1.0,
) -> Tensor:
    """Return the alignment terms of W_l, by order (eq. 4).

    With x the activity of the population below, W[k] the weights from there after update k, and
    everything else at its present value::

        zeta_o = x W[k - o] + b
        T_o    = -rate (f'(zeta_o) * (x (W[k - o + 1] - W[k - o])))^T delta

    To first order in the changes, the change of W_l is the sum of all terms back to the first
    update and of the contribution of the initial weights, ``-rate f(x W[0] + b)^T delta``. This is
    exact for linear f. The weights must have changed by learning only.

    Parameters
    ----------
    inputs : Tensor [batch, n_{l-1}]
        x, the present activity of the population below the presynaptic one of W_l.
    history : Tensor [orders + 1, n_{l-1}, n_l]
        The weights between these two populations after each of the last updates, the oldest first,
        the present ones last.
    bias : Tensor [n_l]
        b, the present bias of the presynaptic population of W_l.
    delta : Tensor [batch, n_{l+1}]
        What W_l learns from now: modulator times gain of its postsynaptic population.
    population : Population
        The presynaptic population of W_l; f' is its gain. It should have no memory (tau = 1).
    rate : float, default 1
        eta. It does not change angles.

    Returns
    -------
    Tensor [orders, n_l, n_{l+1}]
        Order 1 first. They may align with B_l^T.

    Raises
    ------
    SpikefaError
        If the history has fewer than two entries.
    """
    require(
        len(history) >= 2,
        f"the history needs 2 or more weights, {len(history)} given",
    )
    orders, _, here = len(history) - 1, *history.shape[1:]
    state = population.state(len(inputs), inputs.device, inputs.dtype)
    terms = inputs.new_empty(orders, here, delta.shape[-1])
    for order in range(1, orders + 1):
        before, after = history[-1 - order], history[-order]
        torch.addmm(bias, inputs, before, out=state.drive)
        population.step(state)
        shaped = (inputs @ (after - before)).mul_(state.gain)
        torch.matmul(shaped.mT, delta, out=terms[order - 1])
    return terms.mul_(-rate)


def transformation_matrix(
    inputs: Tensor, delta: Tensor, past_inputs: Tensor, past_delta: Tensor
) -> Tensor:
    """Return the matrix M that turns B^T into an alignment term of a linear network (eq. 5).

    ``T_o = eta^2 B^T M``, ``M = delta[k - o]^T x[k - o] x[k]^T delta[k]``. W aligns with B^T to the
    extent that M preserves directions. It does if M is symmetric and positive, such as for o = 0 or
    for a batch that is shown again. It does not if M is skew-symmetric, see `symmetric_and_skew`.

    Parameters
    ----------
    inputs, past_inputs : Tensor [batch, n_{l-1}]
        x now and o updates ago.
    delta, past_delta : Tensor [batch, n_{l+1}]
        What W_l learned from now and o updates ago.

    Returns
    -------
    Tensor [n_{l+1}, n_{l+1}]
    """
    return (past_delta.mT @ past_inputs) @ (inputs.mT @ delta)


def symmetric_and_skew(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return the symmetric and skew parts, ``(M + M^T) / 2`` and ``(M - M^T) / 2``.

    ``B^T`` and ``B^T M_skew`` are orthogonal for every B (eq. 6). Alignment therefore depends on
    the symmetric part and on the relative size of the skew part, see `skew_ratio`.

    Raises
    ------
    SpikefaError
        If the matrix is not square.
    """
    require(
        matrix.dim() >= 2 and matrix.shape[-1] == matrix.shape[-2],
        f"a transformation matrix must be square, {tuple(matrix.shape)} given",
    )
    return (matrix + matrix.mT) / 2, (matrix - matrix.mT) / 2


def skew_ratio(feedback: Tensor, matrix: Tensor) -> float:
    """Return ``|B^T M_skew| / |B^T M_sym|``; the smaller, the better B^T keeps its direction.

    Parameters
    ----------
    feedback : Tensor [n_{l+1}, n_l]
        B.
    matrix : Tensor [n_{l+1}, n_{l+1}]
        M, see `transformation_matrix`.
    """
    symmetric, skew = symmetric_and_skew(matrix.detach().double())
    back = feedback.detach().double().mT
    return float((back @ skew).norm() / (back @ symmetric).norm())


def cosines(terms: Tensor, direction: Tensor) -> Tensor:
    """Return the cosine between each of many tensors and one direction, such as B^T.

    Parameters
    ----------
    terms : Tensor [n, ...]
    direction : Tensor [...]

    Returns
    -------
    Tensor [n]
        float64; nan for a term that is all zeros.
    """
    x, y = terms.detach().double().flatten(1), direction.detach().double().flatten()
    return (x @ y) / (x.norm(dim=1) * y.norm())
