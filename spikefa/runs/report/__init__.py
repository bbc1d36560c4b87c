"""The report of a run: one self-contained HTML page."""

from spikefa.runs.report.document import write_page
from spikefa.runs.report.page import report_body, report_page

__all__ = ["report_body", "report_page", "write_page"]
