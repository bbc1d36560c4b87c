"""Figure 4 with the options that make it generalise, from the command line."""

import json

import pytest
import torch

from spikefa.cli import main
from spikefa.experiments.lillicrap2016._fig4_generalising import augmentation_of, dropout_of
from spikefa.experiments.lillicrap2016.fig4 import Settings, complete
from spikefa.simulation.checkpoint import load_checkpoint
from spikefa.stimulus import Distortion, InOrder, InputDropout, InputNoise

RUN = ["run", "lillicrap2016.fig4"]
SMALL = (
    "--device cpu --dataset digits --train-images 120 --test-images 60 --hidden 12 "
    "--hidden-layers 1 --outputs 20 --batch-size 10 --epochs 1 --learning-rate 1e-2 "
    "--feedback-scale 0.5 --record false --figures false --threads 1"
).split()
OPTIONS = (
    "--dropout 0.2 --input-dropout 0.1 --input-noise 0.05 --label-smoothing 0.1 --rotation 10 "
    "--scaling 0.1 --shear 0.05 --shift 1 --elastic 3 --smoothness 1.5 --average-epochs 0.5 "
    "--test-steps 9"
).split()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "run"
    assert main([*RUN, *SMALL, *OPTIONS, "--out", str(out)]) == 0
    return out


def test_the_run_is_tested_as_it_tested_itself(finished, tmp_path):
    """With the mean of the weights, weaker inputs and longer presentations."""
    out = tmp_path / "predictions.csv"
    assert main(["test", str(finished), "--out", str(out)]) == 0
    rows = out.read_text().splitlines()
    summary = json.loads((finished / "summary.json").read_text())
    columns = rows[0].split(",")
    label, guess = columns.index("label"), columns.index("guess_summed")
    cells = [row.split(",") for row in rows[1:]]
    wrong = sum(row[label] != row[guess] for row in cells)
    assert summary["test_error_percent_summed"] == pytest.approx(100 * wrong / len(cells))


def test_its_weights_are_those_that_it_was_tested_with(finished, tmp_path):
    safetensors = pytest.importorskip("safetensors.torch")
    out = tmp_path / "weights.safetensors"
    assert main(["weights", str(finished), "--out", str(out)]) == 0
    found = safetensors.load_file(out)["synapses.hidden1.weight"]
    saved = load_checkpoint(finished / "checkpoint.pt").tensors
    assert torch.equal(found, saved["average.mean.synapses.hidden1.weight"])
    assert not torch.equal(found, saved["network.synapses.hidden1.weight"])


def test_it_goes_on_with_longer_tests_and_nothing_else(finished, tmp_path, capsys):
    out = tmp_path / "run"
    assert main([*RUN, *SMALL, *OPTIONS, "--out", str(out)]) == 0
    assert main([*RUN, "--resume", str(out), "--epochs", "2", "--test-steps", "3"]) == 0
    assert json.loads((out / "summary.json").read_text())["epochs"] == 2
    assert main([*RUN, "--resume", str(out), "--epochs", "3", "--dropout", "0.3"]) == 2
    assert "--dropout 0.2, 0.3 given" in capsys.readouterr().err


def test_options_become_parts_of_the_simulation():
    none = complete(Settings())
    assert augmentation_of(none, (8, 8)) is None
    assert dropout_of(none) is None
    settings = complete(Settings(rotation=10.0, elastic=3.0, input_noise=0.1, input_dropout=0.2))
    bent = Distortion((8, 8), rotation=10.0, scaling=0.0, strength=3.0)
    expected = InOrder((bent, InputNoise(0.1), InputDropout(0.2)))
    assert augmentation_of(settings, (8, 8)) == expected
    assert dropout_of(complete(Settings(dropout=0.3, dropout_redrawn="step"))).redrawn == "step"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--smoothness", "2"], "--smoothness is of no use without --elastic"),
        (["--dropout-redrawn", "step"], "--dropout-redrawn is of no use without --dropout"),
        (["--rotation", "181"], "rotation"),
        (["--dropout", "1"], "dropout"),
        (["--test-steps", "0"], "test-steps"),
    ],
)
def test_wrong_options_are_refused(options, says, tmp_path, capsys):
    assert main([*RUN, *SMALL, *options, "--out", str(tmp_path / "run")]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
