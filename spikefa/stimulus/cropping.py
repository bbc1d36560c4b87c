"""Images that are moved and mirrored at random before they are shown."""

from dataclasses import KW_ONLY, dataclass

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.stimulus.augmentation import Augmentation
from spikefa.utils.checking import check_fields
from spikefa.utils.numbers import shown
from spikefa.utils.ranges import CountOrZero, Size


@dataclass(frozen=True)
class CropAndFlip(Augmentation):
    """Random crops and mirror images, drawn anew for every stream and presentation.

    An image gets `crop` pixels of 0 on every side, and a part of its own size is cut out at a
    random place; with probability 1/2 it is mirrored, left to right (He et al. 2016, section 4.2).
    All its channels move alike. Tests show the images as they are.

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

    def numbers(self, n_inputs: int) -> int:
        """Return 3: for the rows, for the columns, and for the mirror."""
        return 3

    def __call__(self, inputs: Tensor, chances: Tensor) -> Tensor:
        """Return the images, cut out and mirrored; what is moved in is 0."""
        height, width = self.shape
        row, column = (self._place(chances[:, axis], self.shape[axis]) for axis in (0, 1))
        if self.flip:
            column = torch.where(chances[:, 2:] < 0.5, column.flip(1), column)
        inside = _within(row, height).unsqueeze(2) & _within(column, width).unsqueeze(1)
        row, column = row.clamp(0, height - 1), column.clamp(0, width - 1)
        place = row.unsqueeze(2) * width + column.unsqueeze(1)
        each = inputs.unflatten(1, (-1, height * width))
        moved = each.gather(2, place.flatten(1).unsqueeze(1).expand_as(each))
        return moved.masked_fill_(~inside.flatten(1).unsqueeze(1), 0).flatten(1)

    def _place(self, chance: Tensor, size: int) -> Tensor:
        """Return the row, or column, of the image that comes to each place, [streams, size]."""
        places = 2 * self.crop + 1
        start = (chance * places).long().clamp_(max=places - 1).sub_(self.crop)
        return start.unsqueeze(1) + torch.arange(size, device=chance.device)


def _within(place: Tensor, size: int) -> Tensor:
    return (place >= 0) & (place < size)
