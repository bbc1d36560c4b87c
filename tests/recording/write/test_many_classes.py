"""Labels of more than 256 classes take two bytes; those of fewer are stored as they ever were."""

import h5py
import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

import spikefa as sf
from spikefa.analysis.confusion import confusion
from spikefa.analysis.raster_figure import raster_figure
from spikefa.datasets import Dataset, Images
from spikefa.recording import Probe, Window, open_recording
from spikefa.recording.plan.ready_made import ClassShown
from spikefa.recording.plan.triggers import Trigger
from spikefa.recording.write.trim import trim

MANY = 300


def simulation(n_classes, outputs=2 * MANY):
    random = np.random.default_rng(2)
    labels = np.arange(n_classes)[::-1].astype(np.uint8 if n_classes <= 256 else np.uint16)
    pixels = random.integers(0, 256, (n_classes, 2, 3), dtype=np.uint8)
    images = Images(pixels, labels, n_classes=n_classes)
    net = sf.Network(6, {"output": sf.StochasticBinary(outputs)}, sf.FA(0.3), sf.ThreeFactor(0.01))
    return sf.Simulation(net, Dataset("many", images, images), steps_per_image=2, batch_size=3)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A whole epoch of 300 classes, in which every class is shown once."""
    path = tmp_path_factory.mktemp("many") / "run.h5"
    shown = []
    with simulation(MANY) as sim:
        windows = [
            Window("all", 0, 160),
            Trigger(ClassShown(299), before=1, after=2, label="299"),
        ]
        sim.record(path, [Probe("output", "spikes", "all")], windows)
        sim.train(1)
        shown = [int(sim.training.sampler.items_of(p, [0])[0]) for p in range(100)]
    return path, [MANY - 1 - item for item in shown]


def test_what_was_shown_is_what_is_read(recorded):
    path, labels = recorded
    assert max(labels[:80]) > 255
    with open_recording(path) as recording:
        shown = recording.presentations(steps="all")
        np.testing.assert_array_equal(shown.label, labels[:80])
        np.testing.assert_array_equal(recording.stimulus["label"][:160:2], labels[:80])
        fired = recording.firings("299")
        assert recording.populations["output"].n_classes == MANY
        if 299 in labels:
            assert fired.tolist() == [2 * labels.index(299)]


def test_the_confusion_matrix_and_the_raster_cope(recorded):
    path, labels = recorded
    with open_recording(path) as recording:
        spikes = recording.raster("output", steps="all")[1::2].reshape(80, MANY, 2).sum(2)
        guesses = spikes.argmax(1)
        expected = confusion_matrix(labels[:80], guesses, labels=range(MANY))
        np.testing.assert_array_equal(confusion(recording, "all").counts[0], expected)
        assert raster_figure(recording, steps="all") is not None


def test_the_file_says_which_version_can_read_it(recorded, tmp_path):
    with h5py.File(recorded[0]) as file:
        assert file.attrs["spikefa_schema"].decode() == "1.2"
        assert file["/spikefa/stimulus"].dtype["label"] == np.dtype("<u2")
        assert file["/spikefa/presentations/label"].dtype == np.dtype("<u2")
    path = tmp_path / "few.h5"
    with simulation(256, outputs=256) as sim:
        sim.record(path, [Probe("output", "spikes", 3)], Window("w", 0, 10))
        sim.train(1)
    with h5py.File(path) as file:
        assert file.attrs["spikefa_schema"].decode() == "1.1"
        assert file["/spikefa/presentations/label"].dtype == np.dtype("u1")


def test_a_copy_keeps_the_labels(recorded, tmp_path):
    path, labels = recorded
    copy = tmp_path / "copy.h5"
    copy.write_bytes(path.read_bytes())
    trim(copy, 100)
    with open_recording(copy) as recording:
        np.testing.assert_array_equal(recording.presentations().label, labels[:50])
        assert recording.provenance["spikefa_schema"] == "1.2"
