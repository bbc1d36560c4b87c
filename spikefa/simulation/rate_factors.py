"""Factors of the schedules on learning rates and weight decay."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from spikefa.simulation.schedules import Constant, Schedule, schedules_of
from spikefa.utils.scalars import real


@dataclass
class RateFactors:
    """Factors of the schedules on the learning rate of each projection, and on the weight decay.

    Attributes
    ----------
    schedules : dict of Schedule
        By the name of the population on which a projection ends.
    decay_schedule : Schedule
    """

    schedules: dict[str, Schedule]
    decay_schedule: Schedule

    @classmethod
    def of(
        cls,
        projections: Iterable[str],
        schedule: Schedule | Mapping[str, Schedule] | None,
        decay_schedule: Schedule | None,
    ) -> "RateFactors":
        """Return the factors for these projections, see `Simulation`."""
        return cls(schedules_of(projections, schedule), decay_schedule or Constant())

    @property
    def shared(self) -> Schedule | None:
        """The schedule of all projections, if they share one."""
        first, *others = self.schedules.values()
        return first if all(each is first for each in others) else None

    def at(self, epoch: float) -> tuple[list[float], float]:
        """Return the factor for each projection, and for the weight decay."""
        rates = [_factor(schedule, epoch) for schedule in self.schedules.values()]
        return rates, _factor(self.decay_schedule, epoch)

    def row(self, epoch: float, own: Sequence[float]) -> dict[str, float]:
        """Return the factors as columns of a row; a single column if all projections share it.

        Parameters
        ----------
        epoch : float
        own : sequence of float
            Factors set by hand, for each projection and, last, for the decay.
        """
        scheduled, decay = self.at(epoch)
        rates = [a * b for a, b in zip(scheduled, own[:-1], strict=True)]
        by_name = dict(zip(self.schedules, rates, strict=True))
        row = {f"learning_rate_factor_{name}": factor for name, factor in by_name.items()}
        if self.shared is not None and len(set(rates)) == 1:
            row = {"learning_rate_factor": rates[0]}
        return row | {"weight_decay_factor": decay * own[-1]}


def _factor(schedule: Schedule, epoch: float) -> float:
    given = schedule(epoch)
    if type(given) is float:
        return given
    return float(real(given, f"the factor of a schedule after {epoch:g} epochs"))
