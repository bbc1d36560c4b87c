"""Affine and elastic distortions of images, drawn on the device of the network."""

import math
from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from spikefa.stimulus.augmentation import Augmentation
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import Degrees, PositiveScale, Scale, ShareBelowOne, Size

AFFINE = 6
"""Random numbers for an angle, two scales, a shear and two shifts."""
REACH = 4
"""Standard deviations after which the Gaussian is cut off."""


@dataclass(frozen=True)
class Distortion(Augmentation):
    """Turns, scales, shears and moves images, and bends them elastically.

    Where the brightness of the pixel at (y, x), counted from the centre, comes from::

        (u, v) = rotation (y - shift_y, x - shift_x)
        source = (u / scale_y + d_y, (v - shear u) / scale_x + d_x)

    The six numbers of a stream are uniform in the ranges below. The displacements d are a smooth
    random field (Simard, Steinkraus & Platt 2003): for each pixel and direction a number from U(-1,
    1), smoothed by a Gaussian and multiplied by `strength`. Brightness between pixels is
    interpolated linearly; outside an image it is 0. All channels move alike. Tests show the images
    as they are.

    The defaults are in the ranges of Ciresan et al. 2010 for MNIST.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the images.
    rotation : float, default 15
        Largest angle, in degrees, in either direction.
    scaling : float, default 0.15
        Each side gets 1 - `scaling` to 1 + `scaling` times as long.
    shear : float, default 0
        Largest slope of upright lines.
    shift : float, default 0
        Largest way, in pixels, up, down, left and right.
    strength : float, default 37
        Of the elastic displacements, in pixels before they are smoothed; 0: none.
    smoothness : float, default 5.5
        Standard deviation of the Gaussian, in pixels.

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """

    shape: tuple[Size, Size]
    _: KW_ONLY
    rotation: Degrees = 15.0
    scaling: ShareBelowOne = 0.15
    shear: Scale = 0.0
    shift: Scale = 0.0
    strength: Scale = 37.0
    smoothness: PositiveScale = 5.5

    def __post_init__(self) -> None:
        check_fields(self)

    def numbers(self, n_inputs: int) -> int:
        """Return 6 and, for elastic displacements, two for each pixel."""
        return AFFINE + (2 * self.shape[0] * self.shape[1] if self.strength else 0)

    def __call__(self, inputs: Tensor, chances: Tensor) -> Tensor:
        """Return distorted images."""
        height, width = self.shape
        places = self._affine(2 * chances[:, :AFFINE] - 1)
        if self.strength:
            places = places + self._displacements(2 * chances[:, AFFINE:] - 1)
        # grid_sample wants (x, y) from -1 to 1, which are the outer edges of the outer pixels
        half = places.new_tensor((height / 2, width / 2))
        grid = (places / half).flip(-1).to(inputs.dtype)
        images = inputs.view(len(inputs), -1, height, width)
        moved = grid_sample(images, grid, padding_mode="zeros", align_corners=False)
        return moved.flatten(1)

    def _affine(self, numbers: Tensor) -> Tensor:
        """Return where each pixel comes from, (y, x) from the centre, [streams, h, w, 2]."""
        height, width = self.shape
        angle, longer, wider, shear, down, right = numbers.view(-1, AFFINE, 1, 1).unbind(1)
        y = _from_centre(height, numbers).unsqueeze(1) - self.shift * down
        x = _from_centre(width, numbers) - self.shift * right
        angle = angle * math.radians(self.rotation)
        u = y * angle.cos() + x * angle.sin()
        v = x * angle.cos() - y * angle.sin() - self.shear * shear * u
        return torch.stack((u / (1 + self.scaling * longer), v / (1 + self.scaling * wider)), -1)

    def _displacements(self, numbers: Tensor) -> Tensor:
        """Return smooth displacements (y, x), [streams, h, w, 2]."""
        height, width = self.shape
        rough = numbers.view(-1, 2, height, width)
        down, right = (_gaussian(size, self.smoothness, rough) for size in self.shape)
        return (self.strength * (down @ rough @ right)).movedim(1, -1)


def _from_centre(size: int, like: Tensor) -> Tensor:
    return torch.arange(size, dtype=like.dtype, device=like.device) - (size - 1) / 2


def _gaussian(size: int, deviation: float, like: Tensor) -> Tensor:
    """Return the matrix [size, size] that smooths a line of pixels; beyond them all is 0."""
    reach = int(REACH * deviation + 0.5)
    place = torch.arange(-reach, size + reach, dtype=torch.float64, device=like.device)
    distance = (place[reach : reach + size].unsqueeze(1) - place).abs()
    weights = torch.exp(-0.5 * (distance / deviation) ** 2).masked_fill_(distance > reach, 0)
    weights /= weights.sum(1, keepdim=True)
    return weights[:, reach : reach + size].to(like.dtype)
