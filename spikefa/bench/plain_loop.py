"""The baseline: the same equations as a plain PyTorch loop."""

from dataclasses import InitVar, dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from spikefa.bench.work import feedback_matrices
from spikefa.network.network import Network


@dataclass(eq=False)
class PlainLayer:
    """One layer of the loop, named as in the paper, with buffers for its results.

    Parameters
    ----------
    W, b : Tensor
        Weights [n_pre, n] and bias [n] onto the layer.
    B : Tensor [n_above, n]
        Feedback weights into the layer, empty for the output.
    eta : float
        Learning rate of `W` and `b`.
    batch : int
    """

    W: Tensor
    b: Tensor
    B: Tensor
    eta: float
    batch: InitVar[int]

    def __post_init__(self, batch: int) -> None:
        room = (self.W.new_zeros(batch, len(self.b)) for _ in range(7))
        self.V, self.U, self.uniforms, self.p, self.s, self.drive, self.delta = room
        self.change = torch.zeros_like(self.b)


@dataclass(eq=False)
class PlainLoop:
    """Eqs. 5 to 8 of Lillicrap et al. 2016 as an experienced user of PyTorch would write them.

    All results are written into tensors that are allocated once, and weights are updated in place.
    The loop has no weight decay, and its target and inputs are given.

    Parameters
    ----------
    network : Network
        Weights, feedback weights, tau and learning rates are copied from it. Its circuit must carry
        the error from layer to layer through matrices, as `FA` does.
    batch : int
    """

    network: Network
    batch: int
    layers: list[PlainLayer] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        synapses = list(self.network.synapses.values())
        rates = self.network.rule.rates(len(synapses))
        matrices = [*feedback_matrices(self.network), synapses[0].weight.new_empty(0)]
        self.layers = [
            PlainLayer(each.weight.clone(), each.bias.clone(), B.clone(), eta, self.batch)
            for each, B, eta in zip(synapses, matrices, rates, strict=True)
        ]
        self.tau = next(iter(self.network.populations.values())).tau
        self.spikes = synapses[0].weight.new_zeros(self.batch, self.network.n_inputs)
        self.uniforms = torch.zeros_like(self.spikes)

    def draw(self) -> None:
        """Draw new uniforms for the input and for every layer."""
        self.uniforms.uniform_()
        for layer in self.layers:
            layer.uniforms.uniform_()

    def step(self, probability: Tensor, target: Tensor) -> None:
        """Advance by one step.

        Parameters
        ----------
        probability : Tensor [batch, n_inputs]
            Probabilities of input spikes.
        target : Tensor [batch, n_outputs]
        """
        self.draw()
        torch.lt(self.uniforms, probability, out=self.spikes)
        pre = self.spikes
        for layer in self.layers:  # eq. 5
            torch.addmm(layer.b, pre, layer.W, out=layer.drive)
            layer.V.lerp_(layer.drive, self.tau)
            torch.sigmoid(layer.V, out=layer.p)
            torch.lt(layer.uniforms, layer.p, out=layer.s)
            pre = layer.s
        output = self.layers[-1]
        torch.sub(output.s, target, out=output.drive)  # eq. 7
        output.U.lerp_(output.drive, self.tau)
        for above, layer in pairwise(reversed(self.layers)):  # eq. 6
            torch.mm(above.U, layer.B, out=layer.drive)
            layer.U.lerp_(layer.drive, self.tau)
        pre = self.spikes
        for layer in self.layers:  # eq. 8, with the gain p (1 - p)
            torch.mul(layer.U, layer.p, out=layer.delta)
            layer.delta.addcmul_(layer.delta, layer.p, value=-1)
            layer.W.addmm_(pre.T, layer.delta, alpha=-layer.eta)
            torch.sum(layer.delta, 0, out=layer.change)
            layer.b.sub_(layer.change, alpha=layer.eta)
            pre = layer.s
