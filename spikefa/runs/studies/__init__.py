"""Studies: experiments repeated over seeds, the claims of the paper, and the page of results."""

from spikefa.runs.studies.claims import Claim, Measures, Quantity, full_version, spread
from spikefa.runs.studies.grid import CellRuns, Runs
from spikefa.runs.studies.study import WITHOUT_BACKEND, Study

__all__ = [
    "WITHOUT_BACKEND",
    "CellRuns",
    "Claim",
    "Measures",
    "Quantity",
    "Runs",
    "Study",
    "full_version",
    "spread",
]
