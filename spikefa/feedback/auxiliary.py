"""Auxiliary errors: each hidden layer has a guess of its own, and the error of that guess."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.feedback.combination import Combination, CombinationName
from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import ErrorPopulation, ErrorState, PhiDelta, uniforms_of
from spikefa.feedback.mixing import MixedState, Mixing
from spikefa.feedback.random_matrix import RandomMatrix
from spikefa.feedback.state import FeedbackState, Site
from spikefa.feedback.wiring import Hop, Wiring
from spikefa.neurons import PopulationState, Rate
from spikefa.neurons.rate import Activation
from spikefa.synapses import Synapses


@dataclass
class AuxiliaryState(MixedState):
    """State of a circuit with an auxiliary output beside each hidden population.

    Attributes
    ----------
    target : Tensor [batch, n_out]
        Of this step.
    guesses : list of PopulationState
        The auxiliary outputs, from the lowest hidden population upwards.
    guess_errors : list of ErrorState
        Their error populations.
    """

    target: Tensor
    guesses: list[PopulationState]
    guess_errors: list[ErrorState]

    def uniforms(self) -> dict[str, Tensor]:
        """Return the tensors that need new numbers from U[0, 1) at every step, by name."""
        return super().uniforms() | uniforms_of("guess_error", self.guess_errors)


@dataclass(eq=False, kw_only=True)
class Auxiliary(Mixing):
    """Linear aligned feedback systems, LAFS ("General feedback strategies", 2.1.1 and table 1).

    As `Mixed`, but the direct error of a hidden layer is not that of the output. Each hidden layer
    l has an auxiliary output of n_L graded neurons, which guess the target from its activity, and
    an error population E_l of these::

        A_l <- (1 - tau) A_l + tau s_l D_l^T
        E_l <- (1 - tau) E_l + tau (f(A_l) - target)
        direct error of layer l: phi_delta(E_l) D_l          in place of x_L D_l

    Learning with strategy "direct" makes each layer, on its own, a better basis for the guess that
    D_l fixes: with tau = 1 and the identity it descends the cross-entropy of that guess (f logistic
    or softmax), so that no error need come from the layers above. The paper writes the guess of
    layer i as (B^i)^T h^(i-1), which fits its matrices only if i - 1 is read as i.

    Parameters
    ----------
    strategy : {"direct", "s1", "s2", "s3"}, default "direct"
        Who else is heard: nobody, or as in `Mixed`.
    combine : {"mean", "sum", "tanh"} or callable, default "mean"
        F, as in `Mixed`.
    guess : str, default "logistic"
        f: an activation of `Rate`; "logistic" suits an output of binary neurons, "softmax" is that
        of the paper.
    scale : float, default 0.2
        Size of all feedback weights: the half-range of a uniform distribution, 1/2 in the paper.
        D_l is used in both directions.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default True
        Whether errors between layers are gated by the gain of the forward neurons beside them. The
        error of a guess is not, as for the cross-entropy.
    tau : float, default 0.9
        Weight of the new drive in the auxiliary outputs and in the error populations.
    matrix, sparsity
        As in `Mixed`.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or the circuit is connected twice.
    """

    strategies: ClassVar[Sequence[str]] = ("direct", "s1", "s2", "s3")
    reads_activity: ClassVar[bool] = True  # the guesses are formed from it

    strategy: str = field(default="direct", kw_only=False)
    combine: CombinationName | Combination = field(default="mean", kw_only=False)
    guess: Activation = "logistic"
    scale: float = 0.2
    phi_delta: PhiDelta = "identity"
    gated: bool = True
    tau: float = 0.9
    matrix: MatrixKind = "uniform"
    sparsity: float = 0.0
    random: list[dict[str, RandomMatrix]] = field(init=False, repr=False, default_factory=list)
    guesses: list[Rate] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        Rate(1, activation=self.guess)  # refuses an unknown activation early

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Wire the error of each guess to its hidden layer, and the layers to their neighbours."""
        output = forward[-1].n_post
        self.guesses = [Rate(output, activation=self.guess, tau=self.tau) for _ in forward[:-1]]
        guess_errors = [
            ErrorPopulation(output, tau=self.tau, phi_delta=self.phi_delta) for _ in self.guesses
        ]
        return self.mix(forward, device, dtype, guess_errors=guess_errors)

    def direct_hop(self, target: Site, matrix: RandomMatrix) -> Hop:
        """Return the hop from the error of the layer's own guess, which is not gated."""
        return Hop(Site("guess_errors", target.layer), target, matrix, inlet="direct")

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> AuxiliaryState:
        """Return all populations at rest."""
        output = self.wiring.beside[-1].size
        return AuxiliaryState(
            **self.wiring.at_rest(batch, device, dtype),
            arrived=self.arrivals(batch, device, dtype),
            target=torch.zeros(batch, output, device=device, dtype=dtype),
            guesses=[guess.state(batch, device, dtype) for guess in self.guesses],
        )

    def observe_target(self, state: FeedbackState, target: Tensor) -> None:
        """Keep the target, which every guess is compared with."""
        assert isinstance(state, AuxiliaryState)
        state.target.copy_(target)

    def step(self, state: FeedbackState, error: Tensor, forward: Sequence[PopulationState]) -> None:
        """Let each hidden layer guess, and sweep the errors of the guesses and the output."""
        assert isinstance(state, AuxiliaryState)
        for layer, matrices in enumerate(self.random):
            guess = state.guesses[layer]
            torch.matmul(forward[layer].spikes, matrices["direct"].stored.mT, out=guess.drive)
            self.guesses[layer].step(guess)
            torch.sub(guess.spikes, state.target, out=state.guess_errors[layer].drive)
        super().step(state, error, forward)
