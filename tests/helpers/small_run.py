"""The command of a run that takes a second or two, and how to start it."""

import subprocess
import sys

SMALL = (
    "run lillicrap2016.fig4 --dataset digits --device cpu --train-images 120 --test-images 40 "
    "--hidden 20 --hidden-layers 2 --outputs 20 --batch-size 10 --learning-rate 1e-2 "
    "--feedback-scale 0.5 --figures false"
).split()
"""Without figures, which would take four times as long as all the rest."""

SMALLER = (
    "run lillicrap2016.fig4 --dataset digits --device cpu --train-images 40 --test-images 20 "
    "--hidden 8 --hidden-layers 2 --outputs 10 --batch-size 10 --epochs 1 --record false "
    "--figures false"
).split()
"""Of so few images that it learns nothing."""

RESUME = "run lillicrap2016.fig4 --figures false --resume".split()
DRAWN = [*SMALL, "--figures"]
FIGURES = ["alignment", "fig4", "learning", "rates", "receptive_fields"]


def run_cli(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "spikefa", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
        **options,
    )
