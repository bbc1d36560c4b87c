"""The plain loop as expressions, from which a compiler makes kernels."""

from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from spikefa.bench.plain_loop import PlainLayer, PlainLoop
from spikefa.network.network import Network


@torch.library.custom_op("spikefa_bench::learn", mutates_args=("W",))
def learn(W: Tensor, pre: Tensor, delta: Tensor, eta: float) -> None:
    """Change weights in place; the compiler alone would add in a copy and copy it back."""
    W.addmm_(pre.T, delta, alpha=-eta)


@dataclass(eq=False)
class PlainExpressions:
    """A step of `PlainLoop` in which only weights, potentials and errors are kept in tensors.

    What lies between them is for the compiler to arrange: it fuses drawing, comparing and leaking
    into the kernels around them, for which the buffers of `PlainLoop` would be in its way.

    Parameters
    ----------
    network : Network
    batch : int
    """

    network: Network
    batch: int
    layers: list[PlainLayer] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        loop = PlainLoop(self.network, self.batch)
        self.tau, self.layers = loop.tau, loop.layers
        for layer in self.layers:
            layer.U = layer.U.clone()  # no longer a part of a buffer
            for kept in (layer.W, layer.b, layer.B, layer.V, layer.U):
                # Otherwise a compiled step that is replayed would copy it.
                torch._dynamo.mark_static_address(kept)

    def draw(self, layer: int, probability: Tensor) -> Tensor:
        """Return spikes of the input (layer -1) or of a layer."""
        return (torch.rand_like(probability) < probability).to(probability.dtype)

    def step(self, probability: Tensor, target: Tensor) -> None:
        """Advance by one step, as `PlainLoop.step`."""
        spikes, gains = [self.draw(-1, probability)], []
        for number, layer in enumerate(self.layers):  # eq. 5
            layer.V.lerp_(torch.addmm(layer.b, spikes[-1], layer.W), self.tau)
            p = layer.V.sigmoid()
            spikes.append(self.draw(number, p))
            gains.append(p * (1 - p))
        self.layers[-1].U.lerp_(spikes[-1] - target, self.tau)  # eq. 7
        for above, layer in pairwise(reversed(self.layers)):  # eq. 6
            layer.U.lerp_(above.U @ layer.B, self.tau)
        for pre, layer, gain in zip(spikes[:-1], self.layers, gains, strict=True):  # eq. 8
            delta = layer.U * gain
            learn(layer.W, pre, delta, layer.eta)
            layer.b.sub_(delta.sum(0), alpha=layer.eta)
