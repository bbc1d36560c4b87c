"""A global scalar reward, the same for every neuron."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.feedback.broadcast import Broadcast
from spikefa.feedback.error_population import PhiDelta
from spikefa.neurons import Population


@dataclass(eq=False, kw_only=True)
class Reward(Broadcast):
    """One reward for all neurons, the output's included (Mazzoni, Andersen & Jordan 1991).

    In one step, for each stream::

        r = 1 - mean_j |s_Lj - target_j|                        1: all output neurons are right
        modulator_l = -(r - <r>) (s_l - p_l) / Var(s_l)

    This is the reward of their associative reward-penalty rule (Barto & Jordan 1987), with a
    running mean as comparison in place of the penalty (REINFORCE, Williams 1992). It differs from
    `NodePerturbation` in that no neuron, not even of the output, is told in which direction it
    was wrong. See `Broadcast` for the running mean.

    Parameters
    ----------
    baseline_rate : float, default 0.05
        Weight of a new reward in the running mean <r>, in (0, 1).
    noisy : bool, default True
        Whether the broadcast is multiplied by the neuron's own noise. If not, each modulator is
        -(r - <r>), as of a diffuse neuromodulator, for plasticity rules that keep an eligibility of
        the noise themselves (Seung 2003); with the plain `ThreeFactor` rule nothing useful is
        learned then.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or neurons have no noise that they could learn from.
    """

    baseline_rate: float = field(default=0.05, kw_only=False)
    noisy: bool = True
    everywhere: bool = field(init=False, repr=False, default=True)
    phi_delta: PhiDelta = field(init=False, repr=False, default="identity")
    tau: float = field(init=False, repr=False, default=0.9)
    reached: list[Population] = field(init=False, repr=False, default_factory=list)

    def judge(self, error: Tensor, out: Tensor) -> None:
        """Write minus the reward."""
        torch.linalg.vector_norm(error, ord=1, dim=-1, keepdim=True, out=out)
        out.div_(error.shape[-1]).sub_(1)
