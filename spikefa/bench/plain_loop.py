"""The baseline: the same equations as a plain PyTorch loop."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from spikefa.bench.work import feedback_matrices
from spikefa.network.network import Network


@dataclass(eq=False)
class PlainLayer:
    """One layer of the loop, named as in the paper.

    Attributes
    ----------
    W, b : Tensor
        Weights [n_pre, n] and bias [n] onto the layer.
    B : Tensor [n_above, n]
        Feedback weights into the layer, empty for the output.
    eta : float
        Learning rate of `W` and `b`.
    V, U, s : Tensor [batch, n]
        Potential, error and spikes.
    uniforms, p, delta : Tensor [batch, n]
        Random numbers, probabilities and changes: parts of a buffer of all layers.
    """

    W: Tensor
    b: Tensor
    B: Tensor
    eta: float
    V: Tensor
    U: Tensor
    s: Tensor
    uniforms: Tensor
    p: Tensor
    delta: Tensor


@dataclass(eq=False)
class PlainLoop:
    """Eqs. 5 to 8 of Lillicrap et al. 2016 as an experienced user of PyTorch would write them.

    A step allocates nothing: everything is changed in place, or written into tensors that are
    allocated once. Leak and drive are one product with two factors, random numbers and modulators
    of all layers are computed together. The loop has no weight decay, and its target and inputs are
    given.

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
        weight = synapses[0].weight
        sizes = [each.weight.shape[1] for each in synapses]
        self.tau = next(iter(self.network.populations.values())).tau
        self.spikes = weight.new_zeros(self.batch, self.network.n_inputs)
        self.ones = weight.new_ones(self.batch)
        self.error = weight.new_zeros(self.batch, sizes[-1])
        self.every_uniform = weight.new_zeros(self.batch * (self.network.n_inputs + sum(sizes)))
        self.every_p, self.every_U, self.every_delta = (
            weight.new_zeros(self.batch * sum(sizes)) for _ in range(3)
        )
        self.uniforms, *uniforms = self._parts(self.every_uniform, [len(self.spikes.T), *sizes])
        rates = self.network.rules.rates()
        matrices = [*feedback_matrices(self.network), weight.new_empty(0)]
        U, p, delta = (
            self._parts(each, sizes) for each in (self.every_U, self.every_p, self.every_delta)
        )
        self.layers = [
            PlainLayer(
                *(each.weight.clone(), each.bias.clone(), B.clone(), eta),
                *(torch.zeros_like(room[0]), room[0], torch.zeros_like(room[0])),
                *room[1:],
            )
            for each, B, eta, *room in zip(
                synapses, matrices, rates, U, uniforms, p, delta, strict=True
            )
        ]

    def _parts(self, buffer: Tensor, sizes: list[int]) -> Iterator[Tensor]:
        """Return the part of each layer of a buffer."""
        parts = buffer.split([self.batch * size for size in sizes])
        return (part.view(self.batch, size) for part, size in zip(parts, sizes, strict=True))

    def draw(self) -> None:
        """Draw new uniforms for the input and for every layer."""
        self.every_uniform.uniform_()

    def step(self, probability: Tensor, target: Tensor) -> None:
        """Advance by one step.

        Parameters
        ----------
        probability : Tensor [batch, n_inputs]
            Probabilities of input spikes.
        target : Tensor [batch, n_outputs]
        """
        keep = 1 - self.tau
        self.draw()
        torch.lt(self.uniforms, probability, out=self.spikes)
        pre = self.spikes
        for layer in self.layers:  # eq. 5
            layer.V.addmm_(pre, layer.W, beta=keep, alpha=self.tau)
            layer.V.add_(layer.b, alpha=self.tau)
            torch.sigmoid(layer.V, out=layer.p)
            torch.lt(layer.uniforms, layer.p, out=layer.s)
            pre = layer.s
        output = self.layers[-1]
        torch.sub(output.s, target, out=self.error)  # eq. 7
        output.U.lerp_(self.error, self.tau)
        for above, layer in pairwise(reversed(self.layers)):  # eq. 6
            layer.U.addmm_(above.U, layer.B, beta=keep, alpha=self.tau)
        p = self.every_p  # eq. 8, with the gain p (1 - p)
        torch.addcmul(p, p, p, value=-1, out=self.every_delta)
        self.every_delta.mul_(self.every_U)
        pre = self.spikes
        for layer in self.layers:
            layer.W.addmm_(pre.T, layer.delta, alpha=-layer.eta)
            layer.b.addmv_(layer.delta.T, self.ones, alpha=-layer.eta)
            pre = layer.s
