"""A result names the commits that computed its runs, and the one that judged them."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from spikefa.errors import SpikefaError
from spikefa.runs.options import bound
from spikefa.runs.settings import Repeated
from spikefa.runs.studies import repeats
from spikefa.runs.studies.claims import Claim, Quantity
from spikefa.runs.studies.file import read_result
from spikefa.runs.studies.page import build_page
from spikefa.runs.studies.study import WITHOUT_BACKEND, Study

FIRST, SECOND = "a" * 40, "b" * 40


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    cells: str = "one"
    largest: float = bound(3.0, "largest error that counts as learned")


def once(settings, seed, cell=""):
    return {"error": 2.0 + seed}


def measure(settings, runs):
    first = next(iter(runs.values())) if "error" not in runs else runs
    return {"error": first["error"]}


def quantities(m):
    return [Quantity("error", m.error, "%")]


def picture(settings, runs):
    return Figure()


PLAIN = Study(
    "lillicrap2016.fig2",
    Settings,
    id="L16.fig2",
    once=once,
    measure=measure,
    quantities=quantities,
    claims=[
        Claim(
            "learns",
            holds=lambda m: max(m.error) < m.settings.largest,
            evidence=lambda m: f"at most {max(m.error):g}",
        )
    ],
    picture=picture,
)
TABLE = replace(PLAIN, cells=("one", "other"))


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


def test_a_run_is_judged_again_by_another_bound_and_not_made_again(tmp_path, at):
    run = tmp_path / "run"
    for commit, largest, holds in ((FIRST, 3.0, True), (SECOND, 1.0, False)):
        at(commit)
        PLAIN.run(Settings(largest=largest), *((None, run) if run.exists() else (run, None)))
        result = read_result(run / "result.json")
        assert (result["claims"][0]["holds"], result["settings"]["largest"]) == (holds, largest)
        assert result["computed_by"] == [FIRST]


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


def test_a_backend_without_effect_is_refused_before_a_folder_is_made(tmp_path):
    study = replace(PLAIN, backends=WITHOUT_BACKEND)
    with pytest.raises(SpikefaError, match=r"^--backend graph has no effect on .*fig2: .*eager$"):
        study.run(Settings(backend="graph"), tmp_path / "run", None)
    assert not (tmp_path / "run").exists()
    for backend in WITHOUT_BACKEND:
        study.run(Settings(backend=backend), tmp_path / backend, None)


def test_every_backend_is_handed_on_by_default(tmp_path):
    PLAIN.run(Settings(backend="fused-tf32"), tmp_path / "run", None)
    assert read_result(tmp_path / "run" / "result.json")["settings"]["backend"] == "fused-tf32"
