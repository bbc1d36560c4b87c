"""``spikefa fetch DATASET``: download a data set and verify its checksums."""

import argparse

from spikefa.datasets import fetch
from spikefa.utils.showing import showing


def execute(given: argparse.Namespace) -> None:
    """Fetch the data set and print its folder."""
    with showing(given.progress):
        print(fetch(given.dataset, given.data_dir))
