"""Updates a second of rate networks, beside plain torch."""

import torch

from spikefa.bench.rate import PLAIN, PlainNetwork, _examples, time_rate


def test_replicas_are_timed_beside_plain_torch():
    sizes = (5, 4, 3)
    rows = list(time_rate(torch.device("cpu"), 2, sizes, (1, 3), updates=2, repetitions=2))
    assert [(row.what, row.replicas) for row in rows] == [
        (PLAIN, 1),
        ("FA, eager", 1),
        ("FA, eager", 3),
        ("backprop, eager", 1),
        ("backprop, eager", 3),
    ]
    assert all(len(row.milliseconds) == 2 and row.times_plain > 0 for row in rows)
    assert "3 replicas, batch 2" in str(rows[2])


def test_the_plain_network_descends_its_loss():
    plain = PlainNetwork((5, 4, 3), _examples((5, 4, 3), 20), torch.device("cpu"), 20)
    before = float(plain.loss(plain.inputs, plain.targets).detach())
    for _ in range(300):
        plain.update()
    assert float(plain.loss(plain.inputs, plain.targets).detach()) < before
