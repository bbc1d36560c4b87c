"""Gradient descent with randomly rotated gradients, at a chosen alignment with the true ones."""

from typing import Any

import torch
from torch import Tensor

from spikefa.utils.seeding import generator


class Perturbed(torch.optim.SGD):
    """Gradient descent that rotates the gradients of all layers below the output (figure 3).

    At every update each gradient g is replaced by a vector of the same length in a new random
    direction whose cosine with g is the alignment a::

        g <- a g + sqrt(1 - a^2) |g| n        n random, of length 1, at a right angle to g

    Parameters
    ----------
    groups : list of dict
        One for each projection, from the input upwards, with the weights as first parameter.
    alignment : float
        -1 to 1.
    seed : int
        Its stream ``perturbation`` is used.
    """

    def __init__(self, groups: list[dict[str, Any]], alignment: float, seed: int):
        super().__init__(groups, lr=0.0)
        self.alignment = alignment
        self.noises = [torch.zeros_like(group["params"][0]) for group in groups[:-1]]
        self.source = generator(seed, "perturbation", device=groups[0]["params"][0].device)

    def step(self, closure: Any = None) -> Any:
        """Rotate the gradients of the hidden layers, then descend."""
        for group, noise in zip(self.param_groups[:-1], self.noises, strict=True):
            gradient = group["params"][0].grad
            if gradient is not None:
                turn(gradient, self.alignment, noise.normal_(generator=self.source))
        return super().step(closure)


def turn(gradient: Tensor, alignment: float, noise: Tensor) -> None:
    """Rotate `gradient` in place so that its cosine with the original is `alignment`.

    Parameters
    ----------
    gradient : Tensor [n_pre, n_post]
        Keeps its length; a gradient of 0 stays 0.
    alignment : float
    noise : Tensor [n_pre, n_post]
        Random numbers that determine the direction; changed in place.
    """
    least = torch.finfo(gradient.dtype).tiny
    length = gradient.norm()
    along = (noise * gradient).sum() / length.square().clamp(min=least)
    noise.sub_(along * gradient)
    noise.mul_(length / noise.norm().clamp(min=least))
    gradient.mul_(alignment).add_(noise, alpha=(1 - alignment**2) ** 0.5)
