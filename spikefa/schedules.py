"""Learning-rate schedules: a factor on the learning rate over the epochs of training."""

from dataclasses import dataclass
from typing import Protocol

from spikefa.errors import require


class Schedule(Protocol):
    """Anything that gives a factor for a number of epochs, whole or not."""

    def __call__(self, epoch: float) -> float:
        """Return the factor on the learning rate after `epoch` epochs."""
        ...


@dataclass(frozen=True)
class Constant:
    """The learning rate of the rule, throughout (Lillicrap et al. 2016)."""

    def __call__(self, epoch: float) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True)
class WarmUpAnneal:
    """Linearly up to the full rate, then linearly down, over the whole training.

    At the full rate the first updates, which are large and alike for all images, would drive the
    lowest layer into saturation, from which it does not come back; small rates at the end let the
    noise of the stochastic updates settle (docs/fig4.md).

    Parameters
    ----------
    epochs : float
        Length of the training.
    warmup : float, default 0
        Epochs on the way up.
    start : float, default 0.15
        Factor at the beginning of the warm-up.
    final : float, default 0
        Factor at the end of the training, and after it.

    Raises
    ------
    SpikefaError
        If `warmup` is not in [0, epochs), or `start` or `final` not in [0, 1].
    """

    epochs: float
    warmup: float = 0.0
    start: float = 0.15
    final: float = 0.0

    def __post_init__(self) -> None:
        require(self.epochs > 0, f"epochs must be positive, {self.epochs} given")
        require(
            0 <= self.warmup < self.epochs,
            f"the warm-up must be in [0, {self.epochs}) epochs, {self.warmup} given",
        )
        for name in ("start", "final"):
            factor = getattr(self, name)
            require(0 <= factor <= 1, f"the {name} factor must be in [0, 1], {factor} given")

    def __call__(self, epoch: float) -> float:
        """Return the factor on the learning rate after `epoch` epochs."""
        if epoch < self.warmup:
            return self.start + (1 - self.start) * epoch / self.warmup
        share = min(1.0, (epoch - self.warmup) / (self.epochs - self.warmup))
        return 1 + (self.final - 1) * share
