"""Elastic distortions of images, which make new examples of old ones."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from spikefa.errors import require


@dataclass(frozen=True)
class Elastic:
    """Moves every pixel by a random, smooth field (Simard, Steinkraus & Platt 2003).

    Displacements from U[-1, 1], one for each pixel and direction, are smoothed by a Gaussian of
    `smoothness` pixels and multiplied by `strength`; grey values between pixels are interpolated
    linearly. Beyond its border an image goes on as it is there.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the images.
    strength : float, default 34
        Of MNIST in the paper; 0 changes nothing.
    smoothness : float, default 4
        Standard deviation of the Gaussian, in pixels.

    Raises
    ------
    SpikefaError
        If a number is out of range.
    """

    shape: tuple[int, int]
    strength: float = 34.0
    smoothness: float = 4.0

    def __post_init__(self) -> None:
        require(
            self.strength >= 0 and self.smoothness > 0,
            f"strength {self.strength} and smoothness {self.smoothness}: the first must not be "
            "negative, the second must be positive",
        )

    def __call__(self, inputs: Tensor, source: torch.Generator) -> None:
        """Distort the images `inputs` [batch, pixels] in place, each in its own way."""
        from scipy.ndimage import gaussian_filter, map_coordinates

        height, width = self.shape
        images = inputs.view(-1, height, width).cpu().numpy()
        field = torch.rand(2, *images.shape, generator=source).mul_(2).sub_(1).numpy()
        widths = (0, 0, self.smoothness, self.smoothness)
        field = self.strength * gaussian_filter(field, widths, mode="constant")
        number, row, column = np.indices(images.shape, dtype=np.float32)
        places = np.stack([number, row + field[0], column + field[1]])
        moved = map_coordinates(images, places, order=1, mode="nearest")
        inputs.copy_(torch.from_numpy(moved).flatten(1))
