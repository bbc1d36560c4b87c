"""Replicas relative to a single network."""

import torch

from spikefa.bench.replicas import time_replicas


def test_replicas_are_compared_with_one_network():
    rows = list(time_replicas(torch.device("cpu"), (1, 3), counts=(1, 4), repetitions=2))
    assert [(row.batch, row.replicas) for row in rows] == [(1, 1), (1, 4), (3, 1), (3, 4)]
    assert all(len(row.milliseconds) == 2 and row.times_one > 0 for row in rows)
    assert "4 replicas, batch   3" in str(rows[-1])
