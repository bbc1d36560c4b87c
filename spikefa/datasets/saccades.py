"""Images as events: what an event camera would send while an image moves before it.

An image makes three straight saccades along the sides of a triangle and returns to where it began,
as the images of N-MNIST did before a camera (Orchard et al. 2015, figure 1). A pixel sends an event
whenever its brightness has changed by a threshold since its last event.
"""

from collections.abc import Iterator
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.events import EventDataset, Events
from spikefa.datasets.images import Dataset, Images, require_grey, require_images
from spikefa.errors import require
from spikefa.utils.checking import check_one_of, ranged
from spikefa.utils.ranges import PositiveScale, Size, Steps

Brightness = Literal["linear", "log"]
CORNERS = ((-0.5, 0.0), (0.5, 0.5), (-0.5, 1.0), (-0.5, 0.0))
"""The path, as (down, right) in units of its amplitude; `path` moves its middle to 0."""
DARK = 0.1
"""Added to a brightness before its logarithm is taken; white is 1."""
EDGE = 1e-3
"""A change that misses a threshold by so little counts: an image returns to where it began, with a
change of whole thresholds, which rounding must not decide."""
AT_ONCE = 500
"""Images that are moved at once, so that their films need little memory."""


@ranged
def saccades(
    images: Images,
    *,
    steps: Steps = 8,
    amplitude: PositiveScale = 7.0,
    threshold: PositiveScale = 0.2,
    size: Size | None = None,
    brightness: Brightness = "linear",
) -> Events:
    """Return the events that images cause while they make three saccades.

    A pixel has a level L, its brightness in [0, 1] or the logarithm of it. At each step the image
    is moved, with bilinear interpolation, and a pixel with ``|L - reference| >= threshold`` sends
    one event; its reference then moves towards L by as many whole thresholds as fit. The references
    begin with the image at rest. Nothing is random.

    Parameters
    ----------
    images : Images
    steps : int, default 8
        Steps of each saccade; a sample lasts three times as many.
    amplitude : float, default 7
        Width and height of the triangle in pixels; 7 is that of N-MNIST.
    threshold : float, default 0.2
    size : int, optional
        Pixels of the camera on each side, in whose middle the images stand; smaller ones crop
        them. By default those of the larger side of the images. N-MNIST's camera has 34.
    brightness : {"linear", "log"}, default "linear"
        With "log", ``L = ln(x + 0.1)``, and a threshold compares ratios, as cameras do.

    Returns
    -------
    Events
        With ``2 size^2`` units: pixel (y, x) sends OFF events, when it darkens, as unit
        ``y size + x``, and ON events as unit ``size^2 + y size + x``. Times are steps.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or the images are in colours.
    """
    require_images("images", images)
    require_grey("saccades", images)
    check_one_of("brightness", brightness, get_args(Brightness))
    side = max(images.shape) if size is None else size
    moves = path(steps, amplitude)
    times, units, lengths = [], [], []
    for pixels in _some(images):
        film = _film(pixels, side, moves, threshold, brightness)
        sample, time, unit = np.nonzero(film)
        times.append(time.astype(np.min_scalar_type(3 * steps)))
        units.append(unit.astype(np.min_scalar_type(2 * side * side)))
        lengths.append(np.bincount(sample, minlength=len(film)))
    return Events(
        np.concatenate(times),
        np.concatenate(units),
        np.concatenate([[0], np.cumsum(np.concatenate(lengths))]),
        images.labels,
        2 * side * side,
        images.n_classes,
        time_unit="steps",
        duration=3 * steps,
        may_be_empty=True,
    )


def saccade_dataset(dataset: Dataset, **options: Any) -> EventDataset:
    """Return a data set of images as events; the options are those of `saccades`."""
    require(
        isinstance(dataset, Dataset),
        f"a {type(dataset).__name__} is no data set of images: give a Dataset, such as "
        "sf.datasets.mnist()",
    )
    splits = {"train": dataset.train, "test": dataset.test, "validation": dataset.validation}
    made = {
        split: saccades(images, **options) for split, images in splits.items() if images is not None
    }
    return EventDataset(f"{dataset.name}_saccades", **made)


def path(steps: int, amplitude: float) -> NDArray[np.float64]:
    """Return where the images are before the first step and after each, [3 steps + 1, 2]."""
    corners = (np.array(CORNERS) - [0.0, 0.5]) * amplitude
    along = np.linspace(0, 3, 3 * steps + 1)
    return np.stack([np.interp(along, range(4), each) for each in corners.T], 1)


def _some(images: Images) -> Iterator[NDArray[np.float32]]:
    """Yield some images after the other, with a brightness in [0, 1]."""
    for first in range(0, len(images), AT_ONCE):
        yield images.pixels[first : first + AT_ONCE].astype(np.float32) / np.float32(
            images.full_scale
        )


def _film(
    pixels: NDArray[np.float32],
    side: int,
    moves: NDArray[np.float64],
    threshold: float,
    brightness: Brightness,
) -> NDArray[np.bool_]:
    """Return where events are sent, [images, steps, units]."""
    film = np.zeros((len(pixels), len(moves) - 1, 2, side, side), np.bool_)
    views = _views(pixels, side, moves)
    level = _level(next(views), brightness)
    reference = level.copy()
    for step, view in enumerate(views):
        change = (_level(view, brightness) - reference) / threshold
        whole = np.trunc(change * (1 + EDGE))
        np.less(whole, 0, out=film[:, step, 0])
        np.greater(whole, 0, out=film[:, step, 1])
        reference += whole * np.float32(threshold)
    return film.reshape(*film.shape[:2], -1)


def _level(view: NDArray[np.float32], brightness: Brightness) -> NDArray[np.float32]:
    return np.log(view + np.float32(DARK)) if brightness == "log" else view


def _views(
    pixels: NDArray[np.float32], side: int, moves: NDArray[np.float64]
) -> Iterator[NDArray[np.float32]]:
    """Yield what the camera sees of moved images, [images, side, side], by interpolation."""
    height, width = pixels.shape[1:]
    margin = int(np.ceil(np.abs(moves).max())) + 1
    room = [(max(side, each) - each, each) for each in (height, width)]
    pads = [(spare // 2 + margin, spare - spare // 2 + margin) for spare, _ in room]
    wide = np.pad(pixels, [(0, 0), *pads])
    corner = np.array([margin + max(0, each - side) // 2 for each in (height, width)])
    for move in moves:
        whole = np.floor(-move).astype(int)
        part = -move - whole
        y, x = corner + whole
        rows = [wide[:, y + n : y + n + side] for n in (0, 1)]
        down = _between(rows[0], rows[1], part[0])
        yield _between(down[:, :, x : x + side], down[:, :, x + 1 : x + 1 + side], part[1])


def _between(
    one: NDArray[np.float32], other: NDArray[np.float32], share: float
) -> NDArray[np.float32]:
    return np.float32(1 - share) * one + np.float32(share) * other
