"""What experiments measured: result files, and the page that compares them with the papers."""

from spikefa.results.findings import Claim, Findings, Quantity
from spikefa.results.study import Study
from spikefa.results.table import Table

__all__ = ["Claim", "Findings", "Quantity", "Study", "Table"]
