"""``spikefa test`` and ``spikefa weights``: the trained network of a run, on other images."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

import spikefa as sf
from spikefa.cli import main
from tests.helpers.small_run import RESUME, SMALL

FIG4 = SMALL[:2]


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def column(rows, name):
    return np.array([int(row[name]) for row in rows])


@pytest.fixture(scope="module")
def replicas(tmp_path_factory):
    out = tmp_path_factory.mktemp("cli") / "replicas"
    words = [*SMALL, "--epochs", "1", "--replicas", "2", "--record", "false", "--out", str(out)]
    assert main(words) == 0
    return out


def test_the_own_test_images_give_the_errors_of_the_run(finished, tmp_path, capsys):
    out = tmp_path / "guesses.csv"
    assert main(["test", str(finished), "--out", str(out)]) == 0
    summary = json.loads((finished / "summary.json").read_text())
    rows = table(out)
    labels = sf.datasets.digits().test.labels[:40]
    np.testing.assert_array_equal(column(rows, "label"), labels)
    assert column(rows, "image").tolist() == list(range(40))
    for guess, name in (("last", ""), ("summed", "_summed")):
        wrong = 100 * np.mean(column(rows, f"guess_{guess}") != labels)
        assert wrong == pytest.approx(summary[f"test_error_percent{name}"])
    said = capsys.readouterr().out
    assert f"test images: {summary['test_error_percent']:.2f} % error from the last step" in said
    assert f"wrote {out}" in said


def test_the_validation_images_give_the_last_error_of_the_metrics(finished, tmp_path):
    out = tmp_path / "guesses.csv"
    assert main(["test", str(finished), "--split", "validation", "--out", str(out)]) == 0
    rows = table(out)
    assert len(rows) == 30
    wrong = 100 * np.mean(column(rows, "guess_last") != column(rows, "label"))
    (*_, last) = table(finished / "metrics.csv")
    assert wrong == pytest.approx(float(last["validation_error_percent"]), abs=1e-4)


def test_replicas_have_their_lines_one_after_the_other(replicas, tmp_path, capsys):
    out, picture = tmp_path / "guesses.csv", tmp_path / "confusion.png"
    assert main(["test", str(replicas), "--out", str(out), "--confusion", str(picture)]) == 0
    rows, summary = table(out), json.loads((replicas / "summary.json").read_text())
    assert [row["seed"] for row in rows] == ["0"] * 40 + ["1"] * 40
    for number, own in enumerate(summary["replicas"]):
        part = rows[40 * number : 40 * (number + 1)]
        wrong = 100 * np.mean(column(part, "guess_summed") != column(part, "label"))
        assert wrong == pytest.approx(own["test_error_percent_summed"])
    assert "mean ± sd of 2 replicas" in capsys.readouterr().out
    assert Image.open(picture).size[0] > 100


def write(path, n=30, side=8, classes=10):
    random = np.random.default_rng(3)
    content = {}
    for split in ("train", "test"):
        content[f"{split}_images"] = random.integers(0, 256, (n, side, side), dtype=np.uint8)
        content[f"{split}_labels"] = np.arange(n) % classes
    np.savez(path, **content)
    return path


def test_other_images_are_tested_whole(finished, tmp_path):
    """The run used 40 test images of its own; that is no limit for others."""
    out, data = tmp_path / "guesses.csv", write(tmp_path / "other.npz", n=50)
    assert main(["test", str(finished), "--dataset", str(data), "--out", str(out)]) == 0
    assert len(table(out)) == 50


def test_images_of_fewer_classes_fit(finished, tmp_path):
    data = write(tmp_path / "few.npz", classes=3)
    assert main(["test", str(finished), "--dataset", str(data)]) == 0


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        ({"side": 9}, "images of 9 x 9 pixels, 81 inputs, and the network of"),
        ({"classes": 12}, "learned 10 classes: give images of classes 0 to 9"),
    ],
)
def test_images_that_do_not_fit(finished, tmp_path, shape, why, said):
    assert why in said("test", finished, "--dataset", write(tmp_path / "other.npz", **shape))


def test_what_cannot_be_tested(finished, replicas, tmp_path, said):
    assert "has no validation images" in said("test", replicas, "--split", "validation")
    assert "holds no run" in said("test", tmp_path)
    (tmp_path / "guesses.csv").write_text("mine")
    refused = said("test", finished, "--out", tmp_path / "guesses.csv")
    assert "exists: give another name with --out, or --force" in refused
    assert (tmp_path / "guesses.csv").read_text() == "mine"
    assert "end the name in" in said("test", finished, "--confusion", tmp_path / "a.xyz")


def test_a_study_keeps_no_network(finished, tmp_path, said):
    (tmp_path / "config.yaml").write_text("# spikefa run chu2024.eq11 --config THIS\nquick: true\n")
    assert "has no checkpoint.pt: test a run" in said("test", tmp_path)
    (tmp_path / "checkpoint.pt").write_bytes((finished / "checkpoint.pt").read_bytes())
    assert "keeps no trained network" in said("weights", tmp_path)


def test_a_damaged_checkpoint_is_one_line(copied, said):
    content = (copied / "checkpoint.pt").read_bytes()
    (copied / "checkpoint.pt").write_bytes(content[: len(content) // 2])
    assert "checkpoint.pt" in said("test", copied)


def test_code_of_strangers_does_not_run(copied, tmp_path, said):
    """The rule is needed to rebuild the network, so the run must be trusted."""
    (tmp_path / "mine.py").write_text("print('RAN')\nimport spikefa as sf\n")
    config = copied / "config.yaml"
    named = f"{tmp_path}/mine.py:Rule"
    config.write_text(config.read_text().replace("class: ThreeFactor", f"class: {named}"))
    for command in ("test", "weights"):
        assert f"{named}, which {config} names as --rule, was not run here" in said(command, copied)


def test_weights_of_a_run_begin_another(finished, tmp_path, said, capsys):
    """Frozen from the first step, the new run gives the very errors of the old one."""
    path = tmp_path / "w.safetensors"
    assert main(["weights", str(finished), "--out", str(path)]) == 0
    assert f"wrote {path}" in capsys.readouterr().out
    assert "exists" in said("weights", finished, "--out", path)
    out = tmp_path / "next"
    still = ["--learning-rate", "1e-12", "--weight-decay", "0", "--epochs", "1", "--out", str(out)]
    assert main([*SMALL, *still, "--weights", str(path), "--record", "false"]) == 0
    before = json.loads((finished / "summary.json").read_text())
    after = json.loads((out / "summary.json").read_text())
    assert after["test_error_percent"] == before["test_error_percent"]
    assert after["alignment_degrees"] == pytest.approx(before["alignment_degrees"], abs=1e-4)
    path.unlink()
    assert main([*RESUME, str(out), "--epochs", "2"]) == 0, "the file is not needed again"


def test_another_circuit_takes_the_forward_weights_alone(finished, tmp_path, said):
    path = tmp_path / "w.safetensors"
    assert main(["weights", str(finished), "--out", str(path)]) == 0
    words = [*SMALL, "--epochs", "1", "--feedback", "DFA", "--record", "false", "--weights", path]
    out = tmp_path / "next"
    refused = said(*words, "--out", out)
    assert "(--weights-feedback false)" in refused
    assert not out.exists()
    again = [*map(str, words), "--weights-feedback", "false", "--out", str(out)]
    assert main(again) == 0
    assert "of no use without --weights" in said(*SMALL, "--weights-feedback", "false")
