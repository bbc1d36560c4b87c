"""The path of PFA without its extra populations is that of PFA with them."""

from functools import partial

import pytest
import torch

import spikefa as sf
from spikefa.experiments.li2024._path import ProductPath
from spikefa.experiments.li2024._training import Settings, circuits, network_of
from spikefa.models import rate_network

SIZES, BATCH = (7, 6, 5, 4), 8
SGD = partial(torch.optim.SGD, momentum=0.9)


def learned(circuit, updates=40):
    rule = sf.ThreeFactor(0.01, weight_decay=0.02)
    network = rate_network(SIZES, circuit, rule, "relu", "softmax", 0.6, optimiser=SGD)
    network.initialise(4)
    state, source = network.state(BATCH), torch.Generator().manual_seed(1)
    for _ in range(updates):
        x = torch.randn(BATCH, SIZES[0], generator=source, dtype=torch.float64)
        target = torch.eye(4, dtype=torch.float64)[torch.randint(4, (BATCH,), generator=source)]
        network.step(state, x, target)
    return network


@pytest.mark.parametrize("kind", [sf.PFA, sf.PFAo])
def test_the_path_alone_is_the_circuit_but_for_rounding(kind):
    make = partial(kind, 3, scale=[0.5, 0.4], tau=1.0, momentum=0.9)
    whole, path = learned(make()), learned(ProductPath(make()))
    for name, synapses in whole.synapses.items():
        other = path.synapses[name]
        torch.testing.assert_close(synapses.weight, other.weight, rtol=0, atol=1e-12)
        torch.testing.assert_close(synapses.bias, other.bias, rtol=0, atol=1e-12)
    for one, other in zip(whole.feedback.paths(), path.feedback.matrices, strict=True):
        torch.testing.assert_close(one(), other, rtol=0, atol=1e-12)
    assert whole.alignment() == pytest.approx(path.alignment())


def test_the_networks_of_figure_2_start_alike_and_as_the_paper_says():
    settings = Settings(device="cpu")
    made = {name: network_of(settings, circuit, 0) for name, circuit in circuits(settings).items()}
    first = made["bp"].synapses["hidden2"].weight
    assert first.std().item() == pytest.approx((2 / 1024) ** 0.5, rel=0.01)
    for network in made.values():
        assert network.synapses["hidden2"].weight.equal(first)
    extra = made["pfa"].feedback.circuit
    assert [fixed.shape for fixed in extra.fixed] == [(512, 5120), (10, 100)]
    assert extra.plastic_matrices[0].std().item() == pytest.approx((2 / 5632) ** 0.5, rel=0.01)
    assert made["sf"].feedback.scales == pytest.approx([(2 / 1024) ** 0.5, (2 / 522) ** 0.5])
    assert made["fa"].feedback.matrices[1].std().item() == pytest.approx((2 / 522) ** 0.5, rel=0.05)
