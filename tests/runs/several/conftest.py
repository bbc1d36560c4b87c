"""Small runs to look at together: of two circuits and seeds, with replicas, and a study."""

import shutil
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure

from spikefa.cli import main
from spikefa.experiments.lillicrap2016 import fig4
from spikefa.runs.settings import Repeated
from spikefa.runs.studies.claims import Claim, Quantity
from spikefa.runs.studies.study import Study
from tests.helpers.small_run import SMALL

RUNS = {
    "fa0": "--epochs 2 --validation-images 30",
    "fa1": "--epochs 2 --validation-images 30 --seed 1 --record false",
    "dfa": "--epochs 2 --feedback DFA --record false",
    "three": "--epochs 1 --replicas 3 --hidden 10 --record false",
}


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """As those of any study."""


def once(settings, seed):
    return {"error": 2.0 + seed}


STUDY = Study(
    "lillicrap2016.fig2",
    Settings,
    id="L16.fig2",
    once=once,
    measure=lambda settings, runs: {"error": runs["error"]},
    quantities=lambda m: [Quantity("error", m.error, "%", paper=1.25)],
    claims=[
        Claim("it learns", holds=lambda m: True, evidence=lambda m: "it did"),
        Claim("it is exact", holds=lambda m: False, evidence=lambda m: "2 %", reason="too short"),
    ],
    picture=lambda settings, runs: Figure(figsize=(4, 3)),
)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A folder of finished runs, which nobody may change."""
    folder = tmp_path_factory.mktemp("several") / "runs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fig4, "draw_figures", lambda directory: [])  # a second each, of no use here
        for name, options in RUNS.items():
            assert main([*SMALL, *options.split(), "--out", str(folder / name)]) == 0
    STUDY.run(Settings(repeats=3), folder / "study")
    return folder


@pytest.fixture
def runs(made, tmp_path, monkeypatch):
    """Copies of them in an empty folder, in which the test stands; the path of each by its name."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made, tmp_path / "runs")
    names = (*RUNS, "study")
    return SimpleNamespace(all=tmp_path / "runs", **{n: tmp_path / "runs" / n for n in names})


@pytest.fixture
def shown(capsys):
    """Run a command that is expected to succeed; return the lines that it prints."""

    def run(*arguments):
        capsys.readouterr()
        assert main([str(argument) for argument in arguments]) == 0
        return capsys.readouterr().out.splitlines()

    return run
