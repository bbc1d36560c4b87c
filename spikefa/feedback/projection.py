"""What a learning circuit sees of a forward projection."""

from dataclasses import dataclass

from torch import Tensor

from spikefa.neurons import PopulationState
from spikefa.plasticity import PlasticityState
from spikefa.synapses import Synapses


@dataclass(frozen=True)
class Projection:
    """Forward synapses and the populations they join, in this step.

    Attributes
    ----------
    synapses : Synapses
    pre : Tensor [..., batch, n_pre]
        Activity that the synapses carried.
    post : PopulationState
        The population it reached.
    plasticity : PlasticityState
        With the learning rate of these synapses now.
    """

    synapses: Synapses
    pre: Tensor
    post: PopulationState
    plasticity: PlasticityState
