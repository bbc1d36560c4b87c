"""What experiments measured: result files, and the page that compares them with the papers."""

from spikefa.runs.results.findings import Claim, Findings, Quantity
from spikefa.runs.results.study import Study
from spikefa.runs.results.table import Table

__all__ = ["Claim", "Findings", "Quantity", "Study", "Table"]
