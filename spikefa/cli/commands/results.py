"""``spikefa results``: build the page that compares results with the papers."""

import argparse

from spikefa.runs.studies.page import add_run, write_page


def execute(given: argparse.Namespace) -> None:
    """Copy the result of a run to the others if one was given; write the page."""
    if given.add is not None:
        print(f"wrote {add_run(given.add, given.folder)}")
    print(f"wrote {write_page(given.folder)}")
