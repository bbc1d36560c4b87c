"""Factors on learning rates and weight decay, from schedules and set by hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.simulation.schedules import Constant, Schedule, schedules_of
from spikefa.utils.indices import indices
from spikefa.utils.scalars import plain_sequence, real


@dataclass
class RateFactors:
    """Factors on the learning rate of each projection, and on the weight decay.

    The factor of a schedule is multiplied by the factor set by hand, which stays until it is
    changed.

    Attributes
    ----------
    schedules : dict of Schedule
        By the name of the population on which a projection ends.
    decay_schedule : Schedule
    own : float64 Tensor [projections + 1]
        Factors set by hand, for each projection and, last, for the decay; on the CPU.
    """

    schedules: dict[str, Schedule]
    decay_schedule: Schedule
    own: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.own = torch.ones(len(self.schedules) + 1, dtype=torch.float64)

    @classmethod
    def of(
        cls,
        projections: Iterable[str],
        schedule: Schedule | Mapping[str, Schedule] | None,
        decay_schedule: Schedule | None,
    ) -> "RateFactors":
        """Return the factors for these projections, see `Simulation`."""
        return cls(schedules_of(projections, schedule), decay_schedule or Constant())

    def set(self, factor: float | Sequence[float], decay: float) -> None:
        """Set the factors by hand: one for all projections, or one for each."""
        projections = len(self.schedules)
        given = plain_sequence(factor)
        factors = [given] * projections if not isinstance(given, list) else given
        require(
            len(factors) == projections,
            f"{len(factors)} factors for {projections} projections: give one, or one for each",
        )
        numbers = [real(each, "a factor on a learning rate or decay") for each in (*factors, decay)]
        self.own.copy_(torch.tensor(numbers, dtype=torch.float64))

    def freeze(self, projections: Sequence[int]) -> None:
        """Set the factors of these projections to 0, and of all others to 1."""
        count = len(self.schedules)
        frozen = indices(projections, count, "the projections to freeze")
        self.set([float(number not in frozen) for number in range(count)], 1.0)

    @property
    def shared(self) -> Schedule | None:
        """The schedule of all projections, if they share one."""
        first, *others = self.schedules.values()
        return first if all(each is first for each in others) else None

    def at(self, epoch: float) -> tuple[list[float], float]:
        """Return the factor for each projection, and for the weight decay."""
        *own, own_decay = self.own.tolist()
        schedules = zip(self.schedules.values(), own, strict=True)
        rates = [_factor(schedule, epoch) * factor for schedule, factor in schedules]
        return rates, _factor(self.decay_schedule, epoch) * own_decay

    def row(self, epoch: float) -> dict[str, float]:
        """Return the factors as columns of a row; a single column if all projections share it."""
        rates, decay = self.at(epoch)
        by_name = dict(zip(self.schedules, rates, strict=True))
        row = {f"learning_rate_factor_{name}": factor for name, factor in by_name.items()}
        if self.shared is not None and len(set(rates)) == 1:
            row = {"learning_rate_factor": rates[0]}
        return row | {"weight_decay_factor": decay}


def _factor(schedule: Schedule, epoch: float) -> float:
    given = schedule(epoch)
    if type(given) is float:
        return given
    return float(real(given, f"the factor of a schedule after {epoch:g} epochs"))
