"""A run goes on with the data that it was begun with, or says that they are others."""

from dataclasses import fields

import numpy as np
import pytest

from spikefa.cli import main
from spikefa.datasets.sources import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS
from spikefa.runs.catalogue import experiment_names
from spikefa.runs.loading import load_experiment

WITH_DATA = [
    name
    for name in experiment_names()
    if {"data_dir", "dataset"} & {each.name for each in fields(load_experiment(name).settings)}
]
SHORT = ["--quick", "--updates", "10", "--looks", "2", "--train", "30", "--test", "10"]


def test_every_experiment_with_data_says_which():
    assert len(WITH_DATA) > 20
    assert not [name for name in WITH_DATA if load_experiment(name).data is None]


def write_mnist(folder, seed):
    """Write images and labels as MNIST has them, but few and random; labels do not change."""
    random = np.random.default_rng(seed)
    folder.mkdir()
    for images, labels, count in (
        (TRAIN_IMAGES, TRAIN_LABELS, 60),
        (TEST_IMAGES, TEST_LABELS, 20),
    ):
        sizes = np.array([count, 28, 28], ">u4").tobytes()
        pixels = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        (folder / images).write_bytes(b"\0\0\x08\x03" + sizes + pixels.tobytes())
        classes = (np.arange(count) % 10).astype(np.uint8)
        (folder / labels).write_bytes(b"\0\0\x08\x01" + sizes[:4] + classes.tobytes())
    return folder


@pytest.fixture
def begun(tmp_path, monkeypatch):
    monkeypatch.setenv("SPIKEFA_DATA", str(write_mnist(tmp_path / "mine", 0)))
    out = tmp_path / "run"
    assert main(["run", "chu2024.eq11", *SHORT, "--out", str(out)]) == 0
    return out


def go_on(out):
    return main(["run", "chu2024.eq11", *SHORT, "--repeats", "3", "--resume", str(out)])


def test_a_study_does_not_go_on_with_other_data_of_the_same_count(
    begun, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SPIKEFA_DATA", str(write_mnist(tmp_path / "other", 1)))
    capsys.readouterr()
    assert go_on(begun) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"the run in {begun} was begun with other data" in said
    assert len(list((begun / "repeats").glob("*.npz"))) == 1


@pytest.mark.slow
def test_the_same_data_may_lie_elsewhere(begun, tmp_path, monkeypatch):
    monkeypatch.setenv("SPIKEFA_DATA", str(write_mnist(tmp_path / "copy", 0)))
    assert go_on(begun) == 0
    assert len(list((begun / "repeats").glob("*.npz"))) == 3


@pytest.mark.slow
def test_damaged_hashes_are_one_line(begun, capsys):
    (begun / "data.json").write_text("[1")
    capsys.readouterr()
    assert go_on(begun) == 2
    assert "data.json is damaged" in capsys.readouterr().err
