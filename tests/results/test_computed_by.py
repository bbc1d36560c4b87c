"""A result names the commits that computed its runs, and the one that judged them."""

from dataclasses import dataclass

import numpy as np
import pytest
from matplotlib.figure import Figure

from spikefa.runs.results import repeats
from spikefa.runs.results.file import read_result
from spikefa.runs.results.findings import Claim, Findings, Quantity
from spikefa.runs.results.page import build_page
from spikefa.runs.results.study import Study
from spikefa.runs.results.table import Table

FIRST, SECOND = "a" * 40, "b" * 40


@dataclass(frozen=True)
class Settings:
    repeats: int = 1
    processes: int = 1
    quick: bool = False
    cells: str = "one"


def once(settings, seed, cell=""):
    return {"error": 2.0 + seed}


def judge(settings, runs):
    first = next(iter(runs.values())) if "error" not in runs else runs
    return Findings([Quantity("error", first["error"], "%")], [Claim("learns", True, "it did")])


def picture(settings, runs):
    return Figure()


PARTS = ("L16.fig2", "lillicrap2016.fig2", once, judge, picture, {})
PLAIN, TABLE = Study(*PARTS), Table(*PARTS, cells=("one", "other"))


@pytest.fixture
def at(monkeypatch):
    def commit(version):
        monkeypatch.setattr(repeats, "code_version", lambda: version)

    return commit


@pytest.mark.parametrize(
    ("study", "more"),
    [(PLAIN, Settings(repeats=3)), (TABLE, Settings(cells="other"))],
    ids=["seeds", "cells"],
)
def test_runs_that_are_added_later_are_told_apart(tmp_path, at, study, more):
    at(FIRST)
    study.run(Settings(), tmp_path / "run", None)
    assert read_result(tmp_path / "run" / "result.json")["computed_by"] == [FIRST]
    at(SECOND + "+")
    study.run(more, None, tmp_path / "run")
    assert read_result(tmp_path / "run" / "result.json")["computed_by"] == [FIRST, SECOND + "+"]


def test_the_page_says_so(tmp_path, at):
    at(FIRST)
    PLAIN.run(Settings(), tmp_path / "lillicrap2016.fig2", None)
    told = build_page(tmp_path)
    assert f"computed by commit {FIRST[:10]}, judged by " in told


def test_runs_of_before_are_of_a_commit_that_is_not_known(tmp_path, at):
    at(FIRST)
    folder = tmp_path / "lillicrap2016.fig2"
    PLAIN.run(Settings(), folder, None)
    np.savez(folder / "repeats" / "seed0.npz", error=np.array(2.5), seconds=np.array(1.0))
    PLAIN.run(Settings(repeats=2), None, folder)
    assert read_result(folder / "result.json")["computed_by"] == ["", FIRST]
    assert f"computed by commit {FIRST[:10]} and that is not known, judged" in build_page(tmp_path)
