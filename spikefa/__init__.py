"""spikefa: spiking networks whose error is carried back by populations, learning while they run.

Use it as ``import spikefa as sf``. Every public name is an attribute of this module and is imported
when it is first used, so that ``import spikefa`` and ``spikefa --help`` are fast.
"""

import importlib as _importlib
import logging as _logging
import typing as _typing

from spikefa.errors import SpikefaError as SpikefaError

__version__ = "0.1.0"

_logging.getLogger("spikefa").addHandler(_logging.NullHandler())  # silent until asked

_MODULES = (
    "analysis",
    "datasets",
    "distributed",
    "experiments",
    "feedback",
    "models",
    "neurons",
    "nir",
    "plasticity",
    "recording",
    "runs",
    "simulation",
    "stimulus",
    "synapses",
    "testing",
)
_NAMES = {
    "feedback": (
        "Auxiliary Backprop DFA DKP DRTP FA FDFA FeedbackCircuit KP Mixed NodePerturbation "
        "PAL PFA PFAo PseudoBackprop Reward SF Shallow WM"
    ),
    "network": "Connection Network Normalisation load_weights save_weights",
    "neurons": "ALIF Dropout Population Rate Refractory SnnTorch StochasticBinary",
    "plasticity": (
        "BCM Direct EProp Eligibility Homeostatic LowPassTraces Oja Outer PlasticityRule Post "
        "RoughThreeFactor STDP STLLR ThreeFactor"
    ),
    "recording": "Probe Window open",
    "simulation": "Constant Piecewise Simulation StepDecay Stopped WarmUpAnneal",
    "stimulus": (
        "Augmentation CropAndFlip DeltaCode Distortion Encoding EventStimulus ExampleStimulus "
        "FunctionStimulus Graded ImageStimulus InOrder InputDropout InputNoise LatencyCode "
        "RateCode Stimulus StimulusState"
    ),
    "synapses": (
        "Absent AllToAll BatchNorm Bits Bounded Connectivity Constrained Constraint Conv "
        "Convolution Dale Dense Failure LocallyConnected Masked Mismatch Skip Skipping Synapses"
    ),
}
_ORIGIN = {name: module for module, names in _NAMES.items() for name in names.split()}
_ALIASES = {"open": "open_recording"}

__all__ = ["SpikefaError", *_MODULES, *_ORIGIN]

