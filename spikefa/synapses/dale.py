"""Dale's law: a neuron either excites or inhibits all its targets."""

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.synapses.constraint import Constraint
from spikefa.utils.ranges import ProperShare


@dataclass(eq=False)
class Dale(Constraint):
    """Every presynaptic neuron is excitatory or inhibitory, and stays so.

    The first ``round(fraction n)`` neurons of a population excite, the others inhibit; so all
    projections out of one population agree. After every change a weight of the wrong sign becomes
    0; it may grow again later.

    The first weights are the absolute values of those drawn, with the neuron's sign, times
    ``sqrt((1 - f) / f)`` for excitatory and ``sqrt(f / (1 - f))`` for inhibitory ones, where f is
    the fraction of excitatory neurons. Excitation and inhibition then cancel on average, if both
    kinds fire alike, and the mean square of the weights is that without the law. For f = 0.8 an
    inhibitory weight is 4 times an excitatory one, the usual balance (Song, Yang & Wang 2016; van
    Vreeswijk & Sompolinsky 1996). If all neurons are of one kind, nothing is scaled.

    Parameters
    ----------
    fraction : float, default 0.8
        Fraction of excitatory neurons, in (0, 1).
    excitatory : bool Tensor [n_pre], optional
        Which neurons are excitatory, instead; all may be.

    Attributes
    ----------
    signs : Tensor [n_pre, 1]
        1 for excitatory and -1 for inhibitory neurons; see `Synapses.held`.

    Raises
    ------
    SpikefaError
        If the fraction leaves no neuron of one kind, or the mask has another shape or other values.
    """

    fixes_signs: ClassVar[bool] = True

    fraction: ProperShare = 0.8
    _: KW_ONLY
    excitatory: Tensor | None = field(default=None, repr=False)
    signs: Tensor = field(init=False, repr=False)
    _least: Tensor = field(init=False, repr=False)
    _most: Tensor = field(init=False, repr=False)

    def connect(self, weight: Tensor, others: Sequence[Constraint]) -> None:
        """Choose the sign of each presynaptic neuron."""
        excite = self._excitatory(weight.shape[-2]).to(weight.device).unsqueeze(-1)
        self.signs = torch.where(excite, 1.0, -1.0).to(weight.dtype)
        self._least = torch.where(excite, 0.0, -math.inf).to(weight.dtype)
        self._most = torch.where(excite, math.inf, 0.0).to(weight.dtype)

    def _excitatory(self, n_pre: int) -> Tensor:
        mask = self.excitatory
        if mask is not None:
            require(
                tuple(mask.shape) == (n_pre,) and bool(((mask == 0) | (mask == 1)).all()),
                f"`excitatory` of shape {list(mask.shape)} for {n_pre} presynaptic neurons: give "
                f"[{n_pre}] values, True or False",
            )
            return mask.bool()
        count = round(self.fraction * n_pre)
        require(
            0 < count < n_pre,
            f"fraction {self.fraction:g} of {n_pre} presynaptic neurons makes {count} excitatory: "
            "give one that leaves some of both kinds, or a mask `excitatory`",
        )
        return torch.arange(n_pre) < count

    def initialise(self, weight: Tensor, generator: torch.Generator) -> None:
        """Give every weight the sign of its neuron, and balance excitation and inhibition."""
        share = (self.signs > 0).to(weight.dtype).mean()
        odds = torch.where(self.signs > 0, (1 - share) / share, share / (1 - share)).sqrt_()
        one_kind = (share == 0) | (share == 1)
        weight.abs_().mul_(self.signs * torch.where(one_kind, 1.0, odds))

    def restore(self, weight: Tensor) -> None:
        """Set weights of the wrong sign to 0."""
        torch.clamp(weight, min=self._least, max=self._most, out=weight)
