"""No synapses, where a chain of populations would have some."""

from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.plasticity.base import Change
from spikefa.synapses.sparse import Sparse


@dataclass(eq=False)
class Absent(Sparse):
    """No synapses: the population hears its connections alone, and has biases that learn.

    A network is a chain of populations and connections beside it. In a graph that is no chain, two
    populations that follow each other need not be connected: give the later one
    ``synapses={"second": Absent}``. The weights are 0 and stay so, whatever the rule returns; no
    product is computed. A circuit that reads them sees that nothing passes.

    Parameters
    ----------
    n_pre, n_post : int
        Sizes of the two populations.
    biased : bool, default True
        Whether the postsynaptic neurons have biases, see `Synapses`.
    scale, norm, constraints
        Without effect; see `Synapses`.
    device, dtype
        Where the biases live, and as what.

    Attributes
    ----------
    weight : Tensor [n_pre, n_post]
        Zeros.
    bias : Tensor [n_post]
    mask : Tensor [n_pre, n_post]
        Zeros: no pair has a synapse.

    Raises
    ------
    SpikefaError
        If a size or number is out of range.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.mask = torch.zeros(self.n_pre, self.n_post, device=self.device, dtype=self.dtype)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw nothing."""
        self.weight.zero_()
        self.bias.zero_()

    def drive(self, pre: Tensor, out: Tensor) -> None:
        """Write the biases into `out`."""
        out.copy_(self.bias.unsqueeze(-2).expand_as(out))

    def apply(self, change: Change) -> None:
        """Change the biases alone."""
        if self.biased:
            self.change_bias(change, self.bias)