if _typing.TYPE_CHECKING:  # the same names for type checkers and editors, which run nothing
    from spikefa import analysis as analysis
    from spikefa import datasets as datasets
    from spikefa import distributed as distributed
    from spikefa import experiments as experiments
    from spikefa import feedback as feedback
    from spikefa import models as models
    from spikefa import neurons as neurons
    from spikefa import nir as nir
    from spikefa import plasticity as plasticity
    from spikefa import recording as recording
    from spikefa import runs as runs
    from spikefa import simulation as simulation
    from spikefa import stimulus as stimulus
    from spikefa import synapses as synapses
    from spikefa import testing as testing
    from spikefa.feedback import DFA as DFA
    from spikefa.feedback import DKP as DKP
    from spikefa.feedback import DRTP as DRTP
    from spikefa.feedback import FA as FA
    from spikefa.feedback import FDFA as FDFA
    from spikefa.feedback import KP as KP
    from spikefa.feedback import PAL as PAL
    from spikefa.feedback import PFA as PFA
    from spikefa.feedback import SF as SF
    from spikefa.feedback import WM as WM
    from spikefa.feedback import Auxiliary as Auxiliary
    from spikefa.feedback import Backprop as Backprop
    from spikefa.feedback import FeedbackCircuit as FeedbackCircuit
    from spikefa.feedback import Mixed as Mixed
    from spikefa.feedback import NodePerturbation as NodePerturbation
    from spikefa.feedback import PFAo as PFAo
    from spikefa.feedback import PseudoBackprop as PseudoBackprop
    from spikefa.feedback import Reward as Reward
    from spikefa.feedback import Shallow as Shallow
    from spikefa.network import Connection as Connection
    from spikefa.network import Network as Network
    from spikefa.network import Normalisation as Normalisation
    from spikefa.network import load_weights as load_weights
    from spikefa.network import save_weights as save_weights
    from spikefa.neurons import ALIF as ALIF
    from spikefa.neurons import Dropout as Dropout
    from spikefa.neurons import Population as Population
    from spikefa.neurons import Rate as Rate
    from spikefa.neurons import Refractory as Refractory
    from spikefa.neurons import SnnTorch as SnnTorch
    from spikefa.neurons import StochasticBinary as StochasticBinary
    from spikefa.plasticity import BCM as BCM
    from spikefa.plasticity import STDP as STDP
    from spikefa.plasticity import STLLR as STLLR
    from spikefa.plasticity import Direct as Direct
    from spikefa.plasticity import Eligibility as Eligibility
    from spikefa.plasticity import EProp as EProp
    from spikefa.plasticity import Homeostatic as Homeostatic
    from spikefa.plasticity import LowPassTraces as LowPassTraces
    from spikefa.plasticity import Oja as Oja
    from spikefa.plasticity import Outer as Outer
    from spikefa.plasticity import PlasticityRule as PlasticityRule
    from spikefa.plasticity import Post as Post
    from spikefa.plasticity import RoughThreeFactor as RoughThreeFactor
    from spikefa.plasticity import ThreeFactor as ThreeFactor
    from spikefa.recording import Probe as Probe
    from spikefa.recording import Window as Window
    from spikefa.simulation import Constant as Constant
    from spikefa.simulation import Piecewise as Piecewise
    from spikefa.simulation import Simulation as Simulation
    from spikefa.simulation import StepDecay as StepDecay
    from spikefa.simulation import Stopped as Stopped
    from spikefa.simulation import WarmUpAnneal as WarmUpAnneal
    from spikefa.stimulus import Augmentation as Augmentation
    from spikefa.stimulus import CropAndFlip as CropAndFlip
    from spikefa.stimulus import DeltaCode as DeltaCode
    from spikefa.stimulus import Distortion as Distortion
    from spikefa.stimulus import Encoding as Encoding
    from spikefa.stimulus import EventStimulus as EventStimulus
    from spikefa.stimulus import ExampleStimulus as ExampleStimulus
    from spikefa.stimulus import FunctionStimulus as FunctionStimulus
    from spikefa.stimulus import Graded as Graded
    from spikefa.stimulus import ImageStimulus as ImageStimulus
    from spikefa.stimulus import InOrder as InOrder
    from spikefa.stimulus import InputDropout as InputDropout
    from spikefa.stimulus import InputNoise as InputNoise
    from spikefa.stimulus import LatencyCode as LatencyCode
    from spikefa.stimulus import RateCode as RateCode
    from spikefa.stimulus import Stimulus as Stimulus
    from spikefa.stimulus import StimulusState as StimulusState
    from spikefa.synapses import Absent as Absent
    from spikefa.synapses import AllToAll as AllToAll
    from spikefa.synapses import BatchNorm as BatchNorm
    from spikefa.synapses import Bits as Bits
    from spikefa.synapses import Bounded as Bounded
    from spikefa.synapses import Connectivity as Connectivity
    from spikefa.synapses import Constrained as Constrained
    from spikefa.synapses import Constraint as Constraint
    from spikefa.synapses import Conv as Conv
    from spikefa.synapses import Convolution as Convolution
    from spikefa.synapses import Dale as Dale
    from spikefa.synapses import Dense as Dense
    from spikefa.synapses import Failure as Failure
    from spikefa.synapses import LocallyConnected as LocallyConnected
    from spikefa.synapses import Masked as Masked
    from spikefa.synapses import Mismatch as Mismatch
    from spikefa.synapses import Skip as Skip
    from spikefa.synapses import Skipping as Skipping
    from spikefa.synapses import Synapses as Synapses

    open = recording.open_recording
else:

    def __getattr__(name: str) -> object:
        if name in _MODULES:
            return _importlib.import_module(f"spikefa.{name}")
        if name in _ORIGIN:
            module = _importlib.import_module(f"spikefa.{_ORIGIN[name]}")
            return getattr(module, _ALIASES.get(name, name))
        raise AttributeError(f"module 'spikefa' has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted(__all__)
