"""Simulations: a network learns from its stimulus, is tested, recorded, saved and resumed."""

from spikefa.simulation.costs import Changes, Costs, Operations
from spikefa.simulation.evaluation import Evaluation, evaluate
from spikefa.simulation.interrupts import Stopped
from spikefa.simulation.schedules import Constant, Piecewise, StepDecay, WarmUpAnneal
from spikefa.simulation.simulation import Simulation

__all__ = [
    "Changes",
    "Constant",
    "Costs",
    "Evaluation",
    "Operations",
    "Piecewise",
    "Simulation",
    "StepDecay",
    "Stopped",
    "WarmUpAnneal",
    "evaluate",
]
