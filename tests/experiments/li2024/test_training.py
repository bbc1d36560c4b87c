"""The networks of figure 2."""

import pytest

from spikefa.experiments.li2024._training import Settings, circuits, network_of


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
