"""Forward projections, as a learning circuit sees them."""

from dataclasses import dataclass

from torch import Tensor

from spikefa.neurons import PopulationState
from spikefa.plasticity import PlasticityState
from spikefa.synapses import Synapses


@dataclass(frozen=True)
class Projection:
    """Forward synapses and the populations they connect, in one step.

    Attributes
    ----------
    synapses : Synapses
    pre : Tensor [..., batch, n_pre]
        Activity that the synapses transmitted.
    post : PopulationState
        State of the population that the synapses reach.
    plasticity : PlasticityState
        State of the plasticity rule, with the current learning rate of these synapses.
    """

    synapses: Synapses
    pre: Tensor
    post: PopulationState
    plasticity: PlasticityState
