"""What all synapses have in common: weights and biases, how they drive, change and decay."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import ClassVar, Protocol

import torch
from torch import Tensor

from spikefa.errors import SpikefaError
from spikefa.neurons.base import PopulationState
from spikefa.plasticity.base import Change, Outer
from spikefa.synapses.constraint import Constraint, connected
from spikefa.synapses.sharing import Sharing, Unshared
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import PositiveScale, Scale, Size
from spikefa.utils.tensors import flush


class Transmitting(Protocol):
    """What a projection does within a step: it transmits spikes and changes."""

    def drive(self, pre: Tensor, out: Tensor) -> None:
        """Write ``pre W + b`` into `out`; `pre` is `[..., batch, n_pre]`."""

    def apply(self, change: Change) -> None:
        """Take the change that the plasticity rule returned."""


@dataclass(eq=False)  # a subclass may have more than its fields
class Synapses(ABC):
    """A projection from one population to another: ``drive = s_pre W + b``.

    A subclass defines `constrain`, and `arrangement` if its synapses share weights. It may be a
    dataclass, or have an ``__init__`` that calls ``super().__init__``.

    Parameters
    ----------
    n_pre, n_post : int
        Sizes of the two populations.
    scale : float, default 0.05
        Half-range of the uniform distribution from which the weights are drawn (Lillicrap et al.
        2016, Methods). Biases start at 0.
    norm : float, optional
        Length that the weights onto each neuron keep, ``W_j <- norm W_j / |W_j|`` after every
        change, in place (RahmanSetayesh, Ghazizadeh & Marvasti 2021; Panjehpour & Esmailzadeh 2022,
        eq. 9). By default they are free.
    biased : bool, default True
        Whether the postsynaptic neurons have biases, which learn with these synapses. If not, they
        stay 0.
    constraints : sequence of Constraint, optional
        What else holds for the weights, and for how they transmit, such as
        ``(Dale(0.8), Bits(4))``; see `spikefa.synapses.constraint`.
    device, dtype
        Where the weights live, and as what.

    Attributes
    ----------
    weight : Tensor [n_pre, n_post]
    bias : Tensor [n_post]
    sharing : Sharing
        Which synapses have which weight; if some share one, `weight` and `bias` are smaller.
    held : tuple of Constraint
        Copies of the constraints, with the tensors that they have for this projection.
    plastic : bool
        Whether the class learns.
    normalises : bool
        Whether the class defines `normalise`, and serves a `Normalisation`.

    Raises
    ------
    SpikefaError
        If a size or number is out of range.
    """

    plastic: ClassVar[bool] = True
    normalises: ClassVar[bool] = False

    n_pre: Size
    n_post: Size
    _: KW_ONLY
    scale: Scale = 0.05
    norm: PositiveScale | None = None
    biased: bool = True
    constraints: Sequence[Constraint] | None = None
    device: torch.device | str = field(default="cpu", repr=False)
    dtype: torch.dtype = field(default=torch.float32, repr=False)
    weight: Tensor = field(init=False, repr=False)
    bias: Tensor = field(init=False, repr=False)
    sharing: Sharing = field(init=False, repr=False)
    held: tuple[Constraint, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_fields(self)
        self.sharing = self.arrangement()
        rows, columns = self.sharing.weight_shape
        self.weight = torch.zeros(rows, columns, device=self.device, dtype=self.dtype)
        self.bias = torch.zeros(columns, device=self.device, dtype=self.dtype)
        self.held = connected(self.constraints or (), self.weight, self.norm)

    def arrangement(self) -> Sharing:
        """Return which synapses share a weight; by default each has its own."""
        return Unshared(self.n_pre, self.n_post)

    @property
    def standard(self) -> bool:
        """Whether these are exactly `Dense` with biases, without norm and constraints."""
        return False

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the weights from U[-scale, scale] on the CPU, so that every device gets the same."""
        draw = torch.empty(self.weight.shape, dtype=self.weight.dtype)
        self.weight.copy_(draw.uniform_(-self.scale, self.scale, generator=generator))
        self.bias.zero_()
        for each in self.held:
            each.initialise(self.weight, generator)
        self.constrain()

    def tensors(self) -> dict[str, Tensor]:
        """Return what learning changes, and what the constraints keep, by name."""
        found = {"weight": self.weight, "bias": self.bias}
        for each in self.held:
            found |= each.tensors()
        return found

    def uniforms(self) -> dict[str, Tensor]:
        """Return what is to be filled with new numbers from U[0, 1) before each step, by name."""
        return {name: each for own in self.held for name, each in own.uniforms().items()}

    def drive(self, pre: Tensor, out: Tensor) -> None:
        """Write ``pre W + b`` into `out`; `pre` is `[..., batch, n_pre]`."""
        weight = self.weight
        for each in self.held:
            weight = each.transmitted(weight)
        self.sharing.drive(pre, weight, out)
        for each in self.held:
            each.disturb(pre, weight, out)
        if self.biased:
            self.sharing.add_bias(self.bias, out)

    def normalise(self, state: PopulationState, resting: bool) -> None:
        """Standardise the drive of a population for its dendrites; by default these do not.

        Parameters
        ----------
        state : PopulationState
            With dendrites.
        resting : bool
            Whether plasticity is arrested.

        Raises
        ------
        SpikefaError
            If the class does not define it.
        """
        raise SpikefaError(f"{type(self).__name__} synapses define no `normalise`")

    def apply(self, change: Change) -> None:
        """Add what the plasticity rule returned to the weights and biases, in place.

        For an `Outer` product of pre and post this is ``W += pre^T post``, which sums over the
        batch, and ``b += sum(post)``, as if the bias came from a neuron that always spikes.
        """
        self.add(change, self.weight, self.bias)
        self.constrain()

    def add(self, change: Change, weight: Tensor, bias: Tensor) -> None:
        """Add what a change makes of these synapses to `weight` and, if they have biases, `bias`.

        They are this projection's own, or gradients of the same shapes.
        """
        if isinstance(change, Outer):
            if change.loss is not None:
                lost = self.sharing.gathered(change.loss).unsqueeze(-2)
                weight.addcmul_(self.weight, lost, value=-1)
            self.sharing.add_outer(weight, change.pre, change.post)
        else:
            weight.add_(self.sharing.each_alone(change.weight))
        if self.biased:
            self.change_bias(change, bias)

    def change_bias(self, change: Change, bias: Tensor) -> None:
        """Add to `bias` what a change makes of the biases."""
        if isinstance(change, Outer):
            if change.loss is not None:
                bias.addcmul_(self.bias, self.sharing.gathered(change.loss), value=-1)
            bias.add_(self.sharing.gathered(change.post.sum(-2)))
        else:
            bias.add_(change.bias)

    def decay(self, factor: float) -> None:
        """Multiply weights and biases by `factor`."""
        flush(self.weight.mul_(factor))
        flush(self.bias.mul_(factor))
        self.constrain()

    @abstractmethod
    def constrain(self) -> None:
        """Restore, in place, what must hold after every change of the weights.

        `keep_constraints` and then `keep_norm` belong to it. A subclass may add more of its own.
        """

    def keep_constraints(self) -> None:
        """Restore the constraints, if there are any."""
        for each in self.held:
            each.restore(self.weight)

    def keep_norm(self) -> None:
        """Scale the weights onto each neuron to their norm, if there is one."""
        if self.norm is not None:
            lengths = torch.linalg.vector_norm(self.weight, dim=-2, keepdim=True)
            least = torch.finfo(self.weight.dtype).tiny ** 0.5  # a neuron without weights has none
            self.weight.mul_(self.norm / lengths.clamp_(min=least))
