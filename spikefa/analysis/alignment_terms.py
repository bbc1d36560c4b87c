"""Why forward weights align: what each past change of the layer below adds to the next change.

Panjehpour & EsmailZadeh 2022, eqs. 3 to 6. In a rate network that learns by feedback alignment, W_l
changes by ``-eta s_l^T delta_{l+1}``, and s_l has been shaped by every earlier change of the
weights below it, which brought along B_l. The part that goes back to the change of o updates ago is
the *alignment term of order o*.
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
    """Return the alignment terms of W_l by their order (eq. 4).

    With the activity x two layers below, W the weights from there, and all but W as it is now::

        zeta_o = x W[k - o] + b
        T_o    = -rate (f'(zeta_o) * (x (W[k - o + 1] - W[k - o])))^T delta

    To first order in the changes, all terms back to the first update, together with what the first
    weights alone would do, ``-rate f(x W[0] + b)^T delta``, are the change of W_l. For f linear
    that is exact. The weights must have changed by learning alone.

    Parameters
    ----------
    inputs : Tensor [batch, n_{l-1}]
        x, activity of the population below the one that W_l comes from, now.
    history : Tensor [orders + 1, n_{l-1}, n_l]
        The weights between the two after each of the last updates, the oldest first, the present
        ones last.
    bias : Tensor [n_l]
        b, of the population that W_l comes from, now.
    delta : Tensor [batch, n_{l+1}]
        What W_l learns from now: modulator times gain of the population that it ends on.
    population : Population
        The one that W_l comes from: f' is its gain. It should have no memory (tau = 1).
    rate : float, default 1
        eta; no matter for an angle.

    Returns
    -------
    Tensor [orders, n_l, n_{l+1}]
        That of order 1 first. B_l^T is what they may align with.

    Raises
    ------
    SpikefaError
        If there are fewer than two entries in the history.
    """
    require(len(history) >= 2, f"orders need at least 2 weights in a row, {len(history)} given")
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
    """Return what turns B^T into an alignment term of a linear network (eq. 5).

    ``T_o = eta^2 B^T M``, ``M = delta[k - o]^T x[k - o] x[k]^T delta[k]``. W aligns with B^T as far
    as M preserves directions: it does where it is symmetric and positive, such as for o = 0 or for
    a batch that is shown again, and does not where it is skew, see `symmetric_and_skew`.

    Parameters
    ----------
    inputs, past_inputs : Tensor [batch, n_{l-1}]
        x now and o updates ago.
    delta, past_delta : Tensor [batch, n_{l+1}]
        What W_l learned from now and then.

    Returns
    -------
    Tensor [n_{l+1}, n_{l+1}]
    """
    return (past_delta.mT @ past_inputs) @ (inputs.mT @ delta)


def symmetric_and_skew(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Return the two parts of a square matrix, ``(M + M^T) / 2`` and ``(M - M^T) / 2``.

    ``B^T`` and ``B^T M_skew`` are at a right angle whatever B (eq. 6), so that alignment is up to
    the symmetric part, and to how large the skew one is beside it, see `skew_ratio`.

    Raises
    ------
    SpikefaError
        If the matrix is not square.
    """
    require(
        matrix.dim() >= 2 and matrix.shape[-1] == matrix.shape[-2],
        f"a transformation matrix is square, {tuple(matrix.shape)} given",
    )
    return (matrix + matrix.mT) / 2, (matrix - matrix.mT) / 2


def skew_ratio(feedback: Tensor, matrix: Tensor) -> float:
    """Return ``|B^T M_skew| / |B^T M_sym|``: the less, the better B^T keeps its direction.

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
    """Return the cosine of each of many tensors to one direction, such as terms to B^T.

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
