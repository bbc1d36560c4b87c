"""Arrays of users as pixels and labels: checked, with the conversion that loses nothing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikefa.errors import SpikefaError, require
from spikefa.utils.ranges import MOST_CLASSES

Labels = NDArray[np.uint8] | NDArray[np.uint16]

WHITE = 255
"""The largest value of a pixel."""
COLOURS = 3
"""Channels of an image that is not grey: red, green and blue."""
BYTE_CLASSES = 256
"""So many classes can be numbered by a byte."""


def pixel_array(given: Any, full_scale: int) -> NDArray[np.uint8]:
    """Return pixels [n, height, width] or [n, 3, height, width] as a contiguous array.

    They are copied only if they are not one.

    Arrays that are flipped, turned, strided or read-only are as good as a copy of them.

    Raises
    ------
    SpikefaError
        If they are no such array of uint8; the message says how to convert them.
    """
    _require_array("pixels", given)
    if given.ndim != 3 and not _in_colours(given.shape):
        raise SpikefaError(
            f"pixels have the shape {given.shape}, expected [n, height, width], or "
            f"[n, {COLOURS}, height, width] of colours: {_other_dimensions(given.shape)}"
        )
    require(given.size > 0, "there are no pixels: give at least one image")
    if given.dtype != np.uint8:
        white = "" if full_scale == WHITE else f" with full_scale={WHITE}"
        raise SpikefaError(f"pixels are {given.dtype}, expected uint8: {_bytes(given)}{white}")
    return np.require(given, requirements=["C", "W"])


def label_array(given: Any, n_classes: int, of: str = "Images") -> Labels:
    """Return labels [n] as a contiguous array of the type for so many classes.

    It is copied only if it is not one. `label_type` says which type that is. `of` is the class that
    the labels are given to, for the message.

    Raises
    ------
    SpikefaError
        If they are no such array of uint8 or uint16, or are not from 0 to ``n_classes - 1``; the
        message says how to convert them.
    """
    _require_array("labels", given)
    if given.ndim != 1:
        single = given.ndim == 2 and given.shape[1] == 1
        mend = "labels[:, 0]" if single else "labels.argmax(1), if they are 1-hot"
        raise SpikefaError(f"labels have the shape {given.shape}, expected [n]: give {mend}")
    if given.dtype not in (np.uint8, np.uint16):
        expected = np.dtype(label_type(n_classes)).name
        raise SpikefaError(f"labels are {given.dtype}, expected {expected}: {_numbers(given)}")
    highest = int(given.max()) if len(given) else 0
    require(
        highest < n_classes,
        f"label {highest}, expected 0 to {n_classes - 1}: give {of}(..., "
        f"n_classes={highest + 1}) or more, or number the classes from 0",
    )
    return np.require(given, label_type(n_classes), requirements=["C", "W"])


def mean_of_colours(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pixels [..., 3, height, width] in grey, rounded: the mean of the colours."""
    summed = pixels.sum(-3, dtype=np.uint16)
    return ((summed + COLOURS // 2) // COLOURS).astype(np.uint8)


def label_type(n_classes: int) -> type[np.uint8] | type[np.uint16]:
    """Return the smallest type that holds the numbers of so many classes."""
    return np.uint8 if n_classes <= BYTE_CLASSES else np.uint16


def _require_array(what: str, given: Any) -> None:
    require(
        isinstance(given, np.ndarray),
        f"{what} are a {type(given).__name__}: give a NumPy array, np.asarray({what})",
    )
    require(
        not isinstance(given, np.ma.MaskedArray),
        f"{what} are a masked array: give an array without a mask, {what}.filled(0)",
    )


def _in_colours(shape: tuple[int, ...]) -> bool:
    """Return whether this is [n, 3, height, width], and no column of grey images of 3 rows."""
    return len(shape) == 4 and shape[1] == COLOURS and shape[-1] > 1


def _other_dimensions(shape: tuple[int, ...]) -> str:
    """Say how pixels of another shape become [n, height, width] or [n, 3, height, width]."""
    if len(shape) == 2:
        return "give pixels.reshape(-1, height, width)"
    if len(shape) != 4:
        return "give an array of three dimensions"
    last = shape[-1] in (1, 3, 4)
    channels = shape[-1] if last else shape[1]
    if channels == 1:
        return f"give pixels.squeeze({-1 if last else 1})"
    if last:
        return "give pixels[..., :3].transpose(0, 3, 1, 2)"
    if channels == 4:  # the fourth says how opaque a pixel is
        return "give pixels[:, :3]"
    return "give grey values, such as pixels.mean(1)"


def _bytes(pixels: NDArray[Any]) -> str:
    """Say how pixels of another type become uint8 without losing what they show."""
    if pixels.dtype == np.bool_:
        return f"give pixels.astype(np.uint8) * {WHITE}"
    if pixels.dtype.kind not in "iuf":
        return "give numbers"
    if not np.isfinite(pixels).all():
        return "some are NaN or infinite, so look for the reason first"
    low, high = pixels.min(), pixels.max()
    if low < 0:
        span = float(high) - float(low) or 1.0
        shifted = f"(pixels - ({float(low):.9g})) * ({WHITE} / {span:.9g})"
        return f"they are {low:.4g} to {high:.4g}, so shift and scale them, {_rounded(shifted)}"
    if high <= 1:
        scaled = _rounded(f"pixels * {WHITE}.0")
        return f"they are {low:.4g} to {high:.4g}, so scale them first, {scaled}"
    if high > WHITE:
        scaled = _rounded(f"pixels * ({WHITE} / {float(high):.9g})")
        return f"they are up to {high:.6g}, so scale them first, all splits alike, {scaled}"
    whole = pixels.dtype.kind != "f" or bool((pixels == np.round(pixels)).all())
    return f"convert them, {'pixels.astype(np.uint8)' if whole else _rounded('pixels')}"


def _rounded(expression: str) -> str:
    return f"np.round({expression}).astype(np.uint8)"


def _numbers(labels: NDArray[Any]) -> str:
    """Say how labels of another type become uint8, or uint16, without confusing classes."""
    whole = labels.dtype.kind in "iub" or (labels.dtype.kind == "f" and not (labels % 1 != 0).any())
    if whole and (len(labels) == 0 or (labels.min() >= 0 and labels.max() < BYTE_CLASSES)):
        return "convert them, labels.astype(np.uint8)"
    many = len(np.unique(labels)) > BYTE_CLASSES
    if many and whole and labels.min() >= 0 and labels.max() < MOST_CLASSES:
        return "convert them, labels.astype(np.uint16)"
    return (
        "number the classes from 0, np.searchsorted(classes, labels).astype(np."
        f"{'uint16' if many else 'uint8'}), where classes are the different labels of all splits, "
        "sorted"
    )
