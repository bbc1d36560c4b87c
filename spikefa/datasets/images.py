"""Labelled images, and a data set made of their splits."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spikefa.errors import require


@dataclass(frozen=True, eq=False)
class Images:
    """One split: images and their classes.

    Parameters
    ----------
    pixels : ndarray of uint8, shape [n, height, width]
        Grey values, from 0 to the `full_scale` of the data set.
    labels : ndarray of uint8, shape [n]
        The class of each image.

    Raises
    ------
    SpikefaError
        If a type or a shape is not as above, the counts differ, or there is no image.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        for what, array, ndim in (("pixels", self.pixels, 3), ("labels", self.labels, 1)):
            require(
                array.dtype == np.uint8 and array.ndim == ndim,
                f"{what} are {array.dtype} with {array.ndim} dimensions, "
                f"expected uint8 with {ndim}: convert them with astype and reshape",
            )
        require(
            len(self.pixels) == len(self.labels),
            f"{len(self.pixels)} images have {len(self.labels)} labels: give one label per image",
        )
        require(self.pixels.size > 0, "there are no pixels: give at least one image")

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, span: slice) -> "Images":
        """Return the images of `span`, a view that shares memory with these."""
        return Images(self.pixels[span], self.labels[span])


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images to train on, to test on and, if some are held out, to validate on.

    To use fewer images, hold out first, then take a subset of what is left: so the validation
    images stay the same whatever the subset, as in ``mnist().hold_out(5000).subset(train=1000)``.

    Parameters
    ----------
    name : str
        Such as ``"mnist"``.
    train, test : Images
        The two splits, of images of one shape.
    validation : Images, optional
        Images held out of the training set; see `hold_out`.
    full_scale : int
        The pixel value that means 1.0.
    n_classes : int
        Labels are 0 to ``n_classes - 1``.

    Raises
    ------
    SpikefaError
        If the splits differ in shape, or a pixel or a label is out of range.
    """

    name: str
    train: Images
    test: Images
    validation: Images | None = None
    full_scale: int = 255
    n_classes: int = 10

    def __post_init__(self) -> None:
        for split in ("train", "test", "validation"):
            images = getattr(self, split)
            if images is not None:
                self._check(split, images)

    def _check(self, split: str, images: Images) -> None:
        where = f"{self.name}, {split} images"
        shape, brightest = images.pixels.shape[1:], images.pixels.max()
        require(shape == self.shape, f"{where}: shape {shape}, expected {self.shape} as in train")
        require(
            brightest <= self.full_scale,
            f"{where}: pixel value {brightest}, expected at most full_scale = {self.full_scale}",
        )
        require(
            images.labels.max() < self.n_classes,
            f"{where}: label {images.labels.max()}, expected 0 to {self.n_classes - 1}",
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of an image, in pixels."""
        _, height, width = self.train.pixels.shape
        return height, width

    @property
    def n_inputs(self) -> int:
        """Pixels of an image: the size of the input population."""
        height, width = self.shape
        return height * width

    def hold_out(self, n: int) -> "Dataset":
        """Return the data set with its last `n` training images moved to `validation`.

        Parameters
        ----------
        n : int
            How many; 0 changes nothing. At least one training image must be left.

        Raises
        ------
        SpikefaError
            If `n` is out of range, or images are held out already.
        """
        if n == 0:
            return self
        require(
            self.validation is None,
            f"{self.name} has validation images already: hold out once, all you need",
        )
        most = len(self.train) - 1
        require(
            0 < n <= most,
            f"cannot hold out {n} images: {self.name} has {most + 1} training images, "
            f"hold out 0 to {most}",
        )
        kept = most + 1 - n
        return replace(
            self,
            train=self.train.part(slice(kept)),
            validation=self.train.part(slice(kept, None)),
        )

    def subset(self, train: int | None = None, test: int | None = None) -> "Dataset":
        """Return the data set with only its first `train` and first `test` images.

        Call it after `hold_out`: it counts the training images that are left then, and does not
        touch `validation`.

        Parameters
        ----------
        train, test : int, optional
            How many images to keep; all where it is None.

        Raises
        ------
        SpikefaError
            If a count is zero, negative or more than there are.
        """
        return replace(
            self,
            train=self._first("training", self.train, train),
            test=self._first("test", self.test, test),
        )

    def _first(self, split: str, images: Images, n: int | None) -> Images:
        if n is None:
            return images
        require(
            0 < n <= len(images),
            f"cannot keep {n} {split} images: {self.name} has {len(images)}, "
            f"keep 1 to {len(images)}",
        )
        return images.part(slice(n))
