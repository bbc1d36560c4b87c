"""``spikefa list``: the experiments, or the classes that can be plugged into them."""

import argparse

from spikefa.cli.parser import SEAM_OF
from spikefa.plugins.classes import SEAMS, Seam, describe
from spikefa.runs.catalogue import experiment_names, summary_line


def execute(given: argparse.Namespace) -> None:
    """Print a line for each experiment or class."""
    if given.what == "experiments":
        _print_experiments()
    else:
        _print_classes(SEAMS[SEAM_OF[given.what]])


def _print_experiments() -> None:
    for name in experiment_names():
        print(f"{name:24} {summary_line(name)}")
    print(f"\nwhat can be plugged in: {', '.join(f'spikefa list {kind}' for kind in SEAMS)}")


def _print_classes(seam: Seam) -> None:
    lines = describe(seam)
    width = max(len(name) for name, _ in lines)
    for name, text in lines:
        print(f"{name:{width}}  {text}")
