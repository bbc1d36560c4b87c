"""Encodings: how the brightness of a pixel becomes the activity of its input neuron."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.utils.checking import ranged
from spikefa.utils.numbers import shown
from spikefa.utils.ranges import PositiveScale, PositiveShare, ProperShare

CodeState = dict[str, Tensor]
"""State of an encoding between steps: tensors `[batch, n_pixels]`, updated in place."""


def check_brightness(given: Any, like: Tensor) -> None:
    """Refuse brightness that is not of the shape, type and device of the state `like`.

    Its values are not looked at, since nothing may wait for a device.
    """
    fits = isinstance(given, Tensor) and (given.shape, given.dtype) == (like.shape, like.dtype)
    require(
        fits and given.device == like.device,
        f"the brightness is {shown(given)}: give a tensor of {like.dtype} of shape "
        f"{tuple(like.shape)} on {like.device}, with numbers from 0 to 1",
    )


class Encoding(ABC):
    """Turns images into input activity.

    An encoding holds no tensors, so the same one can serve training and tests.

    Attributes
    ----------
    draws : bool
        Whether it needs one number from U[0, 1) per neuron and step.
    """

    draws: ClassVar[bool] = False

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({arguments})"

    @abstractmethod
    def state(
        self, batch: int, n_pixels: int, device: torch.device | str, dtype: torch.dtype
    ) -> CodeState:
        """Return the state before the first image."""

    @abstractmethod
    def show(self, state: CodeState, brightness: Tensor, steps: int) -> None:
        """Begin to show images of this brightness, in [0, 1], `[batch, n_pixels]`.

        Parameters
        ----------
        state : dict of Tensor
        brightness : Tensor [batch, n_pixels]
        steps : int
            Number of steps for which they will be shown.
        """

    @abstractmethod
    def step(self, state: CodeState, uniforms: Tensor, spikes: Tensor) -> None:
        """Write the activity of this step into `spikes`."""


class RateCode(Encoding):
    """Uses brightness as the probability of a spike, ``min(x, cap)``, at every step.

    This is the code of Lillicrap et al. 2016, and with ``cap=1`` that of
    ``snntorch.spikegen.rate``.

    Parameters
    ----------
    cap : float, default 0.95
        Highest probability of a spike, in (0, 1].
    """

    draws: ClassVar[bool] = True

    @ranged
    def __init__(self, cap: PositiveShare = 0.95):
        self.cap = cap

    def state(
        self, batch: int, n_pixels: int, device: torch.device | str, dtype: torch.dtype
    ) -> CodeState:
        """Return the probabilities, all 0."""
        return {"probability": torch.zeros(batch, n_pixels, device=device, dtype=dtype)}

    def show(self, state: CodeState, brightness: Tensor, steps: int) -> None:
        """Set the probabilities."""
        check_brightness(brightness, state["probability"])
        torch.clamp(brightness, max=self.cap, out=state["probability"])

    def step(self, state: CodeState, uniforms: Tensor, spikes: Tensor) -> None:
        """Spike where the uniforms of this step are below the probability."""
        torch.lt(uniforms, state["probability"], out=spikes)


class LatencyCode(Encoding):
    """One spike for each pixel and image; brighter pixels spike earlier.

    A pixel drives a leaky neuron that spikes when it reaches `threshold`, after ``log(x / (x -
    threshold))``; times are scaled so that the latest spike comes in the last step of the image.
    This is ``snntorch.spikegen.latency`` with ``normalize=True``, for images that have a pixel
    darker than the threshold; here the scaling does not depend on the other images.

    Parameters
    ----------
    threshold : float, default 0.01
        In (0, 1).
    linear : bool, default False
        Whether the time falls linearly with brightness instead.
    clip : bool, default True
        Whether pixels darker than the threshold stay silent. If not, they spike in the last step.
    """

    @ranged
    def __init__(self, threshold: ProperShare = 0.01, linear: bool = False, clip: bool = True):
        self.threshold = threshold
        self.linear = bool(linear)
        self.clip = bool(clip)

    def state(
        self, batch: int, n_pixels: int, device: torch.device | str, dtype: torch.dtype
    ) -> CodeState:
        """Return the steps until each neuron spikes, -1 before the first image."""
        return {"countdown": torch.full((batch, n_pixels), -1.0, device=device, dtype=dtype)}

    def show(self, state: CodeState, brightness: Tensor, steps: int) -> None:
        """Set the time of each neuron's spike."""
        check_brightness(brightness, state["countdown"])
        latest = steps - 1
        if self.linear:
            time = (latest * (1 - brightness)).clamp(max=latest * (1 - self.threshold))
        else:
            darkest = torch.full_like(brightness[:1, :1], 0)
            time = latest * self._charging(brightness) / self._charging(darkest)
        if self.clip:
            time = time.masked_fill_(brightness < self.threshold, -1.0)
        torch.round(time, out=state["countdown"])

    def step(self, state: CodeState, uniforms: Tensor, spikes: Tensor) -> None:
        """Spike where the countdown has reached 0."""
        countdown = state["countdown"]
        torch.eq(countdown, 0, out=spikes)
        countdown.sub_(1)

    def _charging(self, brightness: Tensor) -> Tensor:
        x = brightness.clamp(min=self.threshold + 1e-7)
        return torch.log(x / (x - self.threshold))


class DeltaCode(Encoding):
    """A spike where a pixel has become brighter since the step before, as in an event camera.

    Each image is constant while it is shown, so spikes come in its first step. This is
    ``snntorch.spikegen.delta`` of the sequence of images.

    Parameters
    ----------
    threshold : float, default 0.1
        Least change that causes a spike.
    off_spikes : bool, default False
        Whether pixels that have become darker send -1.
    """

    @ranged
    def __init__(self, threshold: PositiveScale = 0.1, off_spikes: bool = False):
        self.threshold = threshold
        self.off_spikes = bool(off_spikes)

    def state(
        self, batch: int, n_pixels: int, device: torch.device | str, dtype: torch.dtype
    ) -> CodeState:
        """Return the present image, the one before, and their difference, all 0."""
        names = ("image", "before", "change")
        return {name: torch.zeros(batch, n_pixels, device=device, dtype=dtype) for name in names}

    def show(self, state: CodeState, brightness: Tensor, steps: int) -> None:
        """Keep the image."""
        check_brightness(brightness, state["image"])
        state["image"].copy_(brightness)

    def step(self, state: CodeState, uniforms: Tensor, spikes: Tensor) -> None:
        """Spike where the image has changed."""
        image, before, change = state["image"], state["before"], state["change"]
        torch.sub(image, before, out=change)
        torch.ge(change, self.threshold, out=spikes)
        if self.off_spikes:
            spikes.sub_(torch.le(change, -self.threshold, out=change))
        before.copy_(image)
