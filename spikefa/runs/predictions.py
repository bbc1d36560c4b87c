"""Predictions as a CSV file: what a network took every image for."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spikefa.stimulus.predictions import Predictions
from spikefa.utils.files import written_whole

COLUMNS = ("image", "label", "guess_last", "guess_summed")


def write_predictions(path: Path, found: Predictions, seeds: Sequence[int]) -> None:
    """Write a line for each image: its number, its class and the guesses, completely or not at all.

    Parameters
    ----------
    path : Path
    found : Predictions
    seeds : sequence of int
        Of replicas, whose lines come one after the other and begin with the seed.
    """
    replicas = found.last.ndim > 1
    last, summed = np.atleast_2d(found.last), np.atleast_2d(found.summed)
    with written_whole(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(["seed"] if replicas else []), *COLUMNS])
        for number in range(len(last)):
            columns = range(len(found)), found.labels, last[number], summed[number]
            for row in zip(*columns, strict=True):
                writer.writerow([*([seeds[number]] if replicas else []), *map(int, row)])
