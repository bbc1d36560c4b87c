"""The angle between two tensors, computed on their device."""

import torch
from torch import Tensor


def angle_between(a: Tensor, b: Tensor) -> Tensor:
    """Return the angle in degrees between `a` and `b` as flat vectors, a float64 scalar.

    For vectors x and y of unit length it is ``2 atan2(|x - y|, |x + y|)``. This equals the arc
    cosine of x . y, but loses no digits near 0 and 180 degrees. The angle is nan if either tensor
    is all zeros or holds a value that is not finite. The device is not synchronised.
    """
    x, y = (each.detach().to(torch.float64).flatten() for each in (a, b))
    # Dividing by the largest element first keeps squares of tiny numbers from underflowing.
    x, y = x / x.abs().max(), y / y.abs().max()
    x, y = x / x.norm(), y / y.norm()
    return torch.rad2deg(2 * torch.atan2((x - y).norm(), (x + y).norm()))
