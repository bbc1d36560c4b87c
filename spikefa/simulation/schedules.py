"""Schedules: a factor on the learning rate or the weight decay that depends on the epoch."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from spikefa.errors import require
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import Duration, DurationOrZero, PositiveShare, Scale, Share


class Schedule(Protocol):
    """Any callable that returns a factor for a number of epochs, which need not be whole."""

    def __call__(self, epoch: float) -> float:
        """Return the factor after `epoch` epochs."""
        ...


@dataclass(frozen=True)
class Constant:
    """Always the learning rate of the rule (Lillicrap et al. 2016)."""

    def __call__(self, epoch: float) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True)
class WarmUpAnneal:
    """Rises linearly to the full rate, then falls linearly until the end of the training.

    At the full rate the first updates, which are large and alike for all images, would drive the
    lowest layer into saturation, from which it does not recover; small rates at the end reduce the
    noise of the stochastic updates (docs/fig4.md).

    Parameters
    ----------
    epochs : float
        Length of the training.
    warmup : float, default 0
        Number of epochs in which the factor rises.
    start : float, default 0.15
        Factor at the beginning of the warm-up.
    final : float, default 0
        Factor at the end of the training, and after it.

    Raises
    ------
    SpikefaError
        If `warmup` is not in [0, epochs), or `start` or `final` not in [0, 1].
    """

    epochs: Duration
    warmup: DurationOrZero = 0.0
    start: Share = 0.15
    final: Share = 0.0

    def __post_init__(self) -> None:
        check_fields(self)
        require(
            self.warmup < self.epochs,
            f"the warm-up must be in [0, {self.epochs}) epochs, {self.warmup} given",
        )

    def __call__(self, epoch: float) -> float:
        """Return the factor on the learning rate after `epoch` epochs."""
        if epoch < self.warmup:
            return self.start + (1 - self.start) * epoch / self.warmup
        share = min(1.0, (epoch - self.warmup) / (self.epochs - self.warmup))
        return 1 + (self.final - 1) * share


@dataclass(frozen=True)
class Piecewise:
    """A factor that is constant between given epochs.

    ``Piecewise({0: 300, 1: 1})`` on the weight decay lets product feedback alignment align (Li
    Ji-An & Benna, Methods: 0.03 in the first epoch, then 1e-4). A factor of 0 on a learning rate
    freezes synapses in some phases (Lillicrap et al. 2016, figure 5c).

    Parameters
    ----------
    factors : mapping of float to float
        Factor by the epoch from which it holds; one must be for epoch 0.

    Raises
    ------
    SpikefaError
        If there is no factor for epoch 0, or an epoch or factor is negative.
    """

    factors: Mapping[DurationOrZero, Scale]

    def __post_init__(self) -> None:
        check_fields(self)
        require(0 in self.factors, f"a factor for epoch 0 is needed, {self.factors} given")

    def __call__(self, epoch: float) -> float:
        """Return the factor after `epoch` epochs."""
        return self.factors[max(start for start in self.factors if start <= epoch)]


@dataclass(frozen=True)
class StepDecay:
    """Multiplies the rate by the same factor repeatedly, such as 0.5 or 0.1.

    Parameters
    ----------
    factor : float, default 0.5
        In (0, 1].
    at : float or sequence of float, default 10
        The epochs at which the rate is multiplied; a single number is an interval in epochs.

    Raises
    ------
    SpikefaError
        If the factor is not in (0, 1], or an epoch is not positive.
    """

    factor: PositiveShare = 0.5
    at: Duration | Sequence[Duration] = 10.0

    def __post_init__(self) -> None:
        check_fields(self)

    def __call__(self, epoch: float) -> float:
        """Return the factor after `epoch` epochs."""
        if isinstance(self.at, int | float):
            return self.factor ** (epoch // self.at)
        return self.factor ** sum(epoch >= at for at in self.at)


def schedules_of(
    projections: Iterable[str], given: Schedule | Mapping[str, Schedule] | None
) -> dict[str, Schedule]:
    """Return the schedule of each projection; constant where none is given.

    Raises
    ------
    SpikefaError
        If a schedule is given for a projection that does not exist.
    """
    names = list(projections)
    if not isinstance(given, Mapping):
        one = given or Constant()
        return dict.fromkeys(names, one)
    for name in given:
        require(
            name in names, f"a schedule for {name!r}, but projections are to {', '.join(names)}"
        )
    return {name: given.get(name, Constant()) for name in names}
