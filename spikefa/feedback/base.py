"""The seam for feedback circuits: subclass `FeedbackCircuit`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor

from spikefa.feedback.error_population import ErrorState, uniforms_of
from spikefa.neurons import Population, PopulationState
from spikefa.plasticity import PlasticityState
from spikefa.utils.tensors import Variable

if TYPE_CHECKING:
    from spikefa.synapses import Dense


@dataclass
class FeedbackState:
    """State of a circuit; one with more populations adds fields in a subclass.

    Attributes
    ----------
    errors : list of ErrorState
        One error population for each forward population, from the first hidden one upwards.
    """

    errors: list[ErrorState]

    @property
    def modulators(self) -> list[Tensor]:
        """What arrives as third factor at each forward population, `[..., batch, n]`."""
        return [error.activity for error in self.errors]

    def uniforms(self) -> dict[str, Tensor]:
        """Return the tensors that need new numbers from U[0, 1) at every step, by name.

        Whoever drives the network draws them, each from a generator of its own.
        """
        return uniforms_of("error", self.errors)


@dataclass(frozen=True)
class Layer:
    """One projection and the population it ends on, at this step, as a learning circuit sees it.

    Attributes
    ----------
    synapses : Dense
    pre : Tensor [..., batch, n_pre]
        Activity that the synapses carried.
    post : PopulationState
        The population it reached.
    plasticity : PlasticityState
        With the learning rate of these synapses now.
    """

    synapses: "Dense"
    pre: Tensor
    post: PopulationState
    plasticity: PlasticityState


class FeedbackCircuit(ABC):
    """Owns the error populations and their weights; turns the output error into modulators.

    The network calls `connect` and `check` once, `initialise` once, `state` for every set of
    streams; then in each step of simulated time `observe_target` and `step` after the forward
    sweep, and `learn` after the forward synapses have changed.

    Attributes
    ----------
    reads_weights : bool
        Whether the error of a step depends on the forward weights, which no real synapse could
        know of another. The conformance kit holds a circuit to what it says here.
    reads_activity : bool
        Whether error neurons receive synapses from forward populations, so that the modulator of a
        neuron depends on what others of its population, or of those below, do.
    """

    reads_weights: ClassVar[bool] = False
    reads_activity: ClassVar[bool] = False

    @property
    def needs_host(self) -> bool:
        """Whether a step needs the host, to draw or to decide now and then; by default it does not.

        Such a step cannot be captured as a CUDA graph. The conformance kit holds a circuit to what
        it says here.
        """
        return False

    @abstractmethod
    def connect(self, forward: Sequence["Dense"], device: torch.device, dtype: torch.dtype) -> None:
        """Allocate what the circuit needs beside these forward synapses.

        Parameters
        ----------
        forward : sequence of Dense
            From the input upwards; their `n_post` are the sizes of the forward populations.
        device, dtype
            Where the circuit lives, and as what.

        Raises
        ------
        SpikefaError
            If the circuit cannot have these sizes, or is part of another network already.
        """

    def check(self, populations: Sequence[Population]) -> None:  # noqa: B027
        """Look at the forward populations, from the first hidden one upwards; by default do not.

        Called once, after `connect`. A circuit that needs to know what kind of neurons they are
        keeps what it needs.

        Raises
        ------
        SpikefaError
            If the circuit cannot serve such neurons.
        """

    @abstractmethod
    def initialise(self, seed: int) -> None:
        """Draw the feedback weights from the streams ``feedback/...`` of `seed`.

        The forward weights have been drawn before.
        """

    @abstractmethod
    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> FeedbackState:
        """Return error populations at rest for `batch` streams."""

    def observe_target(self, state: FeedbackState, target: Tensor) -> None:  # noqa: B027
        """Take note of the target of this step, before `step`; by default there is no need.

        Parameters
        ----------
        state : FeedbackState
        target : Tensor [..., batch, n_out]
            What the output's activity should be.
        """

    @abstractmethod
    def step(self, state: FeedbackState, error: Tensor, forward: Sequence[PopulationState]) -> None:
        """Advance the error populations by one step, in place.

        Parameters
        ----------
        state : FeedbackState
        error : Tensor [..., batch, n_out]
            Output minus target of this step.
        forward : sequence of PopulationState
            The forward populations after their sweep; a circuit may read what is local to the
            neuron it modulates, such as its gain.
        """

    def learn(self, state: FeedbackState, layers: Sequence[Layer]) -> None:  # noqa: B027
        """Let the circuit's own synapses learn, in place. By default none does.

        Parameters
        ----------
        state : FeedbackState
            After `step`.
        layers : sequence of Layer
            From the input upwards, as they were in this step; the forward synapses have changed.
        """

    @property
    def decays(self) -> bool:
        """Whether some weights decay with the forward weights: whether a subclass has `decay`."""
        return type(self).decay is not FeedbackCircuit.decay

    def decay(self, factor: float) -> None:  # noqa: B027
        """Multiply those weights by `factor` that decay with the forward weights; default: none."""

    def layer_matrices(self) -> list[Tensor]:
        """Return, if the error goes down layer by layer, the matrix into each hidden population.

        Each is [n_{l+1}, n_l], from the lowest hidden population upwards, and is the same tensor
        during the whole run: its angle to the forward weights can then be recorded. By default
        there is none.
        """
        return []

    def paths(self) -> Sequence[Variable]:
        """Return what the error meets on its way into each hidden population, as one matrix.

        Each is [n_{l+1}, n_l], from the lowest hidden population upwards: a tensor that is the same
        during the whole run, or a function that computes it, where the error crosses a further
        population. Its angle to the transposed forward weights is what `Network.alignment` tells
        and what can be recorded. By default they are the `layer_matrices`.
        """
        return self.layer_matrices()

    def variables(self, state: FeedbackState) -> Sequence[Mapping[str, Variable]]:
        """Return what else of the circuit can be probed: by name, for each forward population.

        From the first hidden population upwards, or nothing at all. The error populations need
        not be declared.
        """
        return []

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Return the circuit's weights by name, for checkpoints."""
