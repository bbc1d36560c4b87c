"""The stimulus: images shown one after the other, as spikes of the input neurons."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spikefa.errors import require


class Stimulus:
    """Pixels as probabilities of spiking (Lillicrap et al. 2016, Methods).

    An input neuron spikes with probability ``min(x, cap)`` at every step, x in [0, 1] being the
    brightness of its pixel, so that the input varies from step to step. The images wait on the
    device as they were stored, one byte a pixel.

    Parameters
    ----------
    pixels : uint8 array [n_images, height, width]
    labels : uint8 array [n_images]
    full_scale : int
        The pixel value that means 1.
    batch : int
        Number of streams.
    cap : float, default 0.95
        Highest probability of a spike.
    device, dtype
        Where the spikes are wanted, and as what.

    Attributes
    ----------
    probability, uniforms, spikes : Tensor [batch, n_pixels]
    labels : Tensor [batch]
        Class of the image that each stream sees.
    """

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        full_scale: int,
        batch: int,
        cap: float = 0.95,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        require(0 < cap <= 1, f"the highest spike probability must be in (0, 1], {cap} given")
        self.images = torch.as_tensor(pixels).flatten(1).to(device)
        self.classes = torch.as_tensor(labels).to(device, torch.int64)
        self.full_scale = full_scale
        self.cap = cap
        n_pixels = self.images.shape[1]
        self.shown = torch.zeros(batch, n_pixels, device=device, dtype=torch.uint8)
        self.labels = torch.zeros(batch, device=device, dtype=torch.int64)
        self.probability = torch.zeros(batch, n_pixels, device=device, dtype=dtype)
        self.uniforms = torch.zeros_like(self.probability)
        self.spikes = torch.zeros_like(self.probability)

    def show(self, images: Tensor) -> None:
        """Switch every stream to its next image; `images` `[batch]` are indices."""
        torch.index_select(self.images, 0, images, out=self.shown)
        torch.index_select(self.classes, 0, images, out=self.labels)
        self.probability.copy_(self.shown).div_(self.full_scale).clamp_(max=self.cap)

    def step(self) -> None:
        """Spike where the uniforms of this step are below the probability."""
        torch.lt(self.uniforms, self.probability, out=self.spikes)

    def tensors(self) -> dict[str, Tensor]:
        """Return what changes from step to step, by name."""
        return {
            "probability": self.probability,
            "uniforms": self.uniforms,
            "spikes": self.spikes,
            "labels": self.labels,
        }
