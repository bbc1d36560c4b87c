"""``spikefa raster PATH``: draw the spikes of a recording."""

import argparse

from spikefa.runs.pictures import draw_raster


def execute(given: argparse.Namespace) -> None:
    """Draw the raster and print the name of the file."""
    names = None if given.population is None else given.population.split(",")
    chosen = (given.units, given.steps, given.out, given.force, given.by_class)
    out = draw_raster(given.path, names, *chosen)
    print(f"wrote {out}")
