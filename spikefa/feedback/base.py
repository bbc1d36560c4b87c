"""The seam for feedback circuits: subclass `FeedbackCircuit`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.feedback.error_population import ErrorState
from spikefa.neurons import PopulationState


@dataclass
class FeedbackState:
    """State of a circuit.

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


class FeedbackCircuit(ABC):
    """Owns the error populations and their weights; turns the output error into modulators.

    The network calls `connect` once, `initialise` once, `state` for every set of streams, and
    `step` once per simulated step, after the forward sweep.
    """

    @abstractmethod
    def connect(self, sizes: Sequence[int], device: torch.device, dtype: torch.dtype) -> None:
        """Allocate for forward populations of these sizes, from the first hidden one upwards.

        Raises
        ------
        SpikefaError
            If the circuit cannot have these sizes, or is part of another network already.
        """

    @abstractmethod
    def initialise(self, seed: int) -> None:
        """Draw the feedback weights from the streams ``feedback/...`` of `seed`."""

    @abstractmethod
    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> FeedbackState:
        """Return error populations at rest for `batch` streams."""

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

    def layer_matrices(self) -> list[Tensor]:
        """Return, if the error goes down layer by layer, the matrix into each hidden population.

        Each is [n_{l+1}, n_l], from the lowest hidden population upwards, and is the same tensor
        during the whole run: its angle to the forward weights can then be recorded. By default
        there is none.
        """
        return []

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Return the circuit's weights by name, for checkpoints."""
