"""``spikefa report DIRECTORY``: write one HTML page about a run."""

import argparse

from spikefa.runs.pictures import draw_report


def execute(given: argparse.Namespace) -> None:
    """Write the report and print the name of the file."""
    print(f"wrote {draw_report(given.directory, given.out, given.force)}")
