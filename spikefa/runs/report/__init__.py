"""The report of a run: one self-contained HTML page."""

from spikefa.runs.report.page import report_page, write_report

__all__ = ["report_page", "write_report"]
