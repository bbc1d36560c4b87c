"""``spikefa compare RUN...``: a table of runs, their curves in a picture, and both on a page."""

import argparse

from spikefa.runs.several.comparing import Comparison


def execute(given: argparse.Namespace) -> None:
    """Print the table, and write the page and the picture."""
    comparison = Comparison.of(given.runs, given.out, given.force)
    print(comparison.text(), end="\n\n")
    for file in comparison.write():
        print(f"wrote {file}")
