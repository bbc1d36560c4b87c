"""What of a network changes from step to step but its weights."""

from dataclasses import dataclass

from torch import Tensor

from spikefa.feedback import FeedbackState
from spikefa.network.learning_rates import LearningRates
from spikefa.neurons import PopulationState
from spikefa.plasticity import PlasticityState
from spikefa.utils.replicas import replica


@dataclass
class NetworkState:
    """Everything that changes from step to step but the weights, for one batch of streams.

    In a network with replicas, every tensor has one more dimension in front, except those of the
    learning rates.

    Attributes
    ----------
    populations : list of PopulationState
        From the first hidden population to the output.
    feedback : FeedbackState
    plasticity : list of PlasticityState
        One for each projection.
    error : Tensor [batch, n_out]
        Output minus target of this step.
    learning_rates : LearningRates
        How fast each projection learns and decays now; see `Network.set_learning_rates`.
    steps : int
        Steps of simulated time in which the network has learned.
    """

    populations: list[PopulationState]
    feedback: FeedbackState
    plasticity: list[PlasticityState]
    error: Tensor
    learning_rates: LearningRates
    steps: int = 0

    def replica(self, number: int) -> "NetworkState":
        """Return the state of one replica, on views of these tensors."""
        return replica(self, number, keep=[self.learning_rates])
