"""Plasticity rules: what a synapse does with what it can see."""

from spikefa.plasticity.base import Direct, Outer, PlasticityRule, PlasticityState, Post
from spikefa.plasticity.bcm import BCM
from spikefa.plasticity.e_prop import EProp
from spikefa.plasticity.eligibility import Eligibility
from spikefa.plasticity.homeostatic import Homeostatic
from spikefa.plasticity.low_pass_traces import LowPassTraces
from spikefa.plasticity.oja import Oja
from spikefa.plasticity.rough import RoughThreeFactor
from spikefa.plasticity.rules import Rules
from spikefa.plasticity.s_tllr import STLLR
from spikefa.plasticity.stdp import STDP
from spikefa.plasticity.three_factor import ThreeFactor

__all__ = [
    "BCM",
    "STDP",
    "STLLR",
    "Direct",
    "EProp",
    "Eligibility",
    "Homeostatic",
    "LowPassTraces",
    "Oja",
    "Outer",
    "PlasticityRule",
    "PlasticityState",
    "Post",
    "RoughThreeFactor",
    "Rules",
    "ThreeFactor",
]
