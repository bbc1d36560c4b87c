"""The matrix products of a step alone."""

import pytest

import spikefa as sf
from spikefa.bench.products import products_alone
from spikefa.bench.steps import time_steps
from tests.helpers.bench_network import network


def test_products_leave_the_network_as_it_is():
    net = network()
    net.initialise(0)
    before = {name: tensor.clone() for name, tensor in net.tensors().items()}
    products_alone(net, 3)()
    assert all(tensor.equal(before[name]) for name, tensor in net.tensors().items())


@pytest.mark.long
def test_a_step_costs_little_more_than_its_matrix_products():
    timing = time_steps(sf.models.lillicrap2016.spiking_mnist(), batch=100, steps=10)
    assert timing.ratio("eager", "products") <= 1.15, str(timing)
