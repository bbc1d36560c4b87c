"""Ctrl-C, and going on from what was saved."""

import json
import signal
import subprocess
import sys
import time

import pytest
import torch

import spikefa as sf
from spikefa.cli import main
from tests.helpers.small_run import RESUME, SMALL


@pytest.mark.slow
def test_ctrl_c_then_resume_equals_the_whole_run(tmp_path):
    long = [*SMALL, "--epochs", "4", "--train-images", "1400"]
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    process = subprocess.Popen(
        [sys.executable, "-m", "spikefa", *long, "--out", str(stopped)],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 300
    while not (stopped / "metrics.csv").exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 130, said
    assert f"--resume {stopped}" in said
    assert "Traceback" not in said
    assert not (stopped / "summary.json").exists()

    assert main([*RESUME, str(stopped)]) == 0
    assert main([*long, "--out", str(whole)]) == 0
    a, b = (torch.load(run / "checkpoint.pt", weights_only=True) for run in (whole, stopped))
    for part in ("tensors", "generators"):
        assert all(torch.equal(tensor, b[part][name]) for name, tensor in a[part].items())

    with sf.open(whole / "recording.h5") as one, sf.open(stopped / "recording.h5") as other:
        for population in ("hidden1", "output"):
            assert (one.raster(population) == other.raster(population)).all()
        assert (one.stimulus == other.stimulus).all()


def test_resuming_with_more_epochs_goes_on(copied):
    command = [*RESUME, str(copied), "--epochs", "3"]
    assert main(command) == 0
    assert json.loads((copied / "summary.json").read_text())["epochs"] == 3


def test_resuming_with_another_setting_is_refused(copied, said):
    arguments = ["run", "lillicrap2016.fig4", "--resume", copied, "--hidden", "30"]
    assert "has --hidden 20, 30 given" in said(*arguments)


@pytest.mark.parametrize("length", [0, 100, 20_000])
def test_resuming_from_a_truncated_checkpoint(copied, said, length):
    checkpoint = copied / "checkpoint.pt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:length])
    line = said("run", "lillicrap2016.fig4", "--resume", copied, "--epochs", "3")
    assert "checkpoint.pt" in line
