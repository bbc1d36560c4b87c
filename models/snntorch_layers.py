"""Layers of snnTorch's leaky neurons, to be trained by backpropagation through time."""

from collections.abc import Sequence
from itertools import pairwise

import snntorch
import torch
from snntorch import surrogate
from torch import Tensor, nn

from spikefa.utils.checking import ranged
from spikefa.utils.ranges import PositiveScale, Share, Size


class SpikingLayers(nn.Module):
    """Linear layers, each followed by snnTorch's Leaky neurons.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of neurons, from the input to the output.
    beta : float
        Fraction of the membrane potential that remains after a step.
    threshold : float
        Threshold of the membrane potential.
    """

    @ranged
    def __init__(self, sizes: Sequence[Size], beta: Share, threshold: PositiveScale):
        super().__init__()
        self.linear = nn.ModuleList(nn.Linear(n_pre, n_post) for n_pre, n_post in pairwise(sizes))
        self.neurons = nn.ModuleList(
            snntorch.Leaky(beta=beta, threshold=threshold, spike_grad=surrogate.fast_sigmoid())
            for _ in sizes[1:]
        )

    def forward(self, steps: Sequence[Tensor]) -> list[Tensor]:
        """Return the output spikes [batch, n_out] of each step, starting from rest."""
        membranes: list[Tensor] = [torch.zeros((), device=steps[0].device) for _ in self.neurons]
        outputs = []
        for spikes in steps:
            for layer, (linear, neuron) in enumerate(zip(self.linear, self.neurons, strict=True)):
                spikes, membranes[layer] = neuron(linear(spikes), membranes[layer])
            outputs.append(spikes)
        return outputs
