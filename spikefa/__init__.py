"""spikefa: spiking networks whose error is carried back by populations, learning while they run.

Everything public is reached from here, ``import spikefa as sf``, and imported when it is used, so
that the command line answers at once.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from spikefa.errors import SpikefaError

if TYPE_CHECKING:
    from spikefa import analysis, datasets, feedback, plasticity, recording, testing
    from spikefa.feedback import (
        DFA,
        FA,
        KP,
        PAL,
        PFA,
        SF,
        WM,
        Auxiliary,
        Backprop,
        FeedbackCircuit,
        Mixed,
        NodePerturbation,
        PFAo,
        PseudoBackprop,
        Reward,
        Shallow,
    )
    from spikefa.network.network import Network
    from spikefa.neurons import Rate, SnnTorch, StochasticBinary
    from spikefa.plasticity import (
        BCM,
        STDP,
        Direct,
        Eligibility,
        Oja,
        Outer,
        PlasticityRule,
        Post,
        RoughThreeFactor,
        ThreeFactor,
    )
    from spikefa.recording import Probe, Window
    from spikefa.recording import open_recording as open
    from spikefa.simulation.interrupts import Stopped
    from spikefa.simulation.schedules import Constant, Piecewise, StepDecay, WarmUpAnneal
    from spikefa.simulation.simulation import Simulation
    from spikefa.stimulus.encodings import DeltaCode, Encoding, Graded, LatencyCode, RateCode
    from spikefa.stimulus.images import Stimulus
    from spikefa.synapses import Dense, LocallyConnected, Masked

__version__ = "0.1.0"

_WHERE = {
    "DeltaCode": "stimulus",
    "Encoding": "stimulus",
    "Graded": "stimulus",
    "LatencyCode": "stimulus",
    "RateCode": "stimulus",
    "DFA": "feedback",
    "FA": "feedback",
    "KP": "feedback",
    "PAL": "feedback",
    "SF": "feedback",
    "WM": "feedback",
    "Backprop": "feedback",
    "Auxiliary": "feedback",
    "FeedbackCircuit": "feedback",
    "Mixed": "feedback",
    "NodePerturbation": "feedback",
    "PseudoBackprop": "feedback",
    "Reward": "feedback",
    "PFA": "feedback",
    "PFAo": "feedback",
    "Shallow": "feedback",
    "Network": "network",
    "Rate": "neurons",
    "SnnTorch": "neurons",
    "StochasticBinary": "neurons",
    "BCM": "plasticity",
    "Direct": "plasticity",
    "Eligibility": "plasticity",
    "Oja": "plasticity",
    "Outer": "plasticity",
    "PlasticityRule": "plasticity",
    "Post": "plasticity",
    "RoughThreeFactor": "plasticity",
    "STDP": "plasticity",
    "ThreeFactor": "plasticity",
    "Probe": "recording",
    "Window": "recording",
    "Constant": "simulation.schedules",
    "Piecewise": "simulation.schedules",
    "StepDecay": "simulation.schedules",
    "WarmUpAnneal": "simulation.schedules",
    "Simulation": "simulation.simulation",
    "Stopped": "simulation.interrupts",
    "ExampleStimulus": "stimulus",
    "FunctionStimulus": "stimulus",
    "ImageStimulus": "stimulus",
    "Stimulus": "stimulus",
    "Dense": "synapses",
    "LocallyConnected": "synapses",
    "Masked": "synapses",
}
_MODULES = (
    "analysis",
    "datasets",
    "experiments",
    "feedback",
    "models",
    "plasticity",
    "recording",
    "testing",
)

__all__ = ["SpikefaError", "open", *_WHERE, *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"spikefa.{name}")
    if name == "open":
        return import_module("spikefa.recording").open_recording
    if name in _WHERE:
        return getattr(import_module(f"spikefa.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'spikefa' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
