"""``spikefa inspect PATH...``: what run directories or recordings hold."""

import argparse
from pathlib import Path

from spikefa.analysis.energy import EnergyTable
from spikefa.runs.inspection import inspect
from spikefa.runs.several.finding import find_runs


def execute(given: argparse.Namespace) -> None:
    """Print a description of each run or recording, with an empty line between two."""
    places = [place for path in given.paths for place in _places(path)]
    table = None if given.energy is None else EnergyTable.read(given.energy)
    for number, place in enumerate(places):
        print(("\n" if number else "") + inspect(place, table))


def _places(path: Path) -> list[Path]:
    """Return the runs in a folder of runs, and any other path as it is."""
    return [run.path for run in find_runs([path])] if path.is_dir() else [path]
