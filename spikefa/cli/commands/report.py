"""``spikefa report RUN...``: write one HTML page about each run, or one about all of them."""

import argparse

from spikefa.runs.pictures import draw_report
from spikefa.runs.several.comparing import write_reports
from spikefa.runs.several.finding import find_runs


def execute(given: argparse.Namespace) -> None:
    """Write the reports and print the names of the files."""
    runs = find_runs(given.runs)
    if len(runs) > 1 and given.out is not None:
        print(f"wrote {write_reports(given.runs, given.out, given.force)}")
        return
    for run in runs:
        print(f"wrote {draw_report(run.path, given.out, given.force)}")
