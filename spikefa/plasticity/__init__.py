"""Plasticity rules: what a synapse does with what it can see."""

from spikefa.plasticity.base import Direct, Outer, PlasticityRule, PlasticityState, Post
from spikefa.plasticity.three_factor import ThreeFactor

__all__ = ["Direct", "Outer", "PlasticityRule", "PlasticityState", "Post", "ThreeFactor"]
