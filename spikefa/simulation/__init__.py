"""Simulations: a network learns from its stimulus, is tested, recorded, saved and resumed."""

from spikefa.simulation.evaluation import Evaluation, evaluate
from spikefa.simulation.interrupts import Stopped
from spikefa.simulation.schedules import Constant, Piecewise, StepDecay, WarmUpAnneal
from spikefa.simulation.simulation import Simulation

__all__ = [
    "Constant",
    "Evaluation",
    "Piecewise",
    "Simulation",
    "StepDecay",
    "Stopped",
    "WarmUpAnneal",
    "evaluate",
]
