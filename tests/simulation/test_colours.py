"""Networks that learn images in colours: what they see, what is recorded, and what is drawn."""

from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.analysis import triggered_images
from spikefa.cli import main
from spikefa.datasets import Dataset, Images
from spikefa.recording import Always, Probe, open_recording
from tests.helpers.small_cifar import write


def images(count, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 3, 4, 5), dtype=np.uint8)
    return Images(pixels, (np.arange(count) % 2).astype(np.uint8), n_classes=2)


DATA = Dataset("colours", images(12, 0), images(6, 1))


def test_a_convolution_sees_colours_as_channels():
    """As torch's own sees the images [n, 3, height, width]."""
    shape = sf.Convolution((DATA.channels, *DATA.shape), channels=2, kernel_size=3)
    net = sf.Network(
        DATA.n_inputs,
        {"conv": sf.Rate(shape.n_post, "linear"), "output": sf.Rate(2, "linear")},
        sf.FA(0.5, tau=1.0),
        sf.ThreeFactor(1e-3),
        synapses={"conv": partial(sf.Conv, convolution=shape)},
    )
    encoding = sf.Graded.standardising(DATA.train)
    simulation = sf.Simulation(
        net, DATA, steps_per_image=1, encoding=encoding, batch_size=4, seed=0, progress=False
    )
    bias = net.synapses["conv"].bias.clone()
    kernel = net.synapses["conv"].kernel.clone()
    for _ in simulation.present():
        pass
    shown = simulation.runner.stimulus_state.items
    pixels = torch.from_numpy(DATA.train.pixels)[shown].double() / 255
    mean, scale = (torch.tensor(each).view(3, 1, 1) for each in (encoding.shift, encoding.scale))
    seen = (pixels - mean) * scale
    found = torch.nn.functional.conv2d(seen, kernel.double())
    found += bias.double().view(1, -1, 1, 1) if bias.numel() == 2 else bias.view(found.shape[1:])
    given = simulation.runner.state.populations[0].spikes
    torch.testing.assert_close(given.double(), found.flatten(1), atol=1e-5, rtol=1e-5)


def test_recordings_keep_pictures_in_grey(tmp_path):
    net = sf.Network(
        DATA.n_inputs,
        {"hidden1": sf.StochasticBinary(6), "output": sf.StochasticBinary(4)},
        sf.FA(0.5),
        sf.ThreeFactor(1e-2),
    )
    path = tmp_path / "r.h5"
    moved = sf.CropAndFlip(DATA.shape, crop=1)
    with sf.Simulation(net, DATA, batch_size=1, progress=False, augmentation=moved) as simulation:
        probes = [Probe(name, "spikes", "all") for name in ("input", "hidden1", "output")]
        simulation.record(path, probes, Always())
        simulation.train(1)
    with open_recording(path) as recording:
        assert sorted(recording.images) == list(range(12))
        for number, picture in recording.images.items():
            expected = np.round(DATA.train.pixels[number].mean(0))
            np.testing.assert_array_equal(picture, expected)
        assert recording.raster("input").shape == (60, 60)
        assert triggered_images(recording, "hidden1").average.shape == (6, 4, 5)
        whole = triggered_images(recording, "hidden1", images=DATA.train.pixels)
        assert whole.average.shape == (6, 3, 4, 5)
        sf.analysis.save_figure(sf.analysis.raster_figure(recording), tmp_path / "raster.png")
    assert (tmp_path / "raster.png").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_the_command_learns_cifar_by_its_name(name, tmp_path, monkeypatch, capsys):
    """With all its figures, and tests the network it has learned."""
    monkeypatch.setenv("SPIKEFA_DATA", str(tmp_path / "data"))
    write(tmp_path / "data" / name, name, count=20)
    run = tmp_path / "run"
    size = "--hidden 6 --hidden-layers 2 --outputs 200 --batch-size 5 --epochs 1 --device cpu"
    command = ["run", "lillicrap2016.fig4", "--dataset", name, *size.split()]
    assert main([*command, "--out", str(run)]) == 0
    drawn = {path.stem for path in run.rglob("*.png")}
    assert {"fig4", "receptive_fields"} <= drawn
    assert main(["test", str(run)]) == 0
    assert main(["report", str(run)]) == 0
    assert "20 images" in capsys.readouterr().out
