"""Node perturbation: neurons learn from the correlation of their noise with the loss."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.feedback.broadcast import Broadcast
from spikefa.feedback.error_population import PhiDelta
from spikefa.neurons import Population
from spikefa.utils.ranges import PositiveShare, ProperShare


@dataclass(eq=False, kw_only=True)
class NodePerturbation(Broadcast):
    """Node perturbation (Williams 1992; Lillicrap et al. 2016, supplementary figure 1).

    In one step, for each stream::

        E = |s_L - target|^2 / 2
        modulator_l = (E - <E>) (s_l - p_l) / Var(s_l)
        U_L <- (1 - tau) U_L + tau (s_L - target)      output only, unless `everywhere`

    The noise is intrinsic to the neurons: spikes fluctuate around their probability with variance
    p (1 - p), and neurons with ``Rate(noise=...)`` fluctuate around their mean activity. <E> is a
    running mean; see `Broadcast`. On average the modulator is dE/ds_l, exactly for stochastic
    binary neurons without memory and to first order in the noise for rate neurons. However, the
    modulator also contains the noise of all neurons, which grows with their number while the
    derivative does not. Learning is therefore slow in large networks.

    Parameters
    ----------
    baseline_rate : float, default 0.05
        Weight of a new loss in the running mean, in (0, 1).
    everywhere : bool, default False
        Whether the output population also learns from the loss alone.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the output's error population; see `ErrorPopulation`.
    tau : float, default 0.9
        Weight of the new drive in that population.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or neurons that learn from their noise have none.
    """

    baseline_rate: ProperShare = field(default=0.05, kw_only=False)
    everywhere: bool = False
    phi_delta: PhiDelta = "identity"
    tau: PositiveShare = 0.9
    noisy: bool = field(init=False, repr=False, default=True)
    reached: list[Population] = field(init=False, repr=False, default_factory=list)

    def judge(self, error: Tensor, out: Tensor) -> None:
        """Write half the squared length of the error into `out`."""
        torch.linalg.vector_norm(error, dim=-1, keepdim=True, out=out).square_().div_(2)
