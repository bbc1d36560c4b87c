"""The tables of the feedback strategies, cell by cell, on the embedded digits."""

import math
from importlib import import_module

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.cli import main
from spikefa.experiments.strategies._mnist import Training, classify, network
from spikefa.runs.studies.file import read_result
from spikefa.runs.studies.grid import chosen
from spikefa.runs.studies.page import add_run, build_page
from spikefa.runs.studies.targets import TARGETS

DIGITS = ["--dataset", "digits", "--batch", "20", "--epochs", "3"]
FEW = {
    "t2": ("tanh-200-s1", "relu-200-s2"),
    "t3": ("sigmoid-200-s3", "tanh-200-s1"),
    "t4": ("DFA-B4", "FA-B4"),
    "fig6": ("BP-128", "s2-128"),
}
SMALLER = {"t4": ["--width", "50"]}
CELLS = {"t2": 27, "t3": 27, "t4": 14, "fig6": 10}


def ran(name, out, cells, *more):
    arguments = [*DIGITS, *SMALLER.get(name, []), "--cells", cells, "--out", str(out)]
    assert main(["run", f"strategies.{name}", *arguments, *more]) == 0
    return read_result(out / "result.json")


def with_values(result):
    return [cell["text"] for cell in result["quantities"] if cell["values"]]


@pytest.mark.slow
@pytest.mark.parametrize("name", FEW)
def test_cells_are_run_alone_and_the_page_says_how_many(name, tmp_path):
    first, _ = FEW[name]
    result = ran(name, tmp_path / "run", first)
    assert len(result["quantities"]) == CELLS[name]
    assert len(with_values(result)) == 1
    assert result["settings"]["cells"] == first
    add_run(tmp_path / "run", tmp_path / "results")
    page = build_page(tmp_path / "results")
    assert f"1 of {CELLS[name]} cells run, " in page
    assert f"1 of {len(TARGETS)} have been run, 1 of them in part." in page
    assert page.count("| not run | 0 |") == CELLS[name] - 1


@pytest.mark.slow
@pytest.mark.parametrize("name", FEW)
def test_cells_are_added_to_a_run(name, tmp_path):
    first, second = FEW[name]
    out = tmp_path / "run"
    ran(name, out, first)
    when = (out / "repeats" / f"seed0-{first}.npz").stat().st_mtime_ns
    assert main(["run", f"strategies.{name}", "--resume", str(out), "--cells", second]) == 0
    result = read_result(out / "result.json")
    assert len(with_values(result)) == 2
    assert set(result["settings"]["cells"].split(",")) == {first, second}
    assert (out / "repeats" / f"seed0-{first}.npz").stat().st_mtime_ns == when
    assert (out / "figures" / f"{name}.png").stat().st_size > 5000


def test_a_cell_that_is_none_is_refused(tmp_path, said):
    out = tmp_path / "run"
    line = said("run", "strategies.t2", "--cells", "tanh-300-s1", "--out", out)
    assert "no cell 'tanh-300-s1' (did you mean 'tanh-200-s1', " in line
    assert "there is tanh-200-s1, tanh-200-s2" in line
    assert not out.exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="is about machines without a GPU")
def test_a_device_that_is_not_there_is_refused_at_once(tmp_path, said):
    out = tmp_path / "run"
    assert "no CUDA device" in said("run", "strategies.t2", "--device", "cuda", "--out", out)
    assert not out.exists()


def test_cells_are_given_by_name():
    assert chosen("all", ("a", "b")) == ["a", "b"]
    assert chosen("c, a", ("a", "b", "c")) == ["a", "c"]
    for given in ("", "a,", "A"):
        with pytest.raises(sf.SpikefaError, match="no cell"):
            chosen(given, ("a", "b"))


@pytest.mark.parametrize("name", ["t2", "t3"])
def test_the_tables_are_those_of_the_paper(name):
    paper = import_module(f"spikefa.experiments.strategies.{name}").PAPER
    assert len(paper) == 27
    assert (min(paper.values()), max(paper.values())) == {"t2": (1.95, 2.75), "t3": (1.66, 2.77)}[
        name
    ]
    assert paper["relu-200-s3"] == {"t2": 2.75, "t3": 2.67}[name]


def test_first_weights_and_biases_are_those_of_the_paper():
    settings = Training(device="cpu")
    net = network(settings, (784, 400, 400, 10), sf.DFA(0.5, tau=1.0), "tanh", "softmax", 0)
    for synapses, (below, above) in zip(
        net.synapses.values(), [(784, 400), (400, 400), (400, 10)], strict=True
    ):
        assert synapses.weight.abs().max() <= math.sqrt(6 / (below + above))
        deviation = math.sqrt(2 / (below + above))
        assert synapses.weight.std() == pytest.approx(deviation, rel=0.05)
    biases = torch.cat([synapses.bias for synapses in net.synapses.values()])
    assert biases.std() == pytest.approx(1, abs=0.1)
    assert biases.mean() == pytest.approx(0, abs=0.15)
    assert not torch.equal(*[net.synapses[name].bias for name in ("hidden1", "hidden2")])


def test_it_learns_and_validation_images_stand_in_for_the_test_set():
    settings = Training(dataset="digits", epochs=5, batch=20, rate=1e-2)
    found = classify(settings, "unit", 50, sf.Mixed("s1", scale=0.5, tau=1.0), "tanh", 0)
    assert found["test_error"][0] > 70
    assert found["test_error"][-1] < 15
    held_out = Training(dataset="digits", epochs=5, batch=20, rate=1e-2, validation_images=300)
    other = classify(held_out, "unit", 50, sf.Mixed("s1", scale=0.5, tau=1.0), "tanh", 0)
    assert not np.array_equal(found["test_error"], other["test_error"])
    assert other["test_error"][-1] * 3 == pytest.approx(round(other["test_error"][-1] * 3))


def test_ones_deliver_nothing_of_the_errors_of_a_softmax():
    """Why B1 and B7 are the same with DFA: the errors of one-hot targets sum to 0."""
    settings = Training(dataset="digits", epochs=2, batch=20)
    ones, noise = (
        classify(settings, "unit", 50, sf.DFA(1.0, gated=True, tau=1.0, matrix=matrix), "tanh", 0)[
            "test_error"
        ]
        for matrix in ("B1", "B7")
    )
    assert ones == pytest.approx(noise, abs=0.5)
