"""Base class of circuits that send one number to all neurons, instead of a directed error."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback.error_population import ErrorPopulation, PhiDelta
from spikefa.feedback.state import FeedbackState, beside
from spikefa.feedback.wired import Wired
from spikefa.feedback.wiring import Wiring
from spikefa.neurons import Population, PopulationState
from spikefa.synapses import Synapses
from spikefa.utils.ranges import ProperShare
from spikefa.utils.tensors import LASTING, Variable


@dataclass
class BroadcastState(FeedbackState):
    """State of a circuit that broadcasts one number per stream, each `[batch, 1]`.

    Attributes
    ----------
    outcome : Tensor
        Cost of this step: a loss, or a negative reward.
    mean : Tensor
        Running mean of the outcome, including this step.
    seen : Tensor
        Total weight of all steps so far, from 0 to 1. The weight of a new outcome in the mean is
        divided by it, so that the first steps count for more.
    surprise : Tensor
        The number that is broadcast: how much worse the outcome was than the mean before it.
    """

    outcome: Tensor
    mean: Tensor = field(metadata=LASTING)
    seen: Tensor = field(metadata=LASTING)
    surprise: Tensor


class Broadcast(Wired):
    """Circuit in which all neurons receive the same number and learn from their own noise.

    In one step, for each stream::

        M <- M + beta' (E - M)                         beta' from 1 to beta; M is always a mean
        surprise = (E - M) / (1 - beta)                0 in the first step
        modulator_l = surprise (s_l - p_l) / Var(s_l)

    where p is the activity determined by the potential alone and Var(s_l) is the variance of the
    neuron's own noise. The correlation of this noise with the surprise gives the derivative of E,
    so the modulator is dE/ds_l on average. The number is delivered within the step and without
    leak, because the noise of past steps did not cause it. Subclasses define E in `judge`.

    Parameters
    ----------
    baseline_rate : float, default 0.05
        beta, the weight of a new outcome in the running mean, in (0, 1).
    everywhere : bool, default False
        Whether the output population also learns from the broadcast. If not, it has its own error
        population: ``U_L <- (1 - tau) U_L + tau (s_L - target)``.
    noisy : bool, default True
        Whether the broadcast is multiplied by each neuron's noise. If not, all neurons receive the
        surprise unchanged.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the output's error population; see `ErrorPopulation`.
    tau : float, default 0.9
        Weight of the new drive in that population.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or neurons that learn from their noise have none.
    """

    serves_shared: ClassVar[bool] = True

    baseline_rate: ProperShare
    everywhere: bool
    noisy: bool
    phi_delta: PhiDelta
    tau: float
    reached: list[Population]

    def __post_init__(self) -> None:
        super().__post_init__()

    @abstractmethod
    def judge(self, error: Tensor, out: Tensor) -> None:
        """Write the cost `[..., batch, 1]` of this step's error `[..., batch, n_out]` to `out`."""

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Return a wiring without hops; the broadcast neither leaks nor is transformed."""
        populations = self.beside(forward)
        reached = len(forward) if self.everywhere else len(forward) - 1
        populations[:reached] = [
            ErrorPopulation(population.size, tau=1.0) for population in populations[:reached]
        ]
        origins = [beside(layer) for layer in range(len(forward))]
        return Wiring(populations={"errors": populations}, origins=origins)

    def check(self, populations: Sequence[Population]) -> None:
        """Store the populations that receive the broadcast, and require noise where it is used."""
        self.reached = list(populations if self.everywhere else populations[:-1])
        for population in self.reached:
            require(
                population.stochastic or not self.noisy,
                f"{type(self).__name__} learns from the neurons' own noise, and {population} has "
                "none: take StochasticBinary, or Rate with noise > 0",
            )

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> BroadcastState:
        """Return the error populations at rest, before the first outcome."""

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
        """Compute the outcome and deliver the surprise."""
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

        After M is updated with beta' = beta / seen, E - M is (1 - beta') (E - M_before). This is 0
        in the first step, before which there is no mean, and (1 - beta) times the surprise later.
        """
        rate = self.baseline_rate
        state.seen.mul_(1 - rate).add_(rate)
        torch.sub(state.outcome, state.mean, out=state.surprise)
        state.mean.addcdiv_(state.surprise, state.seen, value=rate)
        torch.sub(state.outcome, state.mean, out=state.surprise).div_(1 - rate)

    def variables(self, state: FeedbackState) -> Sequence[Mapping[str, Variable]]:
        """Return ``outcome`` and ``surprise``, one number per stream, for the output population."""
        assert isinstance(state, BroadcastState)
        hidden: list[Mapping[str, Variable]] = [{} for _ in state.errors[1:]]
        return [*hidden, {"outcome": state.outcome, "surprise": state.surprise}]
