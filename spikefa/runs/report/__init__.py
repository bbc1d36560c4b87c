"""A run as one HTML page that needs nothing else."""

from spikefa.runs.report.page import report_page, write_report

__all__ = ["report_page", "write_report"]
