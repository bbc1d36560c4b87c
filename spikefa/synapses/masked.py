"""Sparse synapses: some of the pairs of neurons are not connected."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.synapses.sparse import Sparse
from spikefa.utils.ranges import ShareBelowOne


@dataclass(eq=False, kw_only=True)
class Masked(Sparse):
    """Synapses between some pairs of neurons, drawn at random or given as a mask; see `Sparse`.

    Parameters
    ----------
    n_pre, n_post : int
        Sizes of the two populations.
    sparsity : float, default 0
        Fraction of the pairs without a synapse, in [0, 1). They are drawn at random together with
        the weights, and stay the same from then on.
    mask : Tensor [n_pre, n_post], optional
        1 or True where there is a synapse, 0 or False elsewhere; instead of `sparsity`.
    scale : float, default 0.05
        Half-range of the uniform distribution from which the weights are drawn.
    norm : float, optional
        Length that the weights onto each neuron keep, see `Synapses`.
    biased : bool, default True
        Whether the postsynaptic neurons have biases, see `Synapses`.
    constraints : sequence of Constraint, optional
        Such as ``(Dale(0.8), Bits(4))``, see `Synapses`.
    device, dtype
        Where the weights live, and as what.

    Attributes
    ----------
    weight, mask : Tensor [n_pre, n_post]
    bias : Tensor [n_post]

    Raises
    ------
    SpikefaError
        If `sparsity` is outside [0, 1), the mask has another shape or other values than 0 and 1, or
        both are given.
    """

    sparsity: ShareBelowOne = 0.0
    mask: Tensor = field(default=None, repr=False)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        super().__post_init__()
        given = self.mask
        require(given is None or not self.sparsity, "give a sparsity or a mask, not both")
        self.mask = torch.ones_like(self.weight)
        if given is not None:
            _check_mask(given, self.n_pre, self.n_post)
            self.mask.copy_(given)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the weights as `Dense` does, then the pairs that have no synapse."""
        if self.sparsity:
            self.mask.fill_(1)
        super().initialise(generator)
        if self.sparsity:
            pairs = self.mask.numel()
            mask = torch.ones(pairs)
            mask[torch.randperm(pairs, generator=generator)[: int(self.sparsity * pairs)]] = 0
            self.mask.copy_(mask.view_as(self.mask))
        self.constrain()


def _check_mask(mask: Tensor, n_pre: int, n_post: int) -> None:
    require(
        tuple(mask.shape) == (n_pre, n_post),
        f"a mask of shape {list(mask.shape)} for {n_pre} x {n_post} synapses",
    )
    require(bool(((mask == 0) | (mask == 1)).all()), "a mask is 1 where there is a synapse, else 0")
