"""Many runs of one experiment: grids and searches, in a folder that several workers share."""

from spikefa.runs.sweeps.plan import Plan
from spikefa.runs.sweeps.sweep import Sweep
from spikefa.runs.sweeps.working import work

__all__ = ["Plan", "Sweep", "work"]
