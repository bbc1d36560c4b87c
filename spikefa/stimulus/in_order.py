"""Several augmentations, one after the other."""

from dataclasses import dataclass
from functools import reduce

from torch import Tensor

from spikefa.errors import require
from spikefa.stimulus.augmentation import Augmentation
from spikefa.utils.numbers import shown


@dataclass(frozen=True)
class InOrder(Augmentation):
    """Does several augmentations, one after the other, each with random numbers of its own.

    ``InOrder((Distortion((28, 28)), InputDropout(0.1)))`` bends an image before some of its pixels
    are silenced.

    Parameters
    ----------
    each : tuple of Augmentation

    Raises
    ------
    SpikefaError
        If there is none, one of them is no augmentation, or they are of images of different shapes.
    """

    each: tuple[Augmentation, ...]

    def __post_init__(self) -> None:
        several = isinstance(self.each, tuple) and len(self.each) > 0
        require(
            several and all(isinstance(one, Augmentation) for one in self.each),
            f"InOrder({shown(self.each)}): give a tuple of augmentations, such as "
            "InOrder((CropAndFlip((32, 32)), InputDropout(0.1)))",
        )
        require(
            len(self._shapes) <= 1,
            f"the augmentations are of images of {' and '.join(map(str, sorted(self._shapes)))} "
            "pixels: give all of them the height and width of the images",
        )

    @property
    def _shapes(self) -> set[tuple[int, int]]:
        return {one.shape for one in self.each if one.shape is not None}

    @property
    def shape(self) -> tuple[int, int] | None:  # type: ignore[override]
        """That of the first which has one."""
        return next(iter(self._shapes), None)

    def numbers(self, n_inputs: int) -> int:
        """Return the sum of what each takes."""
        return sum(one.numbers(n_inputs) for one in self.each)

    def __call__(self, inputs: Tensor, chances: Tensor) -> Tensor:
        """Return what the last makes of what the others have made."""
        counts = [one.numbers(inputs.shape[1]) for one in self.each]
        parts = zip(self.each, chances.split(counts, 1), strict=True)
        return reduce(lambda made, part: part[0](made, part[1]), parts, inputs)

    def in_tests(self) -> Augmentation | None:
        """Return what tests do in place of each."""
        found = [one.in_tests() for one in self.each]
        kept = tuple(one for one in found if one is not None)
        return InOrder(kept) if kept else None
