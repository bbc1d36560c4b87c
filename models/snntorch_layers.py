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
    """Modules with weights, each followed by snnTorch's Leaky neurons.

    Parameters
    ----------
    modules : sequence of torch.nn.Module
        What drives each population, such as `linear`; it takes and returns rows [batch, neurons].
    beta : float
        Fraction of the membrane potential that remains after a step.
    threshold : float
        Threshold of the membrane potential.
    """

    @ranged
    def __init__(self, modules: Sequence[nn.Module], beta: Share, threshold: PositiveScale):
        super().__init__()
        self.drives = nn.ModuleList(modules)
        self.neurons = nn.ModuleList(
            snntorch.Leaky(beta=beta, threshold=threshold, spike_grad=surrogate.fast_sigmoid())
            for _ in modules
        )

    def forward(self, steps: Sequence[Tensor]) -> list[Tensor]:
        """Return the output spikes [batch, n_out] of each step, starting from rest."""
        membranes: list[Tensor] = [torch.zeros((), device=steps[0].device) for _ in self.neurons]
        outputs = []
        for spikes in steps:
            for layer, (drive, neuron) in enumerate(zip(self.drives, self.neurons, strict=True)):
                spikes, membranes[layer] = neuron(drive(spikes), membranes[layer])
            outputs.append(spikes)
        return outputs


@ranged
def linear(sizes: Sequence[Size]) -> list[nn.Module]:
    """Return fully connected modules between populations of these sizes, input first."""
    return [nn.Linear(n_pre, n_post) for n_pre, n_post in pairwise(sizes)]
