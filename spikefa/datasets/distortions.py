"""Elastic distortions, which make new examples from images."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, map_coordinates
from torch import Tensor

from spikefa.errors import require
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import PositiveScale, Scale, Size


@dataclass(frozen=True)
class Elastic:
    """Moves every pixel by a random, smooth displacement field (Simard, Steinkraus & Platt 2003).

    Displacements from U[-1, 1], one for each pixel and direction, are smoothed by a Gaussian of
    `smoothness` pixels and multiplied by `strength`. Grey values between pixels are interpolated
    linearly; beyond its border an image continues with the values of its border.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the images.
    strength : float, default 34
        The paper's value for MNIST; 0 changes nothing.
    smoothness : float, default 4
        Standard deviation of the Gaussian, in pixels.

    Raises
    ------
    SpikefaError
        If a number is out of range.
    """

    shape: tuple[Size, Size]
    strength: Scale = 34.0
    smoothness: PositiveScale = 4.0

    def __post_init__(self) -> None:
        check_fields(self)

    def __call__(self, inputs: Tensor, source: torch.Generator) -> None:
        """Distort each of the images `inputs` [batch, pixels] in place, with its own field.

        Raises
        ------
        SpikefaError
            If they have another number of pixels.
        """
        height, width = self.shape
        require(
            inputs.shape[-1] == height * width,
            f"images of {inputs.shape[-1]} numbers, distortions of {height} x {width} grey pixels: "
            "give the shape of the images",
        )
        images = inputs.view(-1, height, width).cpu().numpy()
        field = torch.rand(2, *images.shape, generator=source).mul_(2).sub_(1).numpy()
        widths = (0, 0, self.smoothness, self.smoothness)
        field = self.strength * gaussian_filter(field, widths, mode="constant")
        number, row, column = np.indices(images.shape, dtype=np.float32)
        places = np.stack([number, row + field[0], column + field[1]])
        moved = map_coordinates(images, places, order=1, mode="nearest")
        inputs.copy_(torch.from_numpy(moved).flatten(1))
