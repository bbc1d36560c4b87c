"""The step size of a layer's weights, relative to the largest stable one."""

import torch
from torch import Tensor

from spikefa.errors import require


def overshoot(activity: Tensor, rate: float) -> float:
    """Return eta times the largest eigenvalue of <h h^T>; descent overshoots if it exceeds 2.

    Gradient descent on the squared error of linear neurons, ``W <- W - eta <h e^T>``, multiplies
    the error along each eigenvector of <h h^T> by 1 minus eta times its eigenvalue, so the error
    grows if this product exceeds 2 (LeCun, Bottou, Orr and Mueller 2012, Efficient BackProp,
    section 4). The largest eigenvalue is large if neurons saturate together. A saturating output,
    whose slope is below 1, makes the steps shorter.

    Parameters
    ----------
    activity : Tensor [examples, n_pre]
        h, the activity of the layer's presynaptic neurons.
    rate : float
        eta, for the mean over examples.

    Returns
    -------
    float

    Raises
    ------
    SpikefaError
        If there are no examples, or the activity has other dimensions, such as one for replicas.
    """
    require(
        activity.dim() == 2 and len(activity) > 0,
        f"activity of shape {list(activity.shape)} given, expected [examples, neurons] of a single "
        "network, with at least one example",
    )
    largest = torch.linalg.matrix_norm(activity, 2)  # the largest singular value of h
    return rate * float(largest) ** 2 / len(activity)
