"""Forward populations: how neurons turn their synaptic drive into potential, activity and gain."""

from spikefa.neurons.adaptive import ALIF, ALIFState
from spikefa.neurons.base import Population, PopulationState, noiseless
from spikefa.neurons.dendrite import Dendrite
from spikefa.neurons.dropout import Dropout, DropoutState
from spikefa.neurons.rate import Rate
from spikefa.neurons.refractory import Refractory
from spikefa.neurons.snntorch_neurons import SnnTorch
from spikefa.neurons.stochastic_binary import StochasticBinary

__all__ = [
    "ALIF",
    "ALIFState",
    "Dendrite",
    "Dropout",
    "DropoutState",
    "Population",
    "PopulationState",
    "Rate",
    "Refractory",
    "SnnTorch",
    "StochasticBinary",
    "noiseless",
]
