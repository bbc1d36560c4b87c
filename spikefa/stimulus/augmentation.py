"""Images that are moved and mirrored at random before they are shown."""

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.plugins.describing import Description, describe
from spikefa.utils.checking import check_fields
from spikefa.utils.numbers import shown
from spikefa.utils.ranges import CountOrZero, Size

CHANCES = 3
"""Numbers for an image: for its rows, for its columns, and for the mirror."""


@dataclass(frozen=True)
class Augmentation:
    """Random crops and mirror images, drawn anew for every stream and presentation.

    An image gets `crop` pixels of 0 on every side, and a part of its own size is cut out at a
    random place; with probability 1/2 it is mirrored, left to right (He et al. 2016, section 4.2).
    All its channels move alike. Only training augments: tests show the images as they are.

    The random numbers come from the random stream ``presentation``, so that a run that is stopped
    goes on with the same, and nothing waits for the device.

    Parameters
    ----------
    shape : (int, int)
        Height and width of the images.
    crop : int, default 4
        0 moves nothing.
    flip : bool, default True
        Whether images are mirrored. Leave mirror images out where they mean something else, as
        those of digits and letters do.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or `crop` is as large as an image.
    """

    shape: tuple[Size, Size]
    _: KW_ONLY
    crop: CountOrZero = 4
    flip: bool = True

    def __post_init__(self) -> None:
        check_fields(self)
        require(isinstance(self.flip, bool), f"flip is {shown(self.flip)}: give True or False")
        require(
            self.crop < min(self.shape),
            f"a crop of {self.crop} pixels moves images of {self.shape[0]} x {self.shape[1]} out "
            "of sight: give a smaller crop",
        )

    def chances(self, streams: int, device: torch.device) -> Tensor:
        """Return room for the random numbers of one presentation, [streams, 3]."""
        return torch.zeros(streams, CHANCES, device=device)

    def __call__(self, images: Tensor, chances: Tensor) -> Tensor:
        """Return other images [streams, channels * height * width], as `chances` say.

        Parameters
        ----------
        images : Tensor [streams, channels * height * width]
        chances : Tensor [streams, 3]
            Numbers from U[0, 1).
        """
        height, width = self.shape
        row, column = (self._place(chances[:, axis], self.shape[axis]) for axis in (0, 1))
        if self.flip:
            column = torch.where(chances[:, 2:] < 0.5, column.flip(1), column)
        inside = _within(row, height).unsqueeze(2) & _within(column, width).unsqueeze(1)
        row, column = row.clamp(0, height - 1), column.clamp(0, width - 1)
        place = row.unsqueeze(2) * width + column.unsqueeze(1)
        each = images.unflatten(1, (-1, height * width))
        moved = each.gather(2, place.flatten(1).unsqueeze(1).expand_as(each))
        return moved.masked_fill_(~inside.flatten(1).unsqueeze(1), 0).flatten(1)

    def _place(self, chance: Tensor, size: int) -> Tensor:
        """Return the row, or column, of the image that comes to each place, [streams, size]."""
        places = 2 * self.crop + 1
        start = (chance * places).long().clamp_(max=places - 1).sub_(self.crop)
        return start.unsqueeze(1) + torch.arange(size, device=chance.device)


def _within(place: Tensor, size: int) -> Tensor:
    return (place >= 0) & (place < size)


Maybe = Augmentation | None
"""Of a stimulus that need not have one."""


def check_augmentation(
    given: Maybe, n_inputs: int, name: str, shape: tuple[int, int] | None = None
) -> None:
    """Check that an augmentation, if any, is one of images like the inputs of a stimulus.

    Parameters
    ----------
    given : Augmentation, optional
    n_inputs : int
    name : str
        What the stimulus is called.
    shape : (int, int), optional
        Height and width of its images, if they are known; their channels may be any.

    Raises
    ------
    SpikefaError
        If it is not.
    """
    if given is None:
        return
    require(
        isinstance(given, Augmentation),
        f"augmentation is {shown(given)}: give Augmentation((height, width)), or None",
    )
    height, width = given.shape
    require(
        shape in (None, given.shape) and n_inputs % (height * width) == 0,
        f"the augmentation is of images of {height} x {width} pixels, {name} has "
        + (f"{n_inputs} inputs" if shape is None else f"images of {shape[0]} x {shape[1]}")
        + ": give Augmentation the height and width of the images",
    )


def chances_of(given: Maybe, streams: int, device: torch.device) -> Tensor | None:
    """Return room for the random numbers of an augmentation, if there is one."""
    return None if given is None else given.chances(streams, device)


def augment(given: Maybe, images: Tensor, chances: Tensor | None) -> None:
    """Augment images in place, if there is an augmentation."""
    if given is not None and chances is not None:
        images.copy_(given(images, chances))


def described(given: Maybe) -> Description:
    """Return what must be the same when a run is continued; nothing without an augmentation."""
    return {} if given is None else describe("the augmentation", given)
