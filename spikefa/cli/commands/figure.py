"""``spikefa figure DIRECTORY``: draw the figures of a run again."""

import argparse

from spikefa.runs.directory import RunDirectory
from spikefa.runs.loading import load_experiment


def execute(given: argparse.Namespace) -> None:
    """Draw the figures of the run's experiment and print the names of the files."""
    run = RunDirectory.open(given.directory)
    for file in load_experiment(run.experiment).draw(run):
        print(f"wrote {file}")
