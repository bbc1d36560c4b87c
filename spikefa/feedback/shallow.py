"""No feedback at all: only the output synapses learn."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch

from spikefa.feedback.error_population import PhiDelta
from spikefa.feedback.wired import Wired
from spikefa.feedback.wiring import Wiring
from spikefa.synapses import Synapses
from spikefa.utils.ranges import PositiveShare


@dataclass(eq=False, kw_only=True)
class Shallow(Wired, sweep_only=True):
    """Shallow learning (Lillicrap et al. 2016, figure 2 and supplementary figure 2): the baseline.

    The output error reaches the output neurons and goes no further::

        U_L <- (1 - tau) U_L + tau (s_L - target)
        modulators of the hidden populations: 0

    The hidden synapses keep their initial weights, apart from weight decay.

    Parameters
    ----------
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    tau : float, default 0.9
        Weight of the new drive in the error population.
    """

    serves_shared: ClassVar[bool] = True

    phi_delta: PhiDelta = "identity"
    tau: PositiveShare = 0.9

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Return a wiring without hops, so that the error stays at the output."""
        return Wiring(populations={"errors": self.beside(forward)})
