"""The seam for feedback circuits: subclass `FeedbackCircuit`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from spikefa.feedback.projection import Projection
from spikefa.feedback.state import FeedbackState
from spikefa.feedback.wiring import Wiring
from spikefa.neurons import Population, PopulationState
from spikefa.synapses import Synapses
from spikefa.utils.tensors import Variable


class FeedbackCircuit(ABC):
    """Owns the error populations and their weights; turns the output error into modulators.

    The network calls `connect` and `check` once, `initialise` once, and `state` for every batch of
    streams. In each step of simulated time it calls `observe_target` and `step` after the forward
    sweep, and `learn` after the forward synapses have changed. A circuit whose error populations
    are wired by hops subclasses `Wired` instead, which has most of this already.

    Attributes
    ----------
    wiring : Wiring
        The error populations and the hops between them. It is empty before `connect`, and in
        circuits that do not say how they are wired.
    sweep_only : bool
        Whether `step` does nothing but write the output error into the drive of the error
        population beside the output and call ``wiring.sweep``, `observe_target` does nothing, and
        `learn` looks at activity and at no forward synapse. Then a backend may carry the error by
        means of its own. A class says so for itself, ``class FA(Wired, sweep_only=True)``; a
        subclass of it may do more, and has to say it again.
    reads_weights : bool
        Whether the error of a step depends on the forward weights, which no real error synapse
        could know. The conformance kit checks it.
    reads_activity : bool
        Whether error neurons receive synapses from forward populations, so that the modulator of a
        neuron depends on the activity of others in its population or in those below.
    """

    wiring: Wiring = Wiring()
    sweep_only: ClassVar[bool] = False
    reads_weights: ClassVar[bool] = False
    reads_activity: ClassVar[bool] = False

    def __init_subclass__(cls, *, sweep_only: bool = False, **others: Any):
        super().__init_subclass__(**others)
        cls.sweep_only = sweep_only

    @property
    def needs_host(self) -> bool:
        """Whether a step sometimes needs the host, to draw or to decide; by default it does not.

        Such a step cannot be captured as a CUDA graph. The conformance kit checks it.
        """
        return False

    @abstractmethod
    def connect(
        self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype
    ) -> None:
        """Allocate what the circuit needs for these forward synapses.

        Parameters
        ----------
        forward : sequence of Synapses
            From the input upwards; their `n_post` are the sizes of the forward populations.
        device, dtype
            Where the circuit lives, and as what.

        Raises
        ------
        SpikefaError
            If the circuit cannot have these sizes, or is part of another network already.
        """

    def check(self, populations: Sequence[Population]) -> None:  # noqa: B027
        """Check the forward populations, from the first hidden one upwards; by default accept all.

        Called once, after `connect`. A circuit may keep what it needs to know of them.

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
        """Take note of the target of this step, before `step`; by default do nothing.

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

    def learn(self, state: FeedbackState, projections: Sequence[Projection]) -> None:  # noqa: B027
        """Let the circuit's own synapses learn, in place. By default none does.

        Parameters
        ----------
        state : FeedbackState
            After `step`.
        projections : sequence of Projection
            From the input upwards, as they were in this step; the forward synapses have changed.
        """

    @property
    def decays(self) -> bool:
        """Whether some weights decay with the forward weights: whether a subclass has `decay`."""
        return type(self).decay is not FeedbackCircuit.decay

    def decay(self, factor: float) -> None:  # noqa: B027
        """Multiply the weights that decay with the forward weights by `factor`; default: none."""

    def layer_matrices(self) -> list[Tensor]:
        """Return, if the error goes down layer by layer, the matrix into each hidden population.

        Each is [n_{l+1}, n_l], from the lowest hidden population upwards, and is the same tensor
        during the whole run, so that its angle to the forward weights can be recorded. By default
        there is none.
        """
        return []

    def paths(self) -> Sequence[Variable]:
        """Return the one matrix that the way of the error into each hidden population amounts to.

        Each is [n_{l+1}, n_l], from the lowest hidden population upwards: a tensor that is the same
        during the whole run, or a function that computes it, where the error crosses a further
        population. `Network.alignment` and probes report its angle to the transposed forward
        weights. By default they are the `layer_matrices`.
        """
        return self.layer_matrices()

    def variables(self, state: FeedbackState) -> Sequence[Mapping[str, Variable]]:
        """Return what else of the circuit can be probed: by name, for each forward population.

        From the first hidden population upwards; empty by default. The error populations need not
        be declared.
        """
        return []

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Return the circuit's weights by name, for checkpoints."""
