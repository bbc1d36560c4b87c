"""The spiking convolutions of the engine and of snnTorch are the same architecture, and learn."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.experiments.comparison import spiking_convolutions
from spikefa.experiments.comparison._bptt import Bptt
from spikefa.experiments.comparison._convolutional import CELLS, Settings, modules, spiking_network
from spikefa.models.snntorch_layers import SpikingLayers

SHAPE = 1, 16, 16
SMALL = Settings(first_channels=4, second_channels=6, hidden=20, outputs=10)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A file of ten blots, of which each image is one with some pixels inverted."""
    random = np.random.default_rng(0)
    blots = random.random((10, 4, 4)).repeat(4, 1).repeat(4, 2) < 0.4
    found = {}
    for name, count in (("train", 600), ("test", 100)):
        labels = np.arange(count) % 10
        inverted = random.random((count, 16, 16)) < 0.03
        found[f"{name}_images"] = 255 * (blots[labels] ^ inverted).astype(np.uint8)
        found[f"{name}_labels"] = labels
    path = tmp_path_factory.mktemp("images") / "blots.npz"
    np.savez(path, **found)
    return path


def test_both_networks_have_the_same_neurons_and_weights():
    network = spiking_network(SHAPE, SMALL, sf.PFAo(), (1e-3,) * 4, seed=0)
    own = list(network.synapses.values())
    for drive, synapses in zip(modules(SHAPE, SMALL), own, strict=True):
        weight, bias = drive.parameters()
        assert (weight.numel(), bias.numel()) == (synapses.weight.numel(), synapses.bias.numel())
        assert drive(torch.zeros(2, synapses.n_pre)).shape == (2, synapses.n_post)


def test_with_the_same_kernels_both_drive_the_neurons_alike():
    network = spiking_network(SHAPE, SMALL, sf.PFAo(), (1e-3,) * 4, seed=0)
    for drive, synapses in zip(modules(SHAPE, SMALL)[:2], network.synapses.values(), strict=False):
        kernel = drive[1]
        with torch.no_grad():
            kernel.weight.copy_(synapses.kernel)
            kernel.bias.copy_(synapses.bias)
        spikes = (torch.rand(3, synapses.n_pre, generator=torch.manual_seed(1)) < 0.3).float()
        out = torch.empty(3, synapses.n_post)
        synapses.drive(spikes, out)
        torch.testing.assert_close(out, drive(spikes).detach(), rtol=1e-4, atol=1e-4)


def test_convolutions_begin_with_biases_that_silence_empty_places():
    network = spiking_network(SHAPE, SMALL, sf.FA(), (1e-3,) * 4, seed=0)
    biases = [float(each.bias.mean()) for each in network.synapses.values()]
    assert biases == [SMALL.convolved_bias, SMALL.convolved_bias, 0.0, 0.0]


def test_bptt_is_tested_for_as_many_steps_as_is_said(images):
    """It was tested for those of the training, and the evidence said 20."""
    data, seen = sf.datasets.load(str(images)), set()

    class Counting(SpikingLayers):
        def forward(self, steps):
            seen.add(len(steps))
            return super().forward(steps)

    def make():
        return Counting(modules(SHAPE, SMALL), beta=0.9, threshold=1.0)

    bptt = Bptt(make, SMALL.outputs, 1e-3, data, 10, 0, torch.device("cpu"), 5.0, n_steps=3)
    bptt.errors(data.test, steps=7)
    assert seen == {7}
    bptt.errors(data.test)
    assert seen == {7, 3}


@pytest.mark.slow
def test_every_cell_learns(images, tmp_path):
    settings = Settings(
        dataset=str(images),
        validation_images=100,
        first_channels=8,
        second_channels=16,
        hidden=60,
        outputs=50,
        epochs=5,
        batch=10,
        rate=10.0,
        test_steps=10,
        repeats=1,
        adam_rate=1e-2,
    )
    run = spiking_convolutions.EXPERIMENT.run(settings, tmp_path / "run", figures=False)
    for cell in CELLS:
        found = np.load(run.path / "repeats" / f"seed0-{cell}.npz")
        assert found["validation"].shape == found["epochs"].shape == (5,)
        assert found["summed"] < 45, cell  # 90 is chance
