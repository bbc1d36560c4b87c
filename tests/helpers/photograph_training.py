"""A small training on photographs, in files or in memory, and what to compare of two."""

import threading
import time

import torch

import spikefa as sf
from tests.helpers.photograph_folder import SIZE

LIMIT = 20.0


def data_of(root, in_memory=False, workers=2, **options):
    return sf.datasets.image_folder(root, SIZE, in_memory=in_memory, workers=workers, **options)


def simulate(data, replicas=None, batch=4, seed=3, device="cpu", **options):
    sizes = {"hidden": 9, "hidden_layers": 1, "outputs": 8, "n_inputs": data.n_inputs}
    network = sf.models.lillicrap2016.spiking_mnist(**sizes, replicas=replicas, device=device)
    options = {"steps_per_image": 2, "progress": False, **options}
    return sf.Simulation(network, data, batch_size=batch, seed=seed, **options)


def threads():
    return [each for each in threading.enumerate() if each.name.startswith("spikefa-worker")]


def wait_for(condition):
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def trained(sim, epochs):
    """Return the history of a training, without the time that it took."""
    rows = sim.train(epochs)
    return [{name: each for name, each in row.items() if name != "wall_seconds"} for row in rows]


def assert_same(one, other):
    a, b = one.tensors(), other.tensors()
    assert set(a) == set(b)
    for name in a:
        assert torch.equal(a[name], b[name]), name
