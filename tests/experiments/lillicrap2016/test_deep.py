"""Deep networks on digits, house numbers and sounds, cell by cell, shrunk; data that is missing."""

import numpy as np
import pytest
import torch
from scipy.io import savemat

import spikefa as sf
from spikefa.cli import main
from spikefa.datasets.examples import classification
from spikefa.datasets.svhn import svhn
from spikefa.datasets.timit import timit_stops
from spikefa.experiments.lillicrap2016._deep import Cell, TrainingSettings, deep_simulation
from spikefa.experiments.lillicrap2016.n5 import CELLS
from spikefa.runs.studies.file import read_result

SHORT = ["--fast", "1", "--medium", "1", "--slow", "0", "--shrink", "100", "--repeats", "1"]
FEW = ["--train-images", "200", "--test-images", "100", "--device", "cpu"]


def ran(name, out, *more):
    assert main(["run", f"lillicrap2016.{name}", *SHORT, "--out", str(out), *more]) == 0
    return read_result(out / "result.json")


@pytest.mark.slow
def test_cells_of_note_5_are_run_alone_and_others_added(tmp_path, data_dir):
    out = tmp_path / "run"
    result = ran("n5", out, *FEW, "--cells", "fa", "--data-dir", str(data_dir))
    errors = [each for each in result["quantities"] if each["text"].startswith("test error")]
    assert [len(quantity["values"]) for quantity in errors].count(1) == 1
    assert len(errors) == len(CELLS)
    (claim,) = result["claims"]
    assert not claim["holds"]
    assert "FA" in claim["evidence"]
    more = ["--resume", str(out), "--cells", "backprop,dropout"]
    assert main(["run", "lillicrap2016.n5", *more]) == 0
    result = read_result(out / "result.json")
    assert result["settings"]["cells"] == "backprop,fa,dropout"
    assert len(result["claims"]) == 3


def test_distortions_and_fields_run(tmp_path, data_dir):
    cell = ["--cells", "distorted", "--data-dir", str(data_dir)]
    result = ran("n5", tmp_path / "run", *cell, "--train-images", "40", "--test-images", "20")
    told, steps = [quantity for quantity in result["quantities"] if quantity["values"]]
    assert told["text"] == "test error, FA, elastic distortions"
    assert told["paper"] == 0.5
    assert steps["text"] == "largest overshoot, FA, elastic distortions"
    assert steps["mean"] > 0


def test_autoencoders_run(tmp_path, data_dir):
    cells = ["--cells", "narrow_fa,narrow_backprop", "--data-dir", str(data_dir)]
    result = ran("n9", tmp_path / "run", *FEW, *cells)
    assert len(result["claims"]) == 1
    assert (tmp_path / "run" / "figures" / "n9.png").stat().st_size > 5000


def test_the_first_and_the_last_epochs_are_slower():
    settings = TrainingSettings(warmup=1, fast=2, medium=1, slow=1)
    assert settings.learning_rate_factors == [0.1, 1.0, 1.0, 0.1, 0.01]


@pytest.mark.parametrize("name", ["n5", "n6", "n7", "n9"])
def test_a_cell_that_is_none_is_refused(name, tmp_path, said):
    line = said("run", f"lillicrap2016.{name}", "--cells", "fa,none", "--out", tmp_path / "run")
    assert "no cell" in line


def test_photographs_are_asked_for_before_anything_runs(tmp_path, said):
    out = tmp_path / "run"
    line = said("run", "lillicrap2016.n5", "--cells", "fa,back_fa", "--out", out)
    assert "--photographs FOLDER" in line
    assert not out.exists()


def test_data_that_is_missing_is_named_with_how_to_get_it(tmp_path, said):
    where = ["--data-dir", tmp_path]
    line = said("run", "lillicrap2016.n6", "--out", tmp_path / "a", *where)
    assert "train_32x32.mat" in line
    assert "housenumbers" in line
    line = said("run", "lillicrap2016.n7", "--out", tmp_path / "b", *where)
    assert "stops.npz" in line
    assert "LDC93S1" in line


