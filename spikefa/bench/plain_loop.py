"""The yardstick: a plain PyTorch loop of the same equations."""

import torch
from torch import Tensor

from spikefa.feedback import FA
from spikefa.network.network import Network


class PlainLoop:
    """Eqs. 5 to 8 of Lillicrap et al. 2016 as one would write them in a notebook.

    Nothing is preallocated and nothing is clever, and nothing is slow on purpose either: the
    products are those of the equations, and learning happens in place.

    Parameters
    ----------
    network : Network
        Weights, feedback weights and settings are copied from it; its circuit must be `FA`.
    batch : int
    """

    def __init__(self, network: Network, batch: int):
        assert isinstance(network.feedback, FA)
        self.W = [synapses.weight.clone() for synapses in network.synapses.values()]
        self.b = [synapses.bias.clone() for synapses in network.synapses.values()]
        self.B = [matrix.clone() for matrix in network.feedback.matrices]
        self.tau = next(iter(network.populations.values())).tau
        self.eta = network.rule.rates(len(self.W))
        self.V = [bias.new_zeros(batch, len(bias)) for bias in self.b]
        self.U = [torch.zeros_like(potential) for potential in self.V]

    def step(self, probability: Tensor, target: Tensor) -> None:
        """Advance by one step."""
        tau, top = self.tau, len(self.W) - 1
        spikes = [(torch.rand_like(probability) < probability).to(probability.dtype)]
        gain = []
        for layer, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            self.V[layer] = (1 - tau) * self.V[layer] + tau * (spikes[-1] @ W + b)
            p = torch.sigmoid(self.V[layer])
            spikes.append((torch.rand_like(p) < p).to(p.dtype))
            gain.append(p * (1 - p))
        self.U[top] = (1 - tau) * self.U[top] + tau * (spikes[-1] - target)
        for layer in range(top - 1, -1, -1):
            self.U[layer] = (1 - tau) * self.U[layer] + tau * (self.U[layer + 1] @ self.B[layer])
        for layer, (W, b) in enumerate(zip(self.W, self.b, strict=True)):
            change = self.U[layer] * gain[layer]
            W -= self.eta[layer] * (spikes[layer].T @ change)
            b -= self.eta[layer] * change.sum(0)
