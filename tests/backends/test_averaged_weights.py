"""A test that has other weights in place for a while leaves no trace in a backend."""

import pytest

import spikefa as sf
from tests.helpers.fused_pairs import DEVICE

BACKENDS = ["eager", "deferred", "deferred-reads-fp16", "fused-deferred", "fused-deferred-fp16"]

pytestmark = pytest.mark.usefixtures("triton")


def simulation(tiny, backend):
    network = sf.Network(
        12,
        {"hidden1": sf.StochasticBinary(8), "output": sf.StochasticBinary(4)},
        sf.KP(),
        sf.ThreeFactor(1e-1),
        device=DEVICE,
    )
    options = {"batch_size": 2, "seed": 4, "progress": False, "backend": backend}
    return sf.Simulation(network, tiny, average_epochs=1.0, **options)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_training_goes_on_with_its_own_weights(backend, tiny):
    plain, tested = simulation(tiny, backend), simulation(tiny, backend)
    for _ in range(3):
        plain.learn(2)
        tested.learn(2)
        tested.test()
    for name, each in plain.tensors().items():
        assert each.equal(tested.tensors()[name]), name
