"""Examples for supervised learning: inputs with their targets, as tensors."""

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from spikefa.datasets.images import Images
from spikefa.errors import SpikefaError, require
from spikefa.utils.checking import check_fields, check_one_of, ranged
from spikefa.utils.numbers import shown
from spikefa.utils.ranges import Signed, Size

Scaling = Literal["unit", "standardised", "standardised_each"]


@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs and targets, with classes if there are any.

    Attributes
    ----------
    inputs : Tensor [..., N, n_in]
    targets : Tensor [..., N, n_out]
        For an autoencoder this is the tensor `inputs` itself.
    labels : int64 Tensor [N], optional
        The class of each example.
    per_class : int, default 1
        Outputs for each class. Class c has the outputs ``c * per_class`` to
        ``(c + 1) * per_class - 1``.
    shift, spread : Tensor [] or [n_in], optional
        Of standardised inputs: ``inputs = (x - shift) / spread``.

    Raises
    ------
    SpikefaError
        If the counts differ, there are no examples, or the numbers are complex.
    """

    inputs: Tensor
    targets: Tensor
    labels: Tensor | None = None
    per_class: Size = 1
    shift: Tensor | None = None
    spread: Tensor | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        for name in ("inputs", "targets"):
            _require_numbers(name, getattr(self, name))
        counts = [self.inputs.shape[-2], self.targets.shape[-2]]
        counts += [] if self.labels is None else [len(self.labels)]
        require(
            len(set(counts)) == 1 and counts[0] > 0,
            f"{' and '.join(map(str, counts))} inputs, targets and labels: give the same number of "
            "each, at least one",
        )
        require(
            self.inputs.shape[:-2] == self.targets.shape[:-2],
            f"inputs of shape {tuple(self.inputs.shape)}, targets of shape "
            f"{tuple(self.targets.shape)}: give both the same dimensions in front",
        )
        if self.labels is not None:
            outputs = self.targets.shape[-1]
            require(
                outputs % self.per_class == 0,
                f"{outputs} outputs cannot be shared by classes of {self.per_class} outputs: give "
                "another per_class",
            )
            labels = class_numbers(self.labels, outputs // self.per_class)
            object.__setattr__(self, "labels", labels)

    def __len__(self) -> int:
        return self.inputs.shape[-2]

    def to(self, device: torch.device, dtype: torch.dtype) -> "Examples":
        """Return the examples on a device with a dtype; nothing is copied without need."""
        inputs = self.inputs.to(device, dtype)
        same = self.targets is self.inputs
        return replace(
            self,
            inputs=inputs,
            targets=inputs if same else self.targets.to(device, dtype),
            labels=None if self.labels is None else self.labels.to(device),
        )


def _require_numbers(name: str, given: Any) -> None:
    """Refuse anything but a tensor [..., N, n] of finite floating-point numbers."""
    require(
        isinstance(given, Tensor),
        f"{name} are a {type(given).__name__}: give a tensor, torch.as_tensor({name})",
    )
    require(
        given.dim() >= 2,
        f"{name} have the shape {tuple(given.shape)}, expected [N, n]: give "
        f"{name}.reshape(-1, n), n numbers for each example",
    )
    require(
        not given.is_complex(),
        f"{name} are {given.dtype}, expected real numbers, such as {name}.real or {name}.abs()",
    )
    pixels = given.dtype == torch.uint8
    require(
        given.is_floating_point(),
        f"{name} are {given.dtype}, expected floating-point numbers: give {name}.float()"
        + (" / 255, if 255 is white" if pixels else ""),
    )
    require(
        bool(torch.isfinite(given).all()),
        f"some {name} are NaN or infinite: look for the reason first",
    )


def class_numbers(labels: Any, n_classes: int) -> Tensor:
    """Return labels [N] as int64.

    Raises
    ------
    SpikefaError
        If they are not a tensor of whole numbers from 0 to ``n_classes - 1``.
    """
    require(
        isinstance(labels, Tensor) and labels.dim() == 1,
        f"labels are {shown(labels)}: give a tensor [N], torch.as_tensor(labels)",
    )
    whole = not labels.is_floating_point() and labels.dtype != torch.bool
    require(
        whole and not labels.is_complex(),
        f"labels are {labels.dtype}, expected int64: give labels.long(), if all are whole numbers",
    )
    if len(labels):
        lowest, highest = int(labels.min()), int(labels.max())
        require(
            lowest >= 0 and highest < n_classes,
            f"labels {lowest} to {highest}, expected 0 to {n_classes - 1}",
        )
    return labels.long()


@ranged
def classification(
    images: Images,
    inputs: Scaling = "unit",
    *,
    low: Signed = 0.0,
    high: Signed = 1.0,
    per_class: Size = 1,
    like: Examples | None = None,
) -> Examples:
    """Return images with their classes as targets, float32.

    Parameters
    ----------
    images : Images
    inputs, low, high, per_class, like
        See `labelled`; "unit" leaves brightness in [0, 1], and "standardised" serves red, green and
        blue separately.

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """
    return labelled(
        _brightness(images),
        torch.from_numpy(images.labels.astype(np.int64)),
        images.n_classes,
        inputs,
        low=low,
        high=high,
        per_class=per_class,
        like=like,
        channels=images.channels,
    )


@ranged
def labelled(
    x: Tensor,
    labels: Tensor,
    n_classes: Size,
    inputs: Scaling = "unit",
    *,
    low: Signed = 0.0,
    high: Signed = 1.0,
    per_class: Size = 1,
    like: Examples | None = None,
    channels: Size = 1,
) -> Examples:
    """Return inputs of any kind with their classes as targets.

    Parameters
    ----------
    x : Tensor [N, n_in]
        Changed in place if the inputs are standardised.
    labels : int64 Tensor [N]
    n_classes : int
    inputs : {"unit", "standardised", "standardised_each"}, default "unit"
        "unit" leaves the inputs as they are. "standardised" gives mean 0 and standard deviation 1
        over all inputs of a channel of all examples together, "standardised_each" over each input
        separately; what never changes becomes 0.
    low, high : float, default 0, 1
        Target of the outputs of the other classes, and of those of the example's own class.
    per_class : int, default 1
        Outputs for each class: 1 for 1-hot targets, more for n-hot.
    like : Examples, optional
        Standardise with the mean and deviation of these examples. Test examples need those of the
        training examples.
    channels : int, default 1
        So many parts of equal size, one after the other, that "standardised" serves separately.

    Raises
    ------
    SpikefaError
        If an argument is out of range.
    """
    require(
        x.shape[-1] % channels == 0,
        f"{x.shape[-1]} inputs cannot be shared by {channels} channels: give another channels",
    )
    check_one_of("inputs", inputs, get_args(Scaling))
    labels = class_numbers(labels, n_classes)
    templates = torch.full((n_classes, n_classes), low).fill_diagonal_(high)
    targets = templates.repeat_interleave(per_class, dim=1)[labels]
    if inputs == "unit":
        return Examples(x, targets, labels, per_class)
    shift, spread = _statistics(x, inputs, like, channels)
    return Examples(x.sub_(shift).div_(spread), targets, labels, per_class, shift, spread)


@ranged
def reconstruction(images: Images, *, low: Signed = 0.0, high: Signed = 1.0) -> Examples:
    """Return images that are their own targets, float32, for an autoencoder.

    Parameters
    ----------
    images : Images
    low, high : float, default 0, 1
        Inputs and targets for black, 0, and for white, the full scale of the images.
    """
    inputs = _brightness(images).mul_(high - low).add_(low)
    return Examples(inputs, inputs, torch.from_numpy(images.labels.astype(np.int64)))


def _brightness(images: Images) -> Tensor:
    """Return the pixels as numbers from 0 to 1, [N, n_pixels], a new tensor."""
    pixels = torch.from_numpy(np.asarray(images.pixels)).flatten(1)
    return pixels.to(torch.float32).div_(images.full_scale)


def _statistics(
    x: Tensor, inputs: str, like: Examples | None, channels: int
) -> tuple[Tensor, Tensor]:
    """Return mean and deviation of all inputs, or of each, or those used for `like`."""
    if like is not None:
        if like.shift is None or like.spread is None:
            raise SpikefaError(
                "the inputs of `like` are not standardised: make it with the same `inputs`"
            )
        return like.shift, like.spread
    if inputs == "standardised":
        if channels == 1:
            return _mean_and_deviation(x)
        parts = map(_mean_and_deviation, x.chunk(channels, dim=1))
        means, spreads = map(torch.stack, zip(*parts, strict=True))
        spreads = torch.where(spreads > 0, spreads, 1.0)
        each = x.shape[1] // channels
        return means.repeat_interleave(each), spreads.repeat_interleave(each)
    spread = x.std(0, correction=0)
    return x.mean(0), torch.where(spread > 0, spread, 1.0)


def _mean_and_deviation(x: Tensor) -> tuple[Tensor, Tensor]:
    mean = x.double().mean().float()
    return mean, (x - mean).square_().double().mean().sqrt().float()
