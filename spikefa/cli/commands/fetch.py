"""``spikefa fetch DATASET``: download a data set and verify its checksums."""

import argparse

from spikefa.datasets import fetch


def execute(given: argparse.Namespace) -> None:
    """Fetch the data set and print its folder."""
    print(fetch(given.dataset, given.data_dir))
