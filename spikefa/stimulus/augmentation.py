"""Images that are changed at random before they are shown: what all such changes have."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.plugins.describing import Description, describe
from spikefa.utils.numbers import shown


class Augmentation(ABC):
    """Changes inputs at random, anew for every stream and presentation.

    Only training augments; what tests show in place of it, `in_tests` says. The random numbers come
    from the random stream ``presentation``, so that a run that is stopped goes on with the same,
    and nothing waits for the device. An augmentation holds no tensors.

    Subclasses are frozen dataclasses.

    Attributes
    ----------
    shape : (int, int) or None
        Height and width of the images that it changes; None if it changes inputs of any kind.
    """

    shape: tuple[int, int] | None = None

    @abstractmethod
    def numbers(self, n_inputs: int) -> int:
        """Return how many random numbers it takes to change `n_inputs` inputs."""

    @abstractmethod
    def __call__(self, inputs: Tensor, chances: Tensor) -> Tensor:
        """Return other inputs, as `chances` say.

        Parameters
        ----------
        inputs : Tensor [streams, n_inputs]
            Of images: brightness from 0 to 1, channel by channel and row by row.
        chances : Tensor [streams, numbers]
            Numbers from U[0, 1).
        """

    def in_tests(self) -> "Augmentation | None":
        """Return what tests do instead; by default nothing."""
        return None


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
        f"augmentation is {shown(given)}: give an Augmentation, such as "
        "CropAndFlip((height, width)), or None",
    )
    if given.shape is None:
        return
    height, width = given.shape
    require(
        shape in (None, given.shape) and n_inputs % (height * width) == 0,
        f"the augmentation is of images of {height} x {width} pixels, {name} has "
        + (f"{n_inputs} inputs" if shape is None else f"images of {shape[0]} x {shape[1]}")
        + f": give {type(given).__name__} the height and width of the images",
    )


def chances_of(given: Maybe, streams: int, n_inputs: int, device: torch.device) -> Tensor | None:
    """Return room for the random numbers of one presentation, if there is an augmentation."""
    if given is None:
        return None
    return torch.zeros(streams, given.numbers(n_inputs), device=device)


def augment(given: Maybe, inputs: Tensor, chances: Tensor | None) -> None:
    """Augment inputs in place, if there is an augmentation."""
    if given is not None and chances is not None:
        inputs.copy_(given(inputs, chances))


def tested(given: Maybe) -> Maybe:
    """Return what tests do in place of an augmentation, if there is one."""
    return None if given is None else given.in_tests()


def described(given: Maybe) -> Description:
    """Return what must be the same when a run is continued; nothing without an augmentation."""
    return {} if given is None else describe("the augmentation", given)
