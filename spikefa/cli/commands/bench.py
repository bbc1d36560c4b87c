"""``spikefa bench``: measure how long things take."""

import argparse

from spikefa.bench.command import bench
from spikefa.utils.devices import choose_device, enough_memory
from spikefa.utils.showing import showing


def execute(given: argparse.Namespace) -> None:
    """Run the benchmark, which prints its numbers."""
    with showing(given.progress), enough_memory():
        bench(given.what, choose_device(given.device), given.batch_size, given.json, given.quick)
