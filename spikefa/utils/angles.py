"""The angle between two tensors, left on the device."""

import torch
from torch import Tensor


def angle_between(a: Tensor, b: Tensor) -> Tensor:
    """Return the angle in degrees between `a` and `b` as flat vectors, a float64 scalar.

    With x and y as vectors of unit length it is ``2 atan2(|x - y|, |x + y|)``, which equals the arc
    cosine of x . y and, unlike it, loses no digits near 0 and 180 degrees. It is nan if either is
    all zeros or holds what is not finite. Nothing is waited for.
    """
    x, y = (each.detach().to(torch.float64).flatten() for each in (a, b))
    # Dividing by the largest element first keeps the squares of tiny numbers from vanishing.
    x, y = x / x.abs().max(), y / y.abs().max()
    x, y = x / x.norm(), y / y.norm()
    return torch.rad2deg(2 * torch.atan2((x - y).norm(), (x + y).norm()))
