"""Updates of a residual network, beside plain torch."""

import torch

from spikefa.bench.residual import CIRCUITS, PLAIN, time_residual


def test_every_circuit_is_timed_beside_plain_torch():
    rows = list(time_residual(torch.device("cpu"), 2, (1, 8, 8), (2, 4), 1, repetitions=2))
    assert [row.what for row in rows] == [PLAIN, *CIRCUITS]
    assert rows[0].times_plain == 1
    assert all(len(row.milliseconds) == 2 and row.times_plain > 0 for row in rows)
    assert "times plain torch + autograd" in str(rows[-1])
