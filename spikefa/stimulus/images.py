"""The stimulus: images shown one after the other, as activity of the input neurons."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spikefa.stimulus.encodings import Encoding, RateCode


class Stimulus:
    """Images as input, by default with pixels as probabilities of spiking.

    The images wait on the device as they were stored, one byte a pixel.

    Parameters
    ----------
    pixels : uint8 array [n_images, height, width]
    labels : uint8 array [n_images]
    full_scale : int
        The pixel value that means 1.
    batch : int
        Number of streams.
    encoding : Encoding, optional
        How brightness becomes activity; default ``RateCode()``: an input neuron spikes with
        probability ``min(x, 0.95)`` at every step (Lillicrap et al. 2016, Methods).
    device, dtype
        Where the spikes are wanted, and as what.

    Attributes
    ----------
    brightness, spikes : Tensor [batch, n_pixels]
        Of the images shown, in [0, 1]; and what the input neurons send in this step.
    uniforms : Tensor [batch, n_pixels]
        One number from U[0, 1) per neuron and step, drawn by whoever drives; empty, `[0]`, if the
        encoding draws nothing.
    code : dict of Tensor
        What the encoding carries from step to step.
    labels : Tensor [batch]
        Class of the image that each stream sees.
    """

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        labels: NDArray[np.uint8],
        full_scale: int,
        batch: int,
        encoding: Encoding | None = None,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        self.images = torch.as_tensor(pixels).flatten(1).to(device)
        self.classes = torch.as_tensor(labels).to(device, torch.int64)
        self.full_scale = full_scale
        self.encoding = encoding or RateCode()
        n_pixels = self.images.shape[1]
        self.shown = torch.zeros(batch, n_pixels, device=device, dtype=torch.uint8)
        self.labels = torch.zeros(batch, device=device, dtype=torch.int64)
        self.brightness = torch.zeros(batch, n_pixels, device=device, dtype=dtype)
        self.spikes = torch.zeros_like(self.brightness)
        drawn = self.brightness.shape if self.encoding.draws else (0,)
        self.uniforms = torch.zeros(drawn, device=device, dtype=dtype)
        self.code = self.encoding.state(batch, n_pixels, device, dtype)

    def show(self, images: Tensor, steps: int = 1) -> None:
        """Switch every stream to its next image.

        Parameters
        ----------
        images : Tensor [batch]
            Indices of the images.
        steps : int, default 1
            How long they will be shown, which a code in time has to know.
        """
        torch.index_select(self.images, 0, images, out=self.shown)
        torch.index_select(self.classes, 0, images, out=self.labels)
        self.brightness.copy_(self.shown).div_(self.full_scale)
        self.encoding.show(self.code, self.brightness, steps)

    def step(self) -> None:
        """Set the activity of this step, from the uniforms if the encoding draws."""
        self.encoding.step(self.code, self.uniforms, self.spikes)

    def tensors(self) -> dict[str, Tensor]:
        """Return what changes from step to step, by name."""
        return {
            **self.code,
            "uniforms": self.uniforms,
            "spikes": self.spikes,
            "labels": self.labels,
        }