@pytest.fixture
def houses(tmp_path):
    """Files like those of SVHN: the brighter half says which of two digits it is, 10 being 0."""
    random = np.random.default_rng(0)
    folder = tmp_path / "svhn"
    folder.mkdir()
    for file, count in (("train", 60), ("extra", 20), ("test", 30)):
        labels = random.choice([10, 1], count)
        pixels = random.integers(0, 100, (32, 32, 3, count))
        pixels[:16, :, :, labels == 1] += 120
        content = {"X": pixels.astype(np.uint8), "y": labels[:, None].astype(np.uint8)}
        savemat(folder / f"{file}_32x32.mat", content)
    return tmp_path


def test_house_numbers_are_read_grey_with_the_digit_0_as_0(houses):
    data = svhn(houses)
    assert data.train.pixels.shape == (80, 32, 32)
    assert set(data.test.labels.tolist()) == {0, 1}
    from scipy.io import loadmat

    raw = loadmat(houses / "svhn" / "train_32x32.mat")
    colours, labels = raw["X"], raw["y"].ravel()
    for number in (0, 7, 59):
        grey = np.round(colours[:, :, :, number].mean(2)).astype(np.uint8)
        assert np.array_equal(data.train.pixels[number], grey)
        assert data.train.labels[number] == labels[number] % 10
    assert len(svhn(houses, extra=False).train) == 60


def test_house_numbers_that_are_damaged_are_told(houses):
    (houses / "svhn" / "test_32x32.mat").write_bytes(b"<html>")
    with pytest.raises(sf.SpikefaError, match=r"test_32x32\.mat.*download it again"):
        svhn(houses)


@pytest.mark.slow
def test_note_6_learns_house_numbers(houses, tmp_path):
    more = ["--cells", "all", "--batch", "10", "--fast", "6", "--data-dir", str(houses)]
    result = ran("n6", tmp_path / "run", *more)
    dense, local, _ = (quantity["mean"] for quantity in result["quantities"])
    assert max(dense, local) < 30
    assert len(result["claims"]) == 2


@pytest.fixture
def stops(tmp_path):
    random = np.random.default_rng(0)
    centres = random.normal(size=(6, 39))
    arrays = {}
    for split, count in (("train", 300), ("test", 120)):
        labels = random.integers(0, 6, count)
        arrays[f"{split}_labels"] = labels
        arrays[f"{split}_inputs"] = 5 + 3 * (
            centres[labels] + 0.3 * random.normal(size=(count, 39))
        )
    np.savez(tmp_path / "stops.npz", **arrays)
    return tmp_path


def test_note_7_learns_sounds(stops, tmp_path):
    train, tests = timit_stops(stops)
    assert float(train.inputs.mean(0).abs().max()) < 1e-5
    assert tests.targets.unique().tolist() == pytest.approx([-0.9, 0.9])
    more = ["--batch", "10", "--fast", "6", "--shrink", "20", "--data-dir", str(stops)]
    result = ran("n7", tmp_path / "run", *more)
    assert all(quantity["mean"] < 30 for quantity in result["quantities"])


def test_sounds_of_another_shape_are_told(stops):
    np.savez(stops / "stops.npz", train_inputs=np.zeros((3, 39)))
    with pytest.raises(sf.SpikefaError, match="LDC93S1"):
        timit_stops(stops)


def test_scales_are_such_that_the_error_keeps_its_size(tiny):
    """In hidden layers, for a gain of 1: from ten thousand neurons down to each below."""
    cell = Cell("", 0.0, (300, 400, 500))
    train = classification(tiny.train, low=-0.9, high=0.9)
    settings = TrainingSettings(feedback_gain=0.5, device="cpu")
    simulation = deep_simulation(cell, settings, train, train, 0)
    for synapses in simulation.network.synapses.values():
        largest = (3 / synapses.n_pre) ** 0.5
        assert float(synapses.weight.abs().max()) == pytest.approx(largest, rel=0.1)
    error = torch.randn(500, 400 + 100, generator=torch.Generator().manual_seed(0))
    b1, b2, b3 = simulation.network.feedback.layer_matrices()
    assert float((error @ b2).std()) == pytest.approx(1, rel=0.1)
    assert float((error[:, :400] @ b1).std()) == pytest.approx(1, rel=0.1)
    assert float(b3.abs().max()) == pytest.approx(0.5 * 1.5**0.5, rel=0.05)
    assert simulation.network.rules.rates() == [1e-4] * 4
