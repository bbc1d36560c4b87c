"""One line for every mistake of whoever types the command."""

from pathlib import Path

import pytest
import torch

from tests.helpers.small_run import SMALL


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["run", "nosuch"],
            "no experiment called 'nosuch': there is bellec2020.patterns, chu2024.eq11",
        ),
        ([], "required: COMMAND"),
        (["dance"], "there is no 'dance': choose run, sweep, list"),
        ([*SMALL, "--hidden", "many"], "--hidden is 'many': give a whole number from 1 to 10,000,"),
        ([*SMALL, "--hidden", "20", "x"], "--hidden is [20, 'x']: give a whole number from 1 to"),
        ([*SMALL, "--hidden", "20", "0"], "--hidden[1] is 0: give a whole number from 1 to"),
        (
            [*SMALL, "--hidden", "20", "10", "--hidden-layers", "3"],
            "--hidden gives 2 hidden layers, --hidden-layers 3: leave out the second, or give as",
        ),
        (
            [*SMALL, "--phi-delta", "relu"],
            "--phi-delta is 'relu': give identity, tanh, logistic or",
        ),
        ([*SMALL, "--gated", "maybe"], "--gated is 'maybe': give true or false"),
        ([*SMALL, "--device", "abacus"], "--device is 'abacus': give cpu, cuda or auto"),
        (
            [*SMALL, "--feedback.tau", "x"],
            "--feedback.tau is 'x': give a number above 0, at most 1",
        ),
        ([*SMALL, "--config", "absent.yaml"], "absent.yaml"),
        ([*SMALL, "--hidden", "0"], "--hidden is 0: give a whole number from 1 to"),
        ([*SMALL, "--hidden", "-3"], "--hidden is -3: give"),
        ([*SMALL, "--hidden-layers", "0"], "--hidden-layers is 0"),
        ([*SMALL, "--outputs", "15"], "multiple of 10"),
        ([*SMALL, "--batch-size", "0"], "batch"),
        ([*SMALL, "--epochs", "0"], "epochs"),
        ([*SMALL, "--steps-per-image", "0"], "step"),
        ([*SMALL, "--learning-rate", "0"], "--learning-rate is 0.0: give a number above 0"),
        ([*SMALL, "--learning-rate", "-0.001"], "--learning-rate is -0.001: give"),
        ([*SMALL, "--learning-rate", "[1e-3,1e-3]"], "2 learning rates for 3 projections"),
        ([*SMALL, "--feedback-scale", "[0.1,0]"], "--feedback-scale[1] is 0.0: give"),
        ([*SMALL, "--weight-decay", "2"], "decay"),
        ([*SMALL, "--tau", "0"], "tau"),
        ([*SMALL, "--train-images", "0"], "train"),
        ([*SMALL, "--train-images", "100000"], "1438"),
        ([*SMALL, "--validation-images", "5000"], "hold out"),
        ([*SMALL, "--resume", "absent"], "absent holds no run"),
        (["inspect", "absent"], "there is no absent"),
        (["raster", "absent"], "no recording absent"),
        (["figure", "absent"], "absent holds no run"),
        (["fetch", "imagenet"], "imagenet"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, message, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message.lower() in said(*arguments).lower()
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_cuda_asked_for_and_absent(said, tmp_path):
    line = said(*SMALL, "--device", "cuda", "--out", tmp_path / "run")
    assert "no CUDA device on this machine" in line


def test_a_run_is_never_overwritten(copied, said):
    before = {p: p.read_bytes() for p in copied.rglob("*") if p.is_file()}
    line = said(*SMALL, "--out", copied)
    assert f"{copied} holds a run already" in line
    assert "--resume" in line
    assert before == {p: p.read_bytes() for p in copied.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    "content",
    [
        b"hiden: 3",
        b"hidden: [",
        b"- 1",
        b"\x00\x01\xff",
        b"hidden: !!python/object/apply:os.mkdir ['pwned']",
    ],
)
def test_a_bad_config_file(content, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_bytes(content)
    said(*SMALL, "--config", "bad.yaml")
    assert [file.name for file in tmp_path.iterdir()] == ["bad.yaml"]


def test_a_file_where_the_folder_should_be(tmp_path, said):
    (tmp_path / "file").write_text("mine")
    line = said(*SMALL, "--out", tmp_path / "file")
    assert "cannot write" in line
    assert (tmp_path / "file").read_text() == "mine"


def test_options_that_are_no_settings_are_answered_in_words_too(said):
    assert "--figures is 'maybe': give true or false" in said(*SMALL, "--figures", "maybe")
    line = said(*SMALL, "--progress", "lgo")
    assert "--progress is 'lgo' (did you mean 'log'?): give auto, bar, log or none" in line
