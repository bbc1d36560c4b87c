"""``spikefa compare RUN...``: a table of runs, their curves in a picture, and both on a page."""

import argparse

from spikefa.runs.several.comparing import Comparison, table_of
from spikefa.runs.several.finding import find_runs
from spikefa.runs.several.stored import read_runs


def execute(given: argparse.Namespace) -> None:
    """Print the table, and write the page and the picture."""
    if given.table:
        print(table_of(read_runs(find_runs(given.runs))))
        return
    comparison = Comparison.of(given.runs, given.out, given.force)
    print(table_of(comparison.runs), end="\n\n")
    for file in comparison.write():
        print(f"wrote {file}")
