"""All constraints on synapses as numbers, for a command line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, get_args

import torch

from spikefa.errors import require
from spikefa.synapses.base import Synapses
from spikefa.synapses.bits import Bits, Rounding
from spikefa.synapses.bounded import Bounded
from spikefa.synapses.connectivity import Connectivity
from spikefa.synapses.constraint import Constraint
from spikefa.synapses.dale import Dale
from spikefa.synapses.dense import Dense
from spikefa.synapses.failure import Failure
from spikefa.synapses.masked import Masked
from spikefa.synapses.mismatch import Mismatch
from spikefa.utils.checking import check_one_of
from spikefa.utils.ranges import BitCount, PositiveScale, ProperShare, Scale, ShareBelowOne, Signed

InputSigns = Literal["free", "excitatory", "mixed"]


@dataclass(eq=False, kw_only=True)
class Constrained(Connectivity):
    """Synapses under constraints of biology and of chips, the same for all projections.

    Without arguments there is no constraint. For others, or other ones for each projection, give
    ``Network(synapses={name: partial(Dense, constraints=(...))})``.

    Parameters
    ----------
    scale : float, default 0.05
        Half-range of the uniform distribution from which the weights are drawn.
    sparsity : float, default 0
        Fraction of the pairs of neurons without a synapse, see `Masked`.
    excitatory : float, optional
        Dale's law with this fraction of excitatory neurons, see `Dale`.
    input_signs : {"free", "excitatory", "mixed"}, default "free"
        Dale's law for the input: none; all its neurons excite; or the same fraction as elsewhere.
    low : float, optional
        The least weight, see `Bounded`; goes with `high`.
    high : float, optional
        The greatest weight; goes with `low`.
    bits : int, optional
        Bits of a weight, from 1 to 16, see `Bits`.
    limit : float, default 1
        The largest weight that the bits can store.
    rounding : {"stochastic", "nearest"}, default "stochastic"
        How changes are rounded to the bits.
    mismatch : float, default 0
        Standard deviation of the factors by which synapses transmit, see `Mismatch`.
    failure : float, default 0
        Probability that a synapse fails to transmit, see `Failure`.

    Raises
    ------
    SpikefaError
        If an argument is out of range or of no use, or only one bound is given.
    """

    scale: Scale = 0.05
    sparsity: ShareBelowOne = 0.0
    excitatory: ProperShare | None = None
    input_signs: InputSigns = "free"
    low: Signed | None = None
    high: Signed | None = None
    bits: BitCount | None = None
    limit: PositiveScale = 1.0
    rounding: Rounding = "stochastic"
    mismatch: Scale = 0.0
    failure: ShareBelowOne = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one_of("input_signs", self.input_signs, get_args(InputSigns))
        require(
            self.excitatory is not None or self.input_signs == "free",
            f"input_signs {self.input_signs!r} is of no use without `excitatory`: give both",
        )
        require(
            (self.low is None) == (self.high is None),
            "weights have one bound, `low` or `high`: give both, or none",
        )
        given = {"limit": self.limit, "rounding": self.rounding}
        for name, default in {"limit": 1.0, "rounding": "stochastic"}.items():
            require(
                self.bits is not None or given[name] == default,
                f"{name} {given[name]} is of no use without `bits`: give both",
            )
        require(
            self.bits is None or self.low is None,
            "bits have a limit of their own: leave `low` and `high` out",
        )
        list(self._constraints(None))  # which check their arguments

    def onto(self, populations: Sequence[str]) -> Mapping[str, Callable[..., Synapses]]:
        """Return what makes the synapses onto each population; the first is the input's."""
        first, *others = populations
        return {first: self._from_input} | dict.fromkeys(others, self._made)

    def _from_input(self, n_pre: int, n_post: int, **where: Any) -> Synapses:
        if self.input_signs == "mixed":
            return self._made(n_pre, n_post, **where)
        if self.input_signs == "free":
            return replace(self, excitatory=None)._made(n_pre, n_post, **where)
        only = Dale(excitatory=torch.ones(n_pre, dtype=torch.bool))
        return self._made(n_pre, n_post, only, **where)

    def _made(self, n_pre: int, n_post: int, law: Dale | None = None, **where: Any) -> Synapses:
        constraints = tuple(self._constraints(law))
        kind = partial(Masked, sparsity=self.sparsity) if self.sparsity else Dense
        return kind(n_pre, n_post, scale=self.scale, constraints=constraints or None, **where)

    def _constraints(self, law: Dale | None) -> Iterator[Constraint]:
        """Yield the constraints of a projection, with `law` in place of the usual one of Dale."""
        if law is not None:
            yield law
        elif self.excitatory is not None:
            yield Dale(self.excitatory)
        if self.low is not None and self.high is not None:
            yield Bounded(self.low, self.high)
        if self.bits is not None:
            yield Bits(self.bits, limit=self.limit, rounding=self.rounding)
        if self.mismatch:
            yield Mismatch(self.mismatch)
        if self.failure:
            yield Failure(self.failure)
