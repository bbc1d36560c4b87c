"""Whether the steps of a layer's weights are too long for the activity that they read."""

import torch
from torch import Tensor

from spikefa.errors import require


def overshoot(activity: Tensor, rate: float) -> float:
    """Return eta times the largest eigenvalue of <h h^T>, beyond 2 of which descent overshoots.

    Descent on the squared error of linear neurons, ``W <- W - eta <h e^T>``, multiplies the error
    along each eigenvector of <h h^T> by 1 - eta times its eigenvalue, so that it grows if that is
    beyond 2. The largest eigenvalue is large if neurons saturate together, as those do that many
    updates push the same way. With a squashing output its slope, below 1, makes steps shorter.
    LeCun, Bottou, Orr and Mueller 2012, Efficient BackProp, section 4.

    Parameters
    ----------
    activity : Tensor [examples, n_pre]
        h, what the layer's synapses send.
    rate : float
        eta, for the mean over examples.

    Returns
    -------
    float

    Raises
    ------
    SpikefaError
        If there is no example, or the activity has more dimensions, such as one of replicas.
    """
    require(
        activity.dim() == 2 and len(activity) > 0,
        f"activity of shape {list(activity.shape)} given, expected [examples, neurons], of one "
        "network, and one example at least",
    )
    largest = torch.linalg.matrix_norm(activity, 2)  # the largest singular value of h
    return rate * float(largest) ** 2 / len(activity)
