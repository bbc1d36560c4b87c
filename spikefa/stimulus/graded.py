"""Graded input, without spikes, for rate networks."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spikefa.datasets.arrays import WHITE
from spikefa.datasets.images import Images, require_images
from spikefa.errors import require
from spikefa.stimulus.encodings import CodeState, Encoding, check_brightness
from spikefa.utils.checking import ranged
from spikefa.utils.ranges import PositiveScale, Signed

AT_ONCE = 1000
"""Images whose values are counted together."""
MOST_READ = 4000
"""Images in files that are read to standardise all."""


class Graded(Encoding):
    """No spikes: the input is ``scale (x - shift)`` at every step, for rate networks.

    Parameters
    ----------
    shift, scale : float or tuple of float, default 0 and 1
        ``Graded(mean, 1 / deviation)`` standardises the pixels (Lillicrap et al. 2016,
        supplementary note 5). Several numbers are for the channels of an image in colours, see
        `standardising`.

    Raises
    ------
    SpikefaError
        If there is not one shift for each scale.
    """

    @ranged
    def __init__(
        self,
        shift: Signed | tuple[Signed, ...] = 0.0,
        scale: PositiveScale | tuple[PositiveScale, ...] = 1.0,
    ):
        self.shift = shift
        self.scale = scale
        shifts, scales = _each(shift), _each(scale)
        require(
            len(shifts) == len(scales) > 0,
            f"{len(shifts)} shifts and {len(scales)} scales: give one of both for each channel",
        )

    @classmethod
    def standardising(cls, images: Images) -> "Graded":
        """Return the encoding that gives images, or each of their colours, mean 0 and deviation 1.

        Use the same for training and tests. A channel that never changes becomes 0.

        Parameters
        ----------
        images : Images
            The training images. If they are in files, at most 4,000 of them are read, at equal
            distances, by several threads.
        """
        require_images("images", images)
        levels = np.arange(WHITE + 1) / images.full_scale
        shifts, scales = [], []
        for counts in _histograms(images):
            share = counts / counts.sum()
            mean = float(share @ levels)
            spread = float(np.sqrt(share @ (levels - mean) ** 2))
            shifts.append(mean)
            scales.append(1 / spread if spread > 0 else 1.0)
        return cls(tuple(shifts), tuple(scales))

    def state(
        self, batch: int, n_pixels: int, device: torch.device | str, dtype: torch.dtype
    ) -> CodeState:
        """Return the input, 0.

        Raises
        ------
        SpikefaError
            If the channels cannot share the pixels equally.
        """
        channels = len(_each(self.shift))
        require(
            n_pixels % channels == 0,
            f"{n_pixels} pixels cannot be shared by {channels} channels: give Graded one shift and "
            "one scale for each colour of the images",
        )
        return {"input": torch.zeros(batch, n_pixels, device=device, dtype=dtype)}

    def show(self, state: CodeState, brightness: Tensor, steps: int) -> None:
        """Set the input."""
        check_brightness(brightness, state["input"])
        shifts, scales = _each(self.shift), _each(self.scale)
        parts = (each.chunk(len(shifts), dim=1) for each in (brightness, state["input"]))
        for seen, out, shift, scale in zip(*parts, shifts, scales, strict=True):
            torch.sub(seen, shift, out=out).mul_(scale)

    def step(self, state: CodeState, uniforms: Tensor, spikes: Tensor) -> None:
        """Write the input."""
        spikes.copy_(state["input"])


def _each(given: float | tuple[float, ...]) -> tuple[float, ...]:
    """Return the number of each channel."""
    return given if isinstance(given, tuple) else (given,)


def _histograms(images: Images) -> NDArray[np.int64]:
    """Return how often each value occurs in each channel, [channels, values]."""
    counts = np.zeros((images.channels, WHITE + 1), np.int64)
    for pixels in _some_at_once(images):
        for number, own in enumerate(counts):
            part = pixels if images.channels == 1 else pixels[:, number]
            own += np.bincount(part.ravel(), minlength=WHITE + 1)
    return counts


def _some_at_once(images: Images) -> Iterator[NDArray[np.uint8]]:
    """Yield the pixels of a few images: counting takes eight bytes for each pixel at once."""
    if images.files is None:
        yield from (images.pixels[n : n + AT_ONCE] for n in range(0, len(images), AT_ONCE))
        return
    last, read = len(images) - 1, min(MOST_READ, len(images))
    yield from images.files.parts(np.linspace(0, last, read).round().astype(np.int64))
