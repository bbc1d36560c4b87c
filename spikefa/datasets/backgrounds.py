"""Digits before photographs: the images of a data set with random patches behind them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from spikefa.datasets.folders import PHOTOGRAPHS
from spikefa.datasets.images import Dataset, Images
from spikefa.errors import require
from spikefa.utils.seeding import numpy_generator

LEAST_DEVIATION = 0.1
"""Of the grey values of a patch, where 1 is white: plain sky is no background."""
TRIES = 50


def with_photographs(data: Dataset, folder: Path, seed: int = 0) -> Dataset:
    """Return the data set with a patch of a photograph behind every image.

    As in the data set mnist-back-image (Larochelle et al. 2007): the patch is cut out at random
    from a grey photograph chosen at random, one without contrast is passed over, and each pixel is
    the brighter of the image's and the patch's. Train and test images have patches of the same
    photographs.

    Parameters
    ----------
    data : Dataset
    folder : Path
        With photographs, at any depth, each at least as large as the images.
    seed : int, default 0
        The streams ``background/<split>`` of it are used.

    Raises
    ------
    SpikefaError
        If there is no photograph in it that is large enough, or one cannot be read.
    """
    photographs = _photographs(folder, data.shape)
    return replace(
        data,
        train=_before(data.train, photographs, data.full_scale, seed, "train"),
        test=_before(data.test, photographs, data.full_scale, seed, "test"),
    )


def _photographs(folder: Path, least: tuple[int, int]) -> list[np.ndarray]:
    """Return those that are large enough, grey, 0 to 1."""
    from PIL import Image, UnidentifiedImageError

    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in PHOTOGRAPHS:
            continue
        try:
            with Image.open(path) as picture:
                grey = np.asarray(picture.convert("L"), dtype=np.float32) / 255
        except (OSError, UnidentifiedImageError) as error:
            require(False, f"cannot read the photograph {path}: {error}: take it out")
        if grey.shape[0] >= least[0] and grey.shape[1] >= least[1]:
            found.append(grey)
    require(
        bool(found),
        f"{folder} holds no photograph of {least[0]} x {least[1]} pixels or more: put pictures "
        f"({', '.join(PHOTOGRAPHS)}) into it",
    )
    return found


def _before(
    images: Images, photographs: list[np.ndarray], full_scale: int, seed: int, split: str
) -> Images:
    random = numpy_generator(seed, "background", split)
    pixels = np.empty_like(images.pixels)
    for number, image in enumerate(images.pixels):
        patch = _patch(photographs, image.shape, random)
        pixels[number] = np.maximum(image, np.round(patch * full_scale).astype(np.uint8))
    return Images(pixels, images.labels)


def _patch(
    photographs: list[np.ndarray], shape: tuple[int, ...], random: np.random.Generator
) -> np.ndarray:
    """Return a patch with some contrast, or the last one tried."""
    for _ in range(TRIES):
        whole = photographs[random.integers(len(photographs))]
        top, left = (random.integers(w - s + 1) for w, s in zip(whole.shape, shape, strict=True))
        patch = whole[top : top + shape[0], left : left + shape[1]]
        if patch.std() >= LEAST_DEVIATION:
            break
    return patch
