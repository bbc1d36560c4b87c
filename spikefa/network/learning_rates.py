"""The current learning rate and weight decay of each projection."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.plasticity import Rules
from spikefa.utils.scalars import plain_sequence, real


@dataclass
class LearningRates:
    """Current learning rates and weight decay of every projection, known without device access.

    For the gamma = 1e-8 of Lillicrap et al. 2016, (1 - gamma) is 1 in float32, so a decay at every
    step would cost a pass over all weights and have no effect. Instead, the decay is accumulated as
    a logarithm and applied as soon as the factor is exact to a thousandth: at every step in
    float64, and every 12,000 steps for 1e-8 in float32.

    Attributes
    ----------
    least : float
        A decay is applied once the logarithm reaches this size.
    rates : list of float
        eta of each projection; 0 if the projection is frozen, which also stops its decay.
    own : float64 Tensor [projections + 1]
        Factors set by hand, for each projection and, last, for the decay; on the CPU.
    scheduled : list of float
        Factors of the schedules, in the same order.
    lost : Tensor [projections]
        Fraction of each weight that one step removes; on the CPU, in float64, like `due`.
    due : Tensor [projections]
        Logarithm of the accumulated decay that had not been applied `waited` steps ago.
    waited, wait : int64 Tensor []
        Steps since `due` was last updated, and number of steps after which some decay is applied.
    """

    least: float
    rates: list[float]
    own: Tensor
    scheduled: list[float]
    lost: Tensor
    due: Tensor
    waited: Tensor
    wait: Tensor

    @classmethod
    def of(
        cls,
        rules: Rules,
        circuit: FeedbackCircuit,
        dtype: torch.dtype,
    ) -> "LearningRates":
        """Return the learning rates of `rules` for weights of `dtype`, with no decay due."""
        projections = len(rules.each)
        zeros = torch.zeros(projections, dtype=torch.float64)
        least = 1e3 * torch.finfo(dtype).eps
        none = torch.zeros((), dtype=torch.int64)
        learning_rates = cls(
            least,
            rules.rates(),
            torch.ones(projections + 1, dtype=torch.float64),
            [1.0] * (projections + 1),
            zeros,
            zeros.clone(),
            none,
            none.clone(),
        )
        learning_rates.set(rules, circuit)
        learning_rates._look_ahead()
        return learning_rates

    def set(
        self,
        rules: Rules,
        circuit: FeedbackCircuit,
        factor: float | Sequence[float] = 1.0,
        decay: float = 1.0,
    ) -> None:
        """Scale the rules' learning rates and weight decay by hand, on top of the schedules.

        The factors stay until they are set again.

        Parameters
        ----------
        rules : Rules
        circuit : FeedbackCircuit
            Its weights may decay with the forward weights.
        factor : float or sequence of float, default 1
            Factor on the learning rate, of all projections or of each; 0 freezes a projection.
        decay : float, default 1
            Factor on the weight decay.

        Raises
        ------
        SpikefaError
            If a factor is out of range, if one step would remove a weight entirely, or if the decay
            would differ between projections while the circuit's weights decay with all of them.
        """
        own = self._of_each(factor, decay)
        self._scale(rules, circuit, self.scheduled, own)
        self.own.copy_(torch.tensor(own, dtype=torch.float64))

    def schedule(
        self,
        rules: Rules,
        circuit: FeedbackCircuit,
        factor: float | Sequence[float],
        decay: float,
    ) -> None:
        """Set the factors of the schedules; those set by hand stay. See `set`."""
        scheduled = self._of_each(factor, decay)
        self._scale(rules, circuit, scheduled, self.own.tolist())
        self.scheduled[:] = scheduled

    def check(self, rules: Rules, circuit: FeedbackCircuit) -> None:
        """Refuse a circuit that could not go on with the present factors. See `set`."""
        self._scaled(rules, circuit, self.scheduled, self.own.tolist())

    def _of_each(self, factor: float | Sequence[float], decay: float) -> list[float]:
        """Return the factors of all projections and, last, that of the decay."""
        count, given = len(self.rates), plain_sequence(factor)
        factors = given if isinstance(given, list) else [given] * count
        require(
            len(factors) == count,
            f"{len(factors)} factors for {count} projections: give one, or one for each",
        )
        found = [float(real(each, "a factor on a learning rate or decay")) for each in factors]
        found.append(float(real(decay, "a factor on a learning rate or decay")))
        require(
            all(0 <= each < float("inf") for each in found),
            f"the factors {found} were given, or come from a schedule: they must be 0 or more",
        )
        return found

    def _scale(
        self,
        rules: Rules,
        circuit: FeedbackCircuit,
        scheduled: Sequence[float],
        own: Sequence[float],
    ) -> None:
        """Set rates and decay to those of the rule times these factors; check them first."""
        rates, lost = self._scaled(rules, circuit, scheduled, own)
        self.rates[:] = rates
        if lost != self.lost.tolist():
            self._add_up()
            self.lost.copy_(torch.tensor(lost, dtype=torch.float64))
            self._look_ahead()

    def _scaled(
        self,
        rules: Rules,
        circuit: FeedbackCircuit,
        scheduled: Sequence[float],
        own: Sequence[float],
    ) -> tuple[list[float], list[float]]:
        """Return the rates, and the fractions that one step removes, with these factors."""
        *factors, decay = [a * b for a, b in zip(scheduled, own, strict=True)]
        rates = [rate * each for rate, each in zip(rules.rates(), factors, strict=True)]
        lost = rules.lost(rates, decay)
        require(max(lost) < 1, f"a weight decay of {max(lost)} per step: it must be below 1")
        require(
            not circuit.decays or len(set(lost)) == 1,
            f"the weights of {type(circuit).__name__} decay with those of all projections, so "
            "these must decay alike: freeze none, or all; and with decay_times_rate give one "
            "learning rate",
        )
        return rates, lost

    @property
    def log_factors(self) -> Tensor:
        """Logarithm of the decay factor of one step, for each projection."""
        return torch.log1p(-self.lost)

    def is_due(self) -> bool:
        """Return whether the next step will apply some decay."""
        return int(self.waited) + 1 >= int(self.wait)

    def step(self) -> list[float] | None:
        """Count a step; if some decay is due, return the factor of each projection."""
        self.waited.add_(1)
        if int(self.waited) < int(self.wait):
            return None
        self._add_up()
        ripe = self.due <= -self.least * (1 - 1e-9)  # the sum may be off in the last digit
        factors = torch.where(ripe, self.due, 0.0).exp().tolist()
        self.due.masked_fill_(ripe, 0.0)
        self._look_ahead()
        return factors

    def _add_up(self) -> None:
        self.due.add_(self.log_factors, alpha=int(self.waited))
        self.waited.zero_()

    def _look_ahead(self) -> None:
        """Find the number of steps until the first projection has enough decay to apply."""
        waits = [
            max(1, math.ceil((self.least + due) / -each))
            for due, each in zip(self.due.tolist(), self.log_factors.tolist(), strict=True)
            if each
        ]
        self.wait.fill_(min(waits, default=1 << 62))
