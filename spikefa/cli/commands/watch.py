"""``spikefa watch PATH``: a live view of a recording that is being written."""

import argparse
import sys

from spikefa.errors import require
from spikefa.runs.watching.watch import Watch

LONGEST = 3600
"""Seconds between two looks, at most."""


def execute(given: argparse.Namespace) -> None:
    """Show the recording until it ends; away from a terminal print it as it is now."""
    require(
        0 < given.interval <= LONGEST,
        f"--interval is {given.interval}: give seconds above 0, at most {LONGEST}",
    )
    watch = Watch(given.path, given.population)
    if given.once or not sys.stdout.isatty():
        watch.once()
    else:
        watch.live(given.interval)
