"""``spikefa animate PATH``: write an animation of a recording."""

import argparse

from spikefa.runs.pictures import draw_animation
from spikefa.utils.showing import showing


def execute(given: argparse.Namespace) -> None:
    """Write the animation and print the name of the file."""
    names = None if given.population is None else given.population.split(",")
    with showing(given.progress):
        out = draw_animation(
            given.path,
            names,
            given.units,
            given.steps,
            given.images,
            given.steps_per_second,
            given.out,
            given.force,
        )
    print(f"wrote {out}")
