"""Labelled images, and a data set made of their splits."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.arrays import WHITE, Labels, label_array, pixel_array
from spikefa.datasets.selecting import Selection as Selecting
from spikefa.datasets.selecting import selected
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
    pixels : ndarray of uint8, shape [n, height, width]
        Grey values, from 0 to `full_scale`.
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
        count, *shape = self.pixels.shape
        return (
            f"Images({count:,} of {' x '.join(map(str, shape))} pixels, {self.n_classes} classes)"
        )

    def __post_init__(self) -> None:
        full_scale = whole_number(self.full_scale, "full_scale", 1, WHITE)
        n_classes = whole_number(self.n_classes, "n_classes", 1, MOST_CLASSES)
        pixels = pixel_array(self.pixels, full_scale)
        labels = label_array(self.labels, n_classes)
        require(
            len(pixels) == len(labels),
            f"{len(pixels)} images have {len(labels)} labels: give one label per image",
        )
        brightest = int(pixels.max())
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
        _, height, width = self.pixels.shape
        return height, width

    @property
    def n_inputs(self) -> int:
        """Pixels of an image: the size of the input population."""
        height, width = self.shape
        return height * width

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


def require_alike(what: str, images: Images, train: Images) -> None:
    """Refuse images that a network trained on `train` would take for something else.

    Raises
    ------
    SpikefaError
        If they differ in shape, full scale or number of classes.
    """
    require_images(what, images)
    for name in ("shape", "full_scale", "n_classes"):
        given, expected = getattr(images, name), getattr(train, name)
        require(given == expected, f"{what}: {name} {given}, expected {expected} as in training")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images to train on, to test on and, if some are held out, to validate on.

    To use fewer images, hold out first, then take a subset of what is left, as in
    ``mnist().hold_out(5000).subset(train=1000)``. The validation images then do not depend on the
    size of the subset.

    Parameters
    ----------
    name : str
        Such as ``"mnist"``.
    train, test : Images
        The two splits, with the same shape, full scale and number of classes.
    validation : Images, optional
        Images held out of the training set; see `hold_out`.

    Raises
    ------
    SpikefaError
        If the splits differ in shape, full scale or number of classes.
    """

    name: str
    train: Images
    test: Images
    validation: Images | None = None

    def __post_init__(self) -> None:
        require_images(f"{self.name}, train", self.train)
        require_alike(f"{self.name}, test images", self.test, self.train)
        if self.validation is not None:
            require_alike(f"{self.name}, validation images", self.validation, self.train)

    @property
    def full_scale(self) -> int:
        """The pixel value that means 1.0."""
        return self.train.full_scale

    @property
    def n_classes(self) -> int:
        """Labels are 0 to ``n_classes - 1``."""
        return self.train.n_classes

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of an image, in pixels."""
        return self.train.shape

    @property
    def n_inputs(self) -> int:
        """Pixels of an image: the size of the input population."""
        return self.train.n_inputs

    def hold_out(self, n: int, selection: Selecting = "ordered", seed: int = 0) -> "Dataset":
        """Return the data set with `n` of its training images moved to `validation`.

        Parameters
        ----------
        n : int
            0 changes nothing. At least one training image must be left.
        selection : {"ordered", "shuffled", "stratified"}, default "ordered"
            The last images, any images, or of every class its share.
        seed : int, default 0
            What "shuffled" and "stratified" draw from.

        Raises
        ------
        SpikefaError
            If `n` is out of range, or images are held out already.
        """
        most = len(self.train) - 1
        n = whole_number(n, f"the number of images of {self.name} to hold out", 0, most)
        if n == 0:
            return self
        require(
            self.validation is None,
            f"{self.name} has validation images already: hold out all that you need in one call",
        )
        what = f"the {n} images of {self.name} that are held out"
        chosen = selected(self.train.labels, n, selection, seed, last=True, what=what)
        kept = slice(chosen.start) if isinstance(chosen, slice) else ~chosen
        return replace(self, train=self.train.part(kept), validation=self.train.part(chosen))

    def subset(
        self,
        train: int | None = None,
        test: int | None = None,
        selection: Selecting = "ordered",
        seed: int = 0,
    ) -> "Dataset":
        """Return the data set with only `train` of its training and `test` of its test images.

        Call it after `hold_out`: it counts the training images that are left then, and does not
        change `validation`.

        Parameters
        ----------
        train, test : int, optional
            How many images to keep; by default all.
        selection : {"ordered", "shuffled", "stratified"}, default "ordered"
            The first images, any images, or of every class its share.
        seed : int, default 0
            What "shuffled" and "stratified" draw from.

        Raises
        ------
        SpikefaError
            If a count is zero, negative or more than there are.
        """
        return replace(
            self,
            train=self._some("training", self.train, train, selection, seed),
            test=self._some("test", self.test, test, selection, seed),
        )

    def _some(
        self, split: str, images: Images, n: int | None, selection: Selecting, seed: int
    ) -> Images:
        if n is None:
            return images
        number = whole_number(
            n, f"the number of {split} images of {self.name} to keep", 1, len(images)
        )
        what = f"the {number} {split} images of {self.name} that are kept"
        return images.part(selected(images.labels, number, selection, seed, last=False, what=what))
