"""How fast each projection learns and decays at present."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.plasticity import PlasticityRule


@dataclass
class LearningRates:
    """Learning rates and weight decay of every projection now, known without asking the device.

    (1 - gamma) is 1 in float32 for the gamma = 1e-8 of Lillicrap et al. 2016, so a decay at every
    step would do nothing at the price of a pass over all weights. What is due adds up instead, as a
    logarithm, and is applied as soon as the factor is exact to a thousandth; in float64 that is at
    every step, and for 1e-8 in float32 every 12,000 steps.

    Attributes
    ----------
    least : float
        Logarithm, without its sign, from which on a decay is applied.
    rates : list of float
        eta of each projection; 0 if it is frozen, which stops its decay too.
    log_factors : Tensor [projections]
        Logarithm of the factor of one step's decay; on the CPU, in float64, like `due`.
    due : Tensor [projections]
        Logarithm of the decay that was due, and not applied, `waited` steps ago.
    waited, wait : int64 Tensor []
        Steps since `due` was added up, and how many there are to be before some is applied.
    """

    least: float
    rates: list[float]
    log_factors: Tensor
    due: Tensor
    waited: Tensor
    wait: Tensor

    @classmethod
    def of(cls, rule: PlasticityRule, projections: int, dtype: torch.dtype) -> "LearningRates":
        """Return the learning rates of `rule`, with no decay due, for weights of `dtype`."""
        zeros = torch.zeros(projections, dtype=torch.float64)
        least = 1e3 * torch.finfo(dtype).eps
        none = torch.zeros((), dtype=torch.int64)
        learning_rates = cls(
            least, rule.rates(projections), zeros, zeros.clone(), none, none.clone()
        )
        learning_rates.set(rule, [1.0] * projections, 1.0)
        learning_rates._look_ahead()
        return learning_rates

    def set(self, rule: PlasticityRule, factors: Sequence[float], decay: float) -> None:
        """Scale the rule's learning rates and weight decay by the factors of a schedule.

        Raises
        ------
        SpikefaError
            If a factor is negative or not finite, or a step would take away a whole weight.
        """
        require(
            all(0 <= factor < float("inf") for factor in (*factors, decay)),
            f"a schedule gave the factors {[*factors, decay]}: they must be 0 or more",
        )
        rates = [rate * f for rate, f in zip(rule.rates(len(factors)), factors, strict=True)]
        lost = [
            rule.weight_decay * decay * (rate if rule.decay_times_rate else 1.0) if rate else 0.0
            for rate in rates
        ]
        require(max(lost) < 1, f"a weight decay of {max(lost)} per step: it must be below 1")
        self.rates[:] = rates
        log_factors = torch.log1p(-torch.tensor(lost, dtype=torch.float64))
        if not log_factors.equal(self.log_factors):
            self._add_up()
            self.log_factors.copy_(log_factors)
            self._look_ahead()

    def is_due(self) -> bool:
        """Return whether the step that is counted next will apply some decay."""
        return int(self.waited) + 1 >= int(self.wait)

    def step(self) -> list[float] | None:
        """Count a step; return the decay of each projection, as a factor, if some is due."""
        self.waited.add_(1)
        if int(self.waited) < int(self.wait):
            return None
        self._add_up()
        ripe = self.due <= -self.least * (1 - 1e-9)  # the last digit may be lost in adding up
        factors = torch.where(ripe, self.due, 0.0).exp().tolist()
        self.due.masked_fill_(ripe, 0.0)
        self._look_ahead()
        return factors

    def _add_up(self) -> None:
        self.due.add_(self.log_factors, alpha=int(self.waited))
        self.waited.zero_()

    def _look_ahead(self) -> None:
        """Find after how many steps the first projection has enough due."""
        waits = [
            max(1, math.ceil((self.least + due) / -each))
            for due, each in zip(self.due.tolist(), self.log_factors.tolist(), strict=True)
            if each
        ]
        self.wait.fill_(min(waits, default=1 << 62))
