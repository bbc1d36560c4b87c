"""Convolutions on every backend: the same numbers, or a reason why not."""

from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.backends import BACKENDS, choose_backend
from spikefa.backends.support import obstacle
from spikefa.datasets import Images
from spikefa.errors import SpikefaError

FIRST = sf.Convolution((1, 6, 6), 4, 3, padding=1, pool=2)
SECOND = sf.Convolution(FIRST.out_shape, 5, 2)
CIRCUITS = {
    "Backprop": sf.Backprop,
    "FA": partial(sf.FA, 0.3),
    "SF": sf.SF,
    "KP": partial(sf.KP, 0.3, momentum=0.5),
    "PFA": partial(sf.PFA, 2.0),
}


def network(circuit="FA", **more):
    net = sf.Network(
        36,
        {
            "conv1": sf.StochasticBinary(FIRST.n_post),
            "conv2": sf.StochasticBinary(SECOND.n_post),
            "output": sf.StochasticBinary(4),
        },
        CIRCUITS[circuit](),
        sf.ThreeFactor(0.02, weight_decay=1e-3),
        synapses={
            "conv1": partial(sf.Conv, convolution=FIRST, scale=0.5),
            "conv2": partial(sf.Conv, convolution=SECOND, scale=0.5),
            "output": partial(sf.Dense, scale=0.5),
        },
        **more,
    )
    net.initialise(3)
    return net


def images():
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (12, 6, 6)).astype(np.uint8)
    return Images(pixels, (np.arange(12) % 2).astype(np.uint8), n_classes=2)


def simulation(circuit, backend, **more):
    stimulus = sf.ImageStimulus(images(), steps=4)
    return sf.Simulation(network(circuit, **more), stimulus, batch_size=2, backend=backend)


@pytest.mark.slow
@pytest.mark.parametrize("circuit", CIRCUITS)
def test_a_graph_learns_what_eager_learns(circuit, captured):
    eager, graph = (simulation(circuit, backend) for backend in ("eager", "graph"))
    for each in (eager, graph):
        each.learn(6)
    assert type(graph.runner.backend).__name__ == "Graph"
    for name, tensor in eager.tensors().items():
        assert tensor.equal(graph.tensors()[name]), name


@pytest.mark.parametrize("replicas", [None, 2])
def test_deferred_changes_shared_weights_at_once(replicas):
    more = {"dtype": torch.float64, "replicas": replicas}
    nets = [simulation("FA", backend, **more) for backend in ("eager", "deferred")]
    for each in nets:
        each.learn(6)
    eager, deferred = (each.network.tensors() for each in nets)
    for name, tensor in eager.items():
        torch.testing.assert_close(deferred[name], tensor, rtol=0, atol=1e-12)


def test_a_run_goes_on_where_it_stopped(tmp_path):
    whole, stopped = simulation("PFA", "eager"), simulation("PFA", "eager")
    whole.learn(8)
    stopped.learn(5)
    stopped.save(tmp_path / "checkpoint.pt")
    again = simulation("PFA", "eager")
    again.restore(tmp_path / "checkpoint.pt")
    again.learn(3)
    for name, tensor in whole.tensors().items():
        assert tensor.equal(again.tensors()[name]), name


@pytest.mark.parametrize(
    "name", [each for each in BACKENDS if each.startswith(("fused", "deferred-"))]
)
def test_the_others_refuse_in_one_line(name):
    reason = obstacle(name, network())
    assert "Conv(n_pre=36, n_post=36" in reason
    assert "\n" not in reason
    with pytest.raises(SpikefaError, match=f"the {name} backend cannot run this network: it has"):
        choose_backend(name, network(), batch=1)


def test_auto_passes_over_the_fused_backend(captured):
    choice = choose_backend("auto", network(), batch=1)
    assert choice.name == "graph"
    assert "fused does not serve it: it has the synapses Conv(" in choice.reason
