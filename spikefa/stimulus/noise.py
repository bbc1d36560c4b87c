"""Inputs that are disturbed at random in training: noise, and inputs that stay silent."""

from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.stimulus.augmentation import Augmentation
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import PositiveScale, ProperShare, Share

LEAST = 2.0**-25
"""Half the distance of two random numbers; in place of 0, which has no quantile."""


@dataclass(frozen=True)
class InputNoise(Augmentation):
    """Adds Gaussian noise, which stays the same as long as an item is shown.

    Images stay within black and white. Tests show the items as they are.

    Parameters
    ----------
    deviation : float
        Standard deviation of the noise; white is 1.

    Raises
    ------
    SpikefaError
        If `deviation` is not above 0.
    """

    deviation: PositiveScale

    def __post_init__(self) -> None:
        check_fields(self)

    def numbers(self, n_inputs: int) -> int:
        """Return one for each input."""
        return n_inputs

    def __call__(self, inputs: Tensor, chances: Tensor) -> Tensor:
        """Return the inputs with noise: the quantiles of the random numbers."""
        return inputs + self.deviation * torch.special.ndtri(chances.clamp(min=LEAST))


@dataclass(frozen=True)
class InputDropout(Augmentation):
    """Silences inputs at random, each for as long as an item is shown (Srivastava et al. 2014).

    In tests all inputs are there, and count ``1 - share``, as they did in the mean: of images that
    are shown by `RateCode`, spikes are rarer by so much. The test images of a data set are shown
    so; give a stimulus of your own for tests the same augmentation as that for training.

    Parameters
    ----------
    share : float
        The probability that an input is silent, between 0 and 1.

    Raises
    ------
    SpikefaError
        If `share` is not between 0 and 1.
    """

    share: ProperShare

    def __post_init__(self) -> None:
        check_fields(self)

    def numbers(self, n_inputs: int) -> int:
        """Return one for each input."""
        return n_inputs

    def __call__(self, inputs: Tensor, chances: Tensor) -> Tensor:
        """Return the inputs, some of them 0."""
        return inputs * (chances >= self.share)

    def in_tests(self) -> "Weakened":
        """Return what multiplies all inputs by ``1 - share``."""
        return Weakened(1 - self.share)


@dataclass(frozen=True)
class Weakened(Augmentation):
    """Multiplies all inputs by the same number, without chance.

    Parameters
    ----------
    factor : float
        From 0 to 1.
    """

    factor: Share

    def __post_init__(self) -> None:
        check_fields(self)

    def numbers(self, n_inputs: int) -> int:
        """Return 0."""
        return 0

    def __call__(self, inputs: Tensor, chances: Tensor) -> Tensor:
        """Return weaker inputs."""
        return inputs * self.factor

    def in_tests(self) -> "Weakened":
        """Return this one."""
        return self
