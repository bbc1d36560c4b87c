"""What all circuits share that send one number to all neurons: no error has a direction."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback.error_population import ErrorPopulation, PhiDelta
from spikefa.feedback.state import FeedbackState, beside
from spikefa.feedback.wired import Wired
from spikefa.feedback.wiring import Wiring
from spikefa.neurons import Population, PopulationState
from spikefa.synapses import Synapses
from spikefa.utils.tensors import Variable


@dataclass
class BroadcastState(FeedbackState):
    """State of a circuit that broadcasts one number per stream, each `[batch, 1]`.

    Attributes
    ----------
    outcome : Tensor
        How bad this step was: a loss, or minus a reward.
    mean : Tensor
        Its running mean, this step included.
    seen : Tensor
        Weight of all steps so far in the mean, from 0 to 1: the first steps count for more.
    surprise : Tensor
        What is broadcast: by how much the outcome was worse than the mean before it.
    """

    outcome: Tensor
    mean: Tensor
    seen: Tensor
    surprise: Tensor


class Broadcast(Wired):
    """All neurons hear the same number, and learn from what they did by chance.

    In one step, for each stream::

        M <- M + beta' (E - M)                         beta' goes from 1 to beta: a mean at any time
        surprise = (E - M) / (1 - beta)                the first step has none
        modulator_l = surprise (s_l - p_l) / Var(s_l)

    where p is the activity that the potential alone would give and the variance is that of the
    neuron's own noise. Its correlation with the surprise is the derivative of E, so that on average
    the modulator is dE/ds_l. The number is delivered within the step, without leak: the noise of
    past steps has not earned it. A subclass says in `judge` what E is.

    Parameters
    ----------
    baseline_rate : float, default 0.05
        beta, weight of a new outcome in the running mean, in (0, 1).
    everywhere : bool, default False
        Whether the output population learns from the broadcast too. If not, it has an error
        population of its own: ``U_L <- (1 - tau) U_L + tau (s_L - target)``.
    noisy : bool, default True
        Whether the broadcast is multiplied by the neuron's noise. If not, each neuron gets the
        surprise as it is.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the output's error population; see `ErrorPopulation`.
    tau : float, default 0.9
        Weight of the new drive in that population.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or neurons have no noise that they could learn from.
    """

    baseline_rate: float
    everywhere: bool
    noisy: bool
    phi_delta: PhiDelta
    tau: float
    reached: list[Population]

    def __post_init__(self) -> None:
        super().__post_init__()
        require(
            0 < self.baseline_rate < 1,
            f"the baseline rate must be in (0, 1), {self.baseline_rate} given",
        )

    @abstractmethod
    def judge(self, error: Tensor, out: Tensor) -> None:
        """Write how bad the error `[..., batch, n_out]` of this step is, `[..., batch, 1]`."""

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Wire nothing; populations that the broadcast reaches neither leak nor transform it."""
        populations = self.beside(forward)
        reached = len(forward) if self.everywhere else len(forward) - 1
        populations[:reached] = [
            ErrorPopulation(population.size, tau=1.0) for population in populations[:reached]
        ]
        origins = [beside(layer) for layer in range(len(forward))]
        return Wiring(populations={"errors": populations}, origins=origins)

    def check(self, populations: Sequence[Population]) -> None:
        """Keep the populations that the broadcast reaches, whose noise it is multiplied by."""
        self.reached = list(populations if self.everywhere else populations[:-1])
        for population in self.reached:
            require(
                population.stochastic or not self.noisy,
                f"{type(self).__name__} learns from the neurons' own noise, and {population} has "
                "none: take StochasticBinary, or Rate with noise > 0",
            )

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> BroadcastState:
        """Return a circuit that has seen nothing yet."""

        def number() -> Tensor:
            return torch.zeros(batch, 1, device=device, dtype=dtype)

        return BroadcastState(
            **self.wiring.at_rest(batch, device, dtype),
            outcome=number(),
            mean=number(),
            seen=number(),
            surprise=number(),
        )

    def step(self, state: FeedbackState, error: Tensor, forward: Sequence[PopulationState]) -> None:
        """Judge the outcome, and deliver the surprise."""
        assert isinstance(state, BroadcastState)
        self.judge(error, out=state.outcome)
        self._compare(state)
        for layer, population in enumerate(self.reached):
            drive = state.errors[layer].drive
            if self.noisy:
                population.perturbation(forward[layer], out=drive)
                drive.mul_(state.surprise)
            else:
                drive.copy_(state.surprise.expand_as(drive))
        if not self.everywhere:
            state.errors[-1].drive.copy_(error)
        self.wiring.sweep(state, forward)

    def _compare(self, state: BroadcastState) -> None:
        """Update the running mean and the surprise.

        With M updated by beta' = beta / seen, E - M is (1 - beta') (E - M_before): nothing in the
        first step, where there was no mean, and (1 - beta) times the surprise later on.
        """
        rate = self.baseline_rate
        state.seen.mul_(1 - rate).add_(rate)
        torch.sub(state.outcome, state.mean, out=state.surprise)
        state.mean.addcdiv_(state.surprise, state.seen, value=rate)
        torch.sub(state.outcome, state.mean, out=state.surprise).div_(1 - rate)

    def variables(self, state: FeedbackState) -> Sequence[Mapping[str, Variable]]:
        """Return ``outcome`` and ``surprise``, one number per stream, beside the output."""
        assert isinstance(state, BroadcastState)
        hidden: list[Mapping[str, Variable]] = [{} for _ in state.errors[1:]]
        return [*hidden, {"outcome": state.outcome, "surprise": state.surprise}]
