"""Runs that are killed at any moment can be resumed, and end as if they had not been."""

import csv

import pytest
import torch

import spikefa as sf
from tests.helpers.processes import run_python

KILL = """
import sys
from dataclasses import replace
from tests.helpers.killed_runs import SHORT, main
main(int(sys.argv[1]), replace(SHORT, record=sys.argv[2] == "True"))
"""


def rows(run):
    """The metrics without the time that they took."""
    with open(run / "metrics.csv", newline="") as file:
        return [{**row, "wall_seconds": ""} for row in csv.DictReader(file)]


def check_same(whole, run):
    one, other = (torch.load(each / "checkpoint.pt", weights_only=True) for each in (whole, run))
    assert one["presentation"] == other["presentation"]
    for part in ("tensors", "generators"):
        for name, tensor in one[part].items():
            assert torch.equal(tensor, other[part][name]), name
    assert rows(run) == rows(whole)
    assert len(rows(run)) == 4
    assert (run / "config.yaml").read_text() == (whole / "config.yaml").read_text()
    names = {path.name for path in whole.iterdir()}
    assert {path.name for path in run.iterdir()} == names, "something is left or missing"
    if "recording.h5" in names:
        with sf.open(whole / "recording.h5") as a, sf.open(run / "recording.h5") as b:
            assert (a.raster("hidden1") == b.raster("hidden1")).all()
            assert (a.trace("output", "potential") == b.trace("output", "potential")).all()
            assert (a.steps == b.steps).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kills", "record"), [(100, False), pytest.param(1000, True, marks=pytest.mark.long)]
)
def test_killed_runs_end_as_the_whole_one(kills, record, tmp_path):
    done = run_python(KILL, kills, record, cwd=tmp_path, timeout=3600)
    assert done.returncode == 0, done.stderr[-2000:]
    runs = [line.split() for line in done.stdout.splitlines() if line.startswith("run")]
    assert sum(int(killed) for _, killed in runs) == kills
    for name, _ in runs:
        check_same(tmp_path / "whole", tmp_path / name)
