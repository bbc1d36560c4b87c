"""The command of a run that takes a second or two, and how to start it."""

import subprocess
import sys

SMALL = (
    "run lillicrap2016.fig4 --dataset digits --device cpu --train-images 120 --test-images 40 "
    "--hidden 20 --hidden-layers 2 --outputs 20 --batch-size 10 --learning-rate 1e-2 "
    "--feedback-scale 0.5"
).split()

FIGURES = ["alignment", "fig4", "learning", "rates", "receptive_fields"]


def run_cli(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "spikefa", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=600,
        **options,
    )
