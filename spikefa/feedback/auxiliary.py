"""Auxiliary errors: each hidden layer guesses the target and receives the error of its guess."""

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
from spikefa.utils.ranges import PositiveScale, PositiveShare, ShareBelowOne


@dataclass
class AuxiliaryState(MixedState):
    """State of a circuit with an auxiliary output beside each hidden population.

    Attributes
    ----------
    target : Tensor [batch, n_out]
        Target of this step.
    guesses : list of PopulationState
        The auxiliary outputs, from the lowest hidden population upwards.
    guess_errors : list of ErrorState
        Error populations of the guesses, in the same order.
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

    Like `Mixed`, but the direct error of a hidden layer comes from the layer's own guess instead of
    the output. Each hidden layer l has an auxiliary output of n_L graded neurons that guess the
    target from the layer's activity, and an error population E_l for this guess::

        A_l <- (1 - tau) A_l + tau s_l D_l^T
        E_l <- (1 - tau) E_l + tau (f(A_l) - target)
        direct error of layer l: phi_delta(E_l) D_l          replaces x_L D_l

    With strategy "direct", each layer learns on its own to become a better basis for its guess,
    whose weights D_l are fixed. With tau = 1 and the identity, this is gradient descent on the
    cross-entropy of the guess (f logistic or softmax), so no error from the layers above is needed.
    The paper writes the guess of layer i as (B^i)^T h^(i-1), which fits the shapes of its matrices
    only if i - 1 is read as i.

    Parameters
    ----------
    strategy : {"direct", "s1", "s2", "s3"}, default "direct"
        Neighbours whose errors a layer also receives: none for "direct", otherwise as in `Mixed`.
    combine : {"mean", "sum", "tanh"} or callable, default "mean"
        F, as in `Mixed`.
    guess : str, default "logistic"
        f, an activation of `Rate`. "logistic" suits an output of binary neurons; the paper uses
        "softmax".
    scale : float, default 0.2
        Size of all feedback weights: the half-range of a uniform distribution, 1/2 in the paper.
        The guesses use D_l too, transposed.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default True
        Whether errors between layers are gated by the gain of the forward neurons beside them. The
        error of a guess is not gated, in line with the cross-entropy.
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
    reads_activity: ClassVar[bool] = True  # to form the guesses

    strategy: str = field(default="direct", kw_only=False)
    combine: CombinationName | Combination = field(default="mean", kw_only=False)
    guess: Activation = "logistic"
    scale: PositiveScale = 0.2
    phi_delta: PhiDelta = "identity"
    gated: bool = True
    tau: PositiveShare = 0.9
    matrix: MatrixKind = "uniform"
    sparsity: ShareBelowOne = 0.0
    random: list[dict[str, RandomMatrix]] = field(init=False, repr=False, default_factory=list)
    guesses: list[Rate] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        Rate(1, activation=self.guess)  # rejects an unknown activation early

    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Connect the error of each guess to its hidden layer, and the layers to each other."""
        output = forward[-1].n_post
        self.guesses = [Rate(output, activation=self.guess, tau=self.tau) for _ in forward[:-1]]
        guess_errors = [
            ErrorPopulation(output, tau=self.tau, phi_delta=self.phi_delta) for _ in self.guesses
        ]
        return self.mix(forward, device, dtype, guess_errors=guess_errors)

    def direct_hop(self, target: Site, matrix: RandomMatrix) -> Hop:
        """Return the hop from the error of the layer's own guess; this hop is not gated."""
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
        """Store the target, to compare every guess with it."""
        assert isinstance(state, AuxiliaryState)
        state.target.copy_(target)

    def step(self, state: FeedbackState, error: Tensor, forward: Sequence[PopulationState]) -> None:
        """Compute the guess of each hidden layer, and sweep the errors of guesses and output."""
        assert isinstance(state, AuxiliaryState)
        for layer, matrices in enumerate(self.random):
            guess = state.guesses[layer]
            torch.matmul(forward[layer].spikes, matrices["direct"].stored.mT, out=guess.drive)
            self.guesses[layer].step(guess)
            torch.sub(guess.spikes, state.target, out=state.guess_errors[layer].drive)
        super().step(state, error, forward)
