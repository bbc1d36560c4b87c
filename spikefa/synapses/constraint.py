"""The seam for constraints on the weights of a projection: what biology or a chip imposes."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.utils.checking import check_fields


@dataclass(eq=False)  # a subclass may have more than its fields
class Constraint:
    """What holds for the weights of a projection, or for how they transmit.

    A projection works with a copy of each constraint that it is given, so one object may be given
    to several projections. A subclass overrides what it needs; every method writes in place, with
    operations on the last two dimensions and without decisions that depend on data.

    Attributes
    ----------
    fixes_signs : bool
        Whether the sign of a weight is its presynaptic neuron's.
    limits_size : bool
        Whether it limits the size of weights, so that it contradicts a `norm`, or another limit.
    last : bool
        Whether it is restored after all others.
    keeps_means : bool
        Whether it holds for the mean of weights if it holds for each.
    """

    fixes_signs: ClassVar[bool] = False
    limits_size: ClassVar[bool] = False
    last: ClassVar[bool] = False
    keeps_means: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def transmits_otherwise(self) -> bool:
        """Whether the drive is another than that by the weights."""
        own = type(self)
        return (own.transmitted, own.disturb) != (Constraint.transmitted, Constraint.disturb)

    def connect(self, weight: Tensor, others: Sequence["Constraint"]) -> None:
        """Check that this fits weights `[n_pre, n_post]`, and allocate what they need."""

    def initialise(self, weight: Tensor, generator: torch.Generator) -> None:
        """Adapt weights that were just drawn, and draw what else is random, on the CPU."""

    def restore(self, weight: Tensor) -> None:
        """Restore what must hold after every change of the weights."""

    def transmitted(self, weight: Tensor) -> Tensor:
        """Return what transmits in place of these weights; by default the weights themselves."""
        return weight

    def disturb(self, pre: Tensor, weight: Tensor, out: Tensor) -> None:
        """Change the drive `out`, which is ``pre weight``, by the noise of a step."""

    def tensors(self) -> dict[str, Tensor]:
        """Return what a checkpoint must hold, by name."""
        return {}

    def uniforms(self) -> dict[str, Tensor]:
        """Return tensors that are to be filled with new numbers from U[0, 1) before each step."""
        return {}


def check_shared(held: Sequence[Constraint], why: str) -> None:
    """Refuse constraints about single neurons or synapses where several share a weight.

    Raises
    ------
    SpikefaError
        With the first of them, and why.
    """
    for each in held:
        require(
            not (each.fixes_signs or each.transmits_otherwise),
            f"{type(each).__name__} is about single neurons or synapses, and {why}: give Bounded "
            "or Bits, or Dense synapses",
        )


def connected(
    given: Sequence[Constraint], weight: Tensor, norm: float | None
) -> tuple[Constraint, ...]:
    """Return copies of constraints, connected to weights, in the order of their restoring.

    Raises
    ------
    SpikefaError
        If one is no constraint or comes twice, or some contradict each other or a norm.
    """
    example = "such as (sf.Dale(), sf.Bits(4))"
    require(isinstance(given, Sequence), f"constraints is {given!r}: give a sequence, {example}")
    for each in given:
        require(
            isinstance(each, Constraint),
            f"a constraint of synapses is {each!r}: give objects, {example}",
        )
        name = type(each).__name__
        require(
            sum(type(other) is type(each) for other in given) == 1,
            f"there are two constraints {name}: give one",
        )
    limits = [type(each).__name__ for each in given if each.limits_size]
    limits += [] if norm is None else ["a norm"]
    require(
        len(limits) < 2, f"{' and '.join(limits)} would undo each other: give one of them alone"
    )
    held = sorted(map(copy.copy, given), key=lambda each: each.last)
    for each in held:
        each.connect(weight, held)
    return tuple(held)
