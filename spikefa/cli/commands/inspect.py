"""``spikefa inspect PATH``: what a run directory or a recording holds."""

import argparse

from spikefa.runs.inspection import inspect


def execute(given: argparse.Namespace) -> None:
    """Print a description of the run or the recording."""
    print(inspect(given.path))
