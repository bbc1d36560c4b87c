"""Labelled images, and a data set made of their splits."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.arrays import (
    COLOURS,
    WHITE,
    Labels,
    label_array,
    mean_of_colours,
    pixel_array,
)
from spikefa.datasets.image_files import ImageFiles
from spikefa.datasets.splits import Splits
from spikefa.errors import require
from spikefa.utils import notices
from spikefa.utils.indices import Selection, indices, whole_slice
from spikefa.utils.numbers import whole_number
from spikefa.utils.ranges import MOST_CLASSES


@dataclass(frozen=True, eq=False)
class Images:
    """Images with their classes: one split of a data set.

    Parameters
    ----------
    pixels : ndarray of uint8, shape [n, height, width] or [n, 3, height, width]
        Grey values, or red, green and blue, from 0 to `full_scale`; or `ImageFiles`, which are read
        when they are shown.
    labels : ndarray of uint8, shape [n]
        The class of each image, from 0 to ``n_classes - 1``; uint16 if there are over 256 classes.
    full_scale : int, default 255
        The pixel value that means 1.0.
    n_classes : int, default 10

    Raises
    ------
    SpikefaError
        If a type, a shape or a value is not as above, the counts differ, or there is no image.
    """

    pixels: NDArray[np.uint8]
    labels: Labels
    full_scale: int = 255
    n_classes: int = 10

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.shape)) + " pixels"
        size += f" in {self.channels} colours" if self.channels > 1 else ""
        where = "" if self.files is None else ", in files"
        return f"Images({len(self):,} of {size}, {self.n_classes} classes{where})"

    def __post_init__(self) -> None:
        full_scale = whole_number(self.full_scale, "full_scale", 1, WHITE)
        n_classes = whole_number(self.n_classes, "n_classes", 1, MOST_CLASSES)
        pixels = self.pixels if self.files is not None else pixel_array(self.pixels, full_scale)
        labels = label_array(self.labels, n_classes)
        require(
            len(pixels) == len(labels),
            f"{len(pixels)} images have {len(labels)} labels: give one label per image",
        )
        brightest = WHITE if self.files is not None else int(pixels.max())
        require(
            brightest <= full_scale,
            f"pixel value {brightest}, expected at most full_scale = {full_scale}: "
            f"give Images(..., full_scale={brightest}) or more",
        )
        if brightest == 1 < full_scale:
            notices.warn(
                f"the brightest pixel is 1 of full_scale {full_scale}, so all images are black or "
                "nearly so: if 1 is white, give Images(..., full_scale=1)",
                stacklevel=3,
            )
        for name, value in (
            ("pixels", pixels),
            ("labels", labels),
            ("full_scale", full_scale),
            ("n_classes", n_classes),
        ):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of an image, in pixels."""
        height, width = self.pixels.shape[-2:]
        return height, width

    @property
    def channels(self) -> int:
        """1 if the images are grey, 3 if they are in colours."""
        return 1 if self.pixels.ndim == 3 else COLOURS

    @property
    def n_inputs(self) -> int:
        """Size of the input population: one neuron for each pixel and channel.

        Pixel (y, x) of channel c is the input ``(c * height + y) * width + x``.
        """
        height, width = self.shape
        return self.channels * height * width

    @property
    def files(self) -> ImageFiles | None:
        """The files of images that are not in memory, else None."""
        given: object = self.pixels
        return given if isinstance(given, ImageFiles) else None

    @property
    def pictures(self) -> NDArray[np.uint8]:
        """The images in grey, [n, height, width]: of colours, their mean.

        Of images in files it is no array, but gives one picture after the other.
        """
        if self.files is not None:
            return cast(Any, self.files.pictures)
        return self.pixels if self.channels == 1 else mean_of_colours(self.pixels)

    def content(self) -> object:
        """Return what must be the same when a run is continued: all of this, or a mapping."""
        if self.files is None:
            return self
        return {**self.files.content(), "labels": self.labels, "n_classes": self.n_classes}

    def part(self, chosen: Selection) -> "Images":
        """Return the images that a selection means: a slice, whole numbers or a mask.

        A slice gives a view that shares memory with these images.

        Raises
        ------
        SpikefaError
            If it is not a selection of these images, or it is empty.
        """
        what = "the images"
        if isinstance(chosen, slice):
            place: slice | np.ndarray = whole_slice(chosen, what)
        else:
            place = indices(chosen, len(self), what)
        return replace(self, pixels=self.pixels[place], labels=self.labels[place])


def require_images(what: str, given: Any) -> None:
    """Refuse anything but `Images`, such as an array of pixels without labels."""
    require(
        isinstance(given, Images),
        f"{what} is a {type(given).__name__}: give Images(pixels, labels)",
    )


def require_grey(what: str, images: Images) -> None:
    """Refuse images in colours where only brightness makes sense."""
    require(
        images.channels == 1,
        f"{what} need grey images, {images!r} given: give Images(images.pictures, images.labels)",
    )


def require_alike(what: str, images: Images, train: Images) -> None:
    """Refuse images that a network trained on `train` would take for something else.

    Raises
    ------
    SpikefaError
        If they differ in channels, shape, full scale or number of classes.
    """
    require_images(what, images)
    for name in ("channels", "shape", "full_scale", "n_classes"):
        given, expected = getattr(images, name), getattr(train, name)
        require(given == expected, f"{what}: {name} {given}, expected {expected} as in training")


@dataclass(frozen=True, eq=False)
class Dataset(Splits[Images]):
    """Images to train on, to test on and, if some are held out, to validate on.

    To use fewer images, hold out first, then take a subset of what is left, as in
    ``mnist().hold_out(5000).subset(train=1000)``. The validation images then do not depend on the
    size of the subset.

    Parameters
    ----------
    name : str
        Such as ``"mnist"``.
    train, test : Images
        The two splits, with the same channels, shape, full scale and number of classes.
    validation : Images, optional
        Images held out of the training set; see `hold_out`.

    Raises
    ------
    SpikefaError
        If the splits differ in channels, shape, full scale or number of classes.
    """

    kind: ClassVar[str] = "images"
    require_kind = staticmethod(require_images)
    require_alike = staticmethod(require_alike)

    @property
    def full_scale(self) -> int:
        """The pixel value that means 1.0."""
        return self.train.full_scale

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of an image, in pixels."""
        return self.train.shape

    @property
    def n_inputs(self) -> int:
        """Size of the input population: one neuron for each pixel and channel."""
        return self.train.n_inputs

    @property
    def channels(self) -> int:
        """1 if the images are grey, 3 if they are in colours."""
        return self.train.channels
