"""The user's own data on the command line: as files, folders and functions; checked on resuming."""

from dataclasses import fields

import numpy as np
import pytest
import yaml

from spikefa.cli import main
from spikefa.runs.catalogue import experiment_names
from spikefa.runs.loading import load_experiment
from tests.helpers.small_run import RESUME

FIG4 = ["run", "lillicrap2016.fig4"]
SMALL = (
    "--device cpu --hidden 12 --hidden-layers 1 --outputs 12 --batch-size 5 --epochs 1 "
    "--learning-rate 1e-2 --feedback-scale 0.5 --record false --figures false"
).split()


def write(folder, seed=0, n=15, tests=6):
    """Write three classes of 4 x 4 pixels as a file of arrays; return its path."""
    random = np.random.default_rng(seed)
    content = {}
    for split, count in (("train", n), ("test", tests)):
        labels = np.arange(count) % 3
        pixels = random.integers(0, 90, (count, 4, 4))
        pixels[np.arange(count), labels] += 150
        content |= {f"{split}_images": pixels.astype(np.uint8), f"{split}_labels": labels}
    np.savez(folder / "mine.npz", **content)
    return folder / "mine.npz"


MODULE = """
from dataclasses import fields

import numpy as np
from spikefa.datasets import Dataset, load
print("IMPORTED")
def data():
    return load("PATH")
"""


def config_of(out):
    return yaml.safe_load((out / "config.yaml").read_text())


def test_a_file_by_a_path_from_here(tmp_path, monkeypatch):
    """The run knows where it lies, so that it goes on from any folder."""
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "run"
    assert main([*FIG4, *SMALL, "--dataset", "./mine.npz", "--out", str(out)]) == 0
    assert config_of(out)["dataset"] == str(tmp_path / "mine.npz")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert main([*RESUME, str(out), "--epochs", "2"]) == 0


@pytest.mark.parametrize("seed", [0, 1], ids=["the same", "other"])
def test_a_run_goes_on_with_the_same_data_wherever_it_lies(tmp_path, seed, capsys):
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    out = tmp_path / "run"
    assert main([*FIG4, *SMALL, "--dataset", str(write(before)), "--out", str(out)]) == 0
    capsys.readouterr()
    moved = str(write(after, seed))
    again = main([*RESUME, str(out), "--epochs", "2", "--dataset", moved])
    said = capsys.readouterr().err
    assert again == (2 if seed else 0)
    assert ("was begun with other data" in said) == bool(seed)


def test_test_images_are_compared_too(tmp_path, said):
    out, path = tmp_path / "run", write(tmp_path)
    assert main([*FIG4, *SMALL, "--dataset", str(path), "--out", str(out)]) == 0
    content = dict(np.load(path))
    content["test_images"] = 255 - content["test_images"]
    np.savez(path, **content)
    assert "was begun with other data" in said(*FIG4, "--resume", out, "--epochs", "2")


def test_a_function_is_told_before_it_runs_and_trusted_as_rules_are(tmp_path, capsys, said):
    code = tmp_path / "mine.py"
    code.write_text(MODULE.replace("PATH", str(write(tmp_path))))
    out, named = tmp_path / "run", f"{code}:data"
    assert main([*FIG4, *SMALL, "--dataset", named, "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines.index(f"running {named} as --dataset") < lines.index("IMPORTED")
    assert main([*RESUME, str(out), "--epochs", "2"]) == 0
    capsys.readouterr()
    config = tmp_path / "of others.yaml"
    config.write_text((out / "config.yaml").read_text())
    refused = said(*FIG4, "--config", config, "--out", tmp_path / "two")
    assert f"{named}, which {config} names as --dataset, was not run here before" in refused
    code.write_text(code.read_text() + "\n# changed\n")
    assert "has changed since" in said(*FIG4, "--resume", out, "--epochs", "3")


def test_a_relative_file_of_a_function_is_found_from_any_folder(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(MODULE.replace("PATH", str(write(tmp_path))))
    monkeypatch.chdir(tmp_path)
    assert main([*FIG4, *SMALL, "--dataset", "mine.py:data", "--out", "run"]) == 0
    assert config_of(tmp_path / "run")["dataset"] == f"{tmp_path / 'mine.py'}:data"


def test_selection_is_an_option(tmp_path):
    path, out = write(tmp_path), tmp_path / "run"
    held = ["--validation-images", "6", "--train-images", "6", "--selection", "stratified"]
    assert main([*FIG4, *SMALL, *held, "--dataset", str(path), "--out", str(out)]) == 0
    assert config_of(out)["selection"] == "stratified"


def test_outputs_that_the_classes_cannot_share(tmp_path, said):
    words = [*SMALL, "--outputs", "10", "--dataset", write(tmp_path), "--out", tmp_path / "run"]
    assert "cannot be shared by 3 classes: give a multiple of 3" in said(*FIG4, *words)
    assert not (tmp_path / "run").exists()


OF_EVENTS = ["events.nmnist", "events.shd"]  # see tests/experiments/events
WITH_DATASET = [
    name
    for name in experiment_names()
    if "dataset" in {each.name for each in fields(load_experiment(name).settings)}
    and name not in OF_EVENTS
]


@pytest.mark.parametrize("name", WITH_DATASET)
def test_every_experiment_with_a_data_set_takes_ones_own(name, tmp_path, monkeypatch):
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    experiment = load_experiment(name)
    settings = experiment.completed(experiment.settings(dataset="mine.npz"))
    assert settings.dataset == str(tmp_path / "mine.npz")
    assert (experiment.data(settings).shape, experiment.data(settings).n_classes) == ((4, 4), 3)


def test_a_study_learns_ones_own_data(tmp_path):
    words = "--updates 4 --looks 2 --repeats 1 --first 8 --second 8 --batch 5 --train 15".split()
    out, path = tmp_path / "run", write(tmp_path)
    data = ["--dataset", str(path), "--test", "6"]
    assert main(["run", "chu2024.eq11", *words, *data, "--out", str(out)]) == 0
    write(tmp_path, seed=1)
    again = ["run", "chu2024.eq11", "--resume", str(out), "--repeats", "2"]
    assert main(again) == 2
    write(tmp_path)
    assert main(again) == 0


@pytest.mark.parametrize("name", OF_EVENTS)
def test_experiments_with_spike_trains_take_ones_own(name, tmp_path, monkeypatch):
    arrays = {"times": np.array([0, 4, 2]), "units": np.array([0, 2, 1])}
    arrays |= {"offsets": np.array([0, 2, 3]), "labels": np.array([0, 1])}
    splits = ("train", "test")
    np.savez(
        tmp_path / "mine.npz",
        **{f"{s}_{name}": each for s in splits for name, each in arrays.items()},
    )
    monkeypatch.chdir(tmp_path)
    experiment = load_experiment(name)
    settings = experiment.completed(experiment.settings(dataset="mine.npz"))
    assert settings.dataset == str(tmp_path / "mine.npz")
    data = experiment.data(settings)
    assert (data.n_units, data.n_classes, len(data.train)) == (3, 2, 2)
