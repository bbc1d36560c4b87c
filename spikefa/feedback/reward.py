"""A global scalar reward, the same for every neuron."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.feedback.broadcast import Broadcast
from spikefa.feedback.error_population import PhiDelta
from spikefa.neurons import Population
from spikefa.utils.ranges import ProperShare


@dataclass(eq=False, kw_only=True)
class Reward(Broadcast):
    """One reward for all neurons, including the output (Mazzoni, Andersen & Jordan 1991).

    In one step, for each stream::

        r = 1 - mean_j |s_Lj - target_j|                        1 if all output neurons are right
        modulator_l = -(r - <r>) (s_l - p_l) / Var(s_l)

    This is the reward of their associative reward-penalty rule (Barto & Jordan 1987), compared with
    a running mean instead of using a penalty (REINFORCE, Williams 1992). Unlike in
    `NodePerturbation`, no neuron, not even in the output, receives the direction of its error. See
    `Broadcast` for the running mean.

    Parameters
    ----------
    baseline_rate : float, default 0.05
        Weight of a new reward in the running mean <r>, in (0, 1).
    noisy : bool, default True
        Whether the broadcast is multiplied by the neuron's own noise. If not, each modulator is
        -(r - <r>), like that of a diffuse neuromodulator. This is meant for plasticity rules that
        keep an eligibility trace of the noise themselves (Seung 2003); the plain `ThreeFactor` rule
        learns nothing useful from it.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or neurons that learn from their noise have none.
    """

    baseline_rate: ProperShare = field(default=0.05, kw_only=False)
    noisy: bool = True
    everywhere: bool = field(init=False, repr=False, default=True)
    phi_delta: PhiDelta = field(init=False, repr=False, default="identity")
    tau: float = field(init=False, repr=False, default=0.9)
    reached: list[Population] = field(init=False, repr=False, default_factory=list)

    def judge(self, error: Tensor, out: Tensor) -> None:
        """Write the negative reward into `out`."""
        torch.linalg.vector_norm(error, ord=1, dim=-1, keepdim=True, out=out)
        out.div_(error.shape[-1]).sub_(1)
