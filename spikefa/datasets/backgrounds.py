"""Images with random patches of photographs as their background."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from spikefa.datasets.folders import PHOTOGRAPHS, photographs_in
from spikefa.datasets.images import Dataset, Images, require_grey
from spikefa.datasets.photographs import photograph
from spikefa.errors import require
from spikefa.utils.seeding import numpy_generator

LEAST_DEVIATION = 0.1
"""Least standard deviation of the grey values of a patch, where 1 is white."""
TRIES = 50
"""Patches drawn for one image before one without contrast is accepted."""


def with_photographs(data: Dataset, folder: Path, seed: int = 0) -> Dataset:
    """Return the data set with a patch of a photograph behind every image.

    As in the data set mnist-back-image (Larochelle et al. 2007), the patch is cut out at random
    from a grey photograph chosen at random; patches without contrast are skipped. Each pixel is
    the brighter of the image's and the patch's. Training and test images use the same
    photographs.

    Parameters
    ----------
    data : Dataset
    folder : Path
        Holds photographs at any depth, each at least as large as the images.
    seed : int, default 0
        Seeds the random streams ``background/<split>``.

    Raises
    ------
    SpikefaError
        If no photograph is large enough, one cannot be read, or the images are in colours.
    """
    require_grey("backgrounds", data.train)
    photographs = _photographs(folder, data.shape)
    return replace(
        data,
        train=_with_background(data.train, photographs, seed, "train"),
        test=_with_background(data.test, photographs, seed, "test"),
    )


def _photographs(folder: Path, least: tuple[int, int]) -> list[np.ndarray]:
    """Return the photographs that are large enough, in grey values from 0 to 255."""
    every = [photograph(path, _in_grey) for path in photographs_in(folder)]
    found = [each for each in every if all(np.greater_equal(each.shape, least))]
    require(
        bool(found),
        f"{folder} holds no photograph of {least[0]} x {least[1]} pixels or more: put some "
        f"({', '.join(PHOTOGRAPHS)}) into it",
    )
    return found


def _in_grey(picture: Image.Image) -> Image.Image:
    return picture.convert("L")


def _with_background(
    images: Images, photographs: list[np.ndarray], seed: int, split: str
) -> Images:
    random = numpy_generator(seed, "background", split)
    pixels = np.empty_like(images.pixels)
    for number, image in enumerate(images.pixels):
        patch = _patch(photographs, image.shape, random)
        background = np.round(patch * images.full_scale).astype(np.uint8)
        pixels[number] = np.maximum(image, background)
    return replace(images, pixels=pixels)


def _patch(
    photographs: list[np.ndarray], shape: tuple[int, ...], random: np.random.Generator
) -> np.ndarray:
    """Return a patch, from 0 to 1, with contrast; the last of `TRIES` may have none."""
    for _ in range(TRIES):
        whole = photographs[random.integers(len(photographs))]
        top, left = (random.integers(w - s + 1) for w, s in zip(whole.shape, shape, strict=True))
        grey = whole[top : top + shape[0], left : left + shape[1]]
        patch = grey.astype(np.float32) / 255
        if patch.std() >= LEAST_DEVIATION:
            break
    return patch
