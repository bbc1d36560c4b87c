"""Backpropagation: the reference method, which real synapses cannot implement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch

from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.matrix import ForwardMatrix
from spikefa.feedback.wired import Wired
from spikefa.feedback.wiring import Wiring, layer_by_layer
from spikefa.synapses import Synapses
from spikefa.utils.ranges import PositiveShare


@dataclass(eq=False, kw_only=True)
class Backprop(Wired, sweep_only=True):
    """Error populations whose weights always equal the transposed forward weights.

    In one step, from the output downwards::

        U_L <- (1 - tau) U_L + tau (s_L - target)
        U_l <- (1 - tau) U_l + tau [phi_delta(U_{l+1}) * Psi(V_{l+1})] W_{l+1}^T

    See Rumelhart, Hinton & Williams (1986). With tau = 1 and the identity, this is the exact
    gradient of ``|s_L - target|^2 / 2`` in a rate network. In a spiking network, Psi(V) stands in
    for the derivative of a spike (a straight-through estimate), and errors of past steps leak in.

    Parameters
    ----------
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default True
        Whether the transmitted error is gated by the forward neuron's gain Psi(V), as the chain
        rule requires.
    tau : float, default 0.9
        Weight of the new drive in the error populations.
    """

    reads_weights: ClassVar[bool] = True
    serves_shared: ClassVar[bool] = True
    serves_residual: ClassVar[bool] = True

    phi_delta: PhiDelta = "identity"
    gated: bool = True
    tau: PositiveShare = 0.9

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Connect each error population to the one below through a view of the forward weights."""
        transposes = [ForwardMatrix(above.weight.mT, above.sharing) for above in forward[1:]]
        return layer_by_layer(self.beside(forward), transposes, self.gated)
