"""What is written for TensorBoard, read back as TensorBoard reads it."""

import csv
import sys
from importlib import import_module

import numpy as np
import pytest
import torch

from spikefa.cli import main
from spikefa.errors import SpikefaError
from spikefa.runs.tensorboard import TensorBoard
from tests.helpers.shown_runs import simulation
from tests.helpers.small_run import DRAWN, SMALL

pytestmark = pytest.mark.slow

RUN = [*DRAWN, "--tensorboard", "--validation-images", "30"]


def read(folder):
    pytest.importorskip("tensorboard")
    reading = import_module("tensorboard.backend.event_processing.event_accumulator")
    sizes = dict.fromkeys(("scalars", "histograms", "images"), 0)
    # Not hiding what a restarted run repeats.
    return reading.EventAccumulator(str(folder), sizes, purge_orphaned_data=False).Reload()


def scalars(folder):
    held = read(folder)
    return {
        tag: [(event.step, event.value) for event in held.Scalars(tag)]
        for tag in held.Tags()["scalars"]
    }


@pytest.fixture(scope="module")
def resumed(tmp_path_factory):
    """A run of two epochs that went on to three."""
    out = tmp_path_factory.mktemp("board") / "run"
    assert main([*RUN, "--epochs", "2", "--out", str(out)]) == 0
    before = scalars(out / "tensorboard")
    assert main(["run", "lillicrap2016.fig4", "--resume", str(out), "--epochs", "3"]) == 0
    return out, before


def test_every_metric_is_there_once_for_each_epoch_also_after_resuming(resumed):
    out, before = resumed
    found = scalars(out / "tensorboard")
    with open(out / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(found) == len(rows[0])
    for name in rows[0]:
        (tag,) = [each for each in found if name in (each.replace("/", "_"), each[4:])]
        assert [step for step, _ in found[tag]] == [1, 2, 3], tag
        expected = [float(row[name]) for row in rows]
        np.testing.assert_allclose([value for _, value in found[tag]], expected, rtol=1e-6)
        assert found[tag][:2] == before[tag]


def test_weights_and_figure_4_are_there(resumed):
    out, _ = resumed
    held = read(out / "tensorboard")
    saved = torch.load(out / "checkpoint.pt", weights_only=True)["tensors"]
    for name in ("hidden1", "hidden2", "output"):
        events = held.Histograms(f"weights/{name}/weight")
        assert [event.step for event in events] == [1, 2, 3]
        (weight,) = [t for key, t in saved.items() if key.endswith(f"synapses.{name}.weight")]
        last = events[-1].histogram_value
        assert last.num == weight.numel()
        assert last.min == pytest.approx(float(weight.min()))
        assert last.max == pytest.approx(float(weight.max()))
        assert last.sum == pytest.approx(float(weight.double().sum()), rel=1e-4, abs=1e-4)
    images = held.Images("fig4")
    assert [image.step for image in images] == [2, 3]
    assert min(images[-1].width, images[-1].height) > 300


def test_what_a_killed_process_left_is_completed(tmp_path):
    folder = tmp_path / "board"
    sim = simulation()
    sim.train(2)
    TensorBoard(folder).write(sim)
    (file,) = folder.iterdir()
    whole = scalars(folder)
    file.write_bytes(file.read_bytes()[:400])
    cut = scalars(folder)
    assert cut != whole
    board = TensorBoard(folder)
    board.write(sim)
    board.write(sim)
    TensorBoard(folder).write(sim)
    assert scalars(folder) == whole


def test_weights_within_an_epoch_are_not_those_after_the_last_one(tmp_path):
    sim = simulation()
    sim.train(1)
    for _ in sim.present():
        pass
    TensorBoard(tmp_path).write(sim)
    assert read(tmp_path).Tags()["histograms"] == []


@pytest.mark.parametrize("missing", ["torch.utils.tensorboard", "tensorboard"])
def test_without_the_package_there_is_a_sentence_before_the_run(
    tmp_path, monkeypatch, capsys, missing
):
    for name in [each for each in sys.modules if each.startswith("torch.utils.tensorboard")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    assert main([*RUN, "--out", str(tmp_path / "run")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "pip install 'spikefa[tensorboard]', or leave --tensorboard out" in line
    assert not (tmp_path / "run").exists()
    with pytest.raises(SpikefaError, match="tensorboard"):
        TensorBoard(tmp_path / "board")


def test_nothing_is_imported_or_written_without_the_option(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert main([*SMALL, "--epochs", "1", "--out", str(tmp_path / "run")]) == 0
    assert not (tmp_path / "run" / "tensorboard").exists()
