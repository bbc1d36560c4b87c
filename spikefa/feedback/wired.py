"""Base class of circuits whose error populations are connected by hops."""

from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback.base import FeedbackCircuit
from spikefa.feedback.error_population import ErrorPopulation, PhiDelta
from spikefa.feedback.state import FeedbackState
from spikefa.feedback.wiring import Wiring
from spikefa.neurons import PopulationState
from spikefa.synapses import Skipping, Synapses
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import PositiveShare


class Wired(FeedbackCircuit):
    """A circuit whose step sweeps the error along hops; see `Wiring`.

    A subclass is a dataclass that has these parameters and defines the hops in `wire`. A subclass
    with its own weights also defines `initialise` and `tensors` and, if the weights learn, `learn`
    and `decay`.

    Parameters
    ----------
    phi_delta : {"identity", "tanh", "logistic", "spiking"}
        Output function of the error neurons; see `ErrorPopulation`.
    tau : float
        Weight of the new drive in the error populations.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or the circuit is connected twice.
    """

    phi_delta: PhiDelta
    tau: PositiveShare

    def __post_init__(self) -> None:
        check_fields(self)
        ErrorPopulation(1, tau=self.tau, phi_delta=self.phi_delta)  # rejects bad arguments early

    @abstractmethod
    def wire(self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype) -> Wiring:
        """Allocate the matrices for these forward synapses, and return their wiring.

        The parameters are those of `connect`.
        """

    def connect(
        self, forward: Sequence[Synapses], device: torch.device, dtype: torch.dtype
    ) -> None:
        """Create the error populations and the hops between them."""
        require(
            not self.wiring.stops,
            f"this {type(self).__name__} circuit is part of a network already: make another",
        )
        self.wiring = self.wire(forward, device, dtype)

    def carry_past(self, layouts: Sequence[tuple[int, int, Skipping]]) -> None:
        """Connect the error populations at the ends of the shortcuts, if the error descends."""
        self.wiring = self.wiring.past(layouts)

    def beside(self, forward: Sequence[Synapses]) -> list[ErrorPopulation]:
        """Return an error population of the same size for each forward population."""
        return [
            ErrorPopulation(synapses.n_post, tau=self.tau, phi_delta=self.phi_delta)
            for synapses in forward
        ]

    def initialise(self, seed: int) -> None:
        """Draw nothing; subclasses with their own weights override this method."""

    def state(self, batch: int, device: torch.device, dtype: torch.dtype) -> FeedbackState:
        """Return the error populations at rest."""
        return FeedbackState(**self.wiring.at_rest(batch, device, dtype))

    def step(self, state: FeedbackState, error: Tensor, forward: Sequence[PopulationState]) -> None:
        """Write the error into the drive beside the output, and sweep it along the hops."""
        self.wiring.carry(state, error, forward)

    def layer_matrices(self) -> list[Tensor]:
        """Return the matrix from each layer to the one below, if each path is one stored matrix."""
        descents = self.wiring.descents()
        stored = all(len(way) == 1 and way[0].recipe is None for way in descents)
        return [matrix.stored for (matrix,) in descents] if stored else []

    def tensors(self) -> dict[str, Tensor]:
        """Return no tensors; subclasses with their own weights override this method."""
        return {}
