"""What reads weights of whole networks serves shared ones, or says why it does not."""

from functools import partial

import pytest
import torch

import spikefa as sf
from spikefa.analysis.delta_angles import delta_angles
from spikefa.analysis.expected_gradient import expected_modulators
from spikefa.datasets import Images
from spikefa.errors import SpikefaError
from spikefa.runs.trained import _inputs
from spikefa.simulation.checkpoint import load_checkpoint
from tests.backends.test_shared_weights import images, network


def test_a_nir_file_is_refused(tmp_path):
    with pytest.raises(SpikefaError, match="'conv1' share their weights, and spikefa writes"):
        sf.nir.write(network(), tmp_path / "net.nir")
    assert not list(tmp_path.iterdir())


def test_the_expected_gradient_is_refused():
    net = network()
    with pytest.raises(SpikefaError, match="'conv1' share theirs: see delta_angles"):
        expected_modulators(net, net.state(2), torch.zeros(2, 4))


def test_the_angles_of_deltas_are_not():
    shown = images()
    assert isinstance(shown, Images)
    exact = delta_angles(network("Backprop"), shown, steps=3)
    assert all(angle == pytest.approx(0, abs=1e-3) for angle in exact.values())
    assert set(delta_angles(network(), shown, steps=3)) == {"conv1", "conv2"}


def test_a_checkpoint_tells_the_number_of_inputs(tmp_path):
    """The weights of a convolution have a row for each pixel of the kernel, not for each input."""
    stimulus = sf.ImageStimulus(images(), steps=2)
    path = tmp_path / "checkpoint.pt"
    sf.Simulation(network(), stimulus, batch_size=2).save(path)
    assert _inputs(load_checkpoint(path), path) == 36


def test_a_connection_beside_the_chain_may_be_a_convolution():
    image = sf.Convolution((1, 3, 3), 1, 3, padding=1)
    again = sf.Connection("hidden", "hidden", synapses=partial(sf.Conv, convolution=image), delay=1)
    net = sf.Network(
        9,
        {"hidden": sf.Rate(9, "tanh"), "output": sf.Rate(2)},
        sf.FA(tau=1.0),
        sf.ThreeFactor(0.1),
        connections=[again],
    )
    net.initialise(0)
    state = net.state(2)
    for _ in range(3):
        net.step(state, torch.ones(2, 9), torch.ones(2, 2))
    projection = net.projections[again.name]
    assert projection.weight.shape == (9, 1)
    assert projection.weight.any()
    assert not projection.bias.any()
