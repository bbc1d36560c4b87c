"""The quick version of every study runs, writes what it should, and shows the effect."""

import pytest

from spikefa.cli import main
from spikefa.runs.catalogue import experiment_names
from spikefa.runs.directory import RunDirectory
from spikefa.runs.loading import load_experiment
from spikefa.runs.studies.file import read_result
from spikefa.runs.studies.study import Study
from spikefa.runs.studies.targets import TARGETS

STUDIES = {
    name: experiment
    for name in experiment_names()
    if isinstance(experiment := load_experiment(name), Study) and experiment.id in TARGETS
}
SHORT = ("lillicrap2016.fig2", "lillicrap2016.n14", "li2024.a12")
"""Seconds each, with one run; the others are marked long, and make all their runs."""

NOT_FREE = ("lillicrap2016.n6", "lillicrap2016.n7")
"""Their data is the user's; lillicrap2016/test_deep.py runs them on files made up."""

DO_NOT_HOLD = {
    "feedback alignment develops similar feature detectors",
    "at first the two algorithms diverge",
    "the solution of backprop is not stable under feedback alignment",
    "with 4 layers feedback alignment performs as well as backprop",
    "backprop ends at 2.4 %, feedback alignment at 2.1 %",
    "the norm reduces rapidly as the first weights increase, output layer",
    "after a few updates the criterion holds in every layer, and goes on to hold",
    "more alignment improves the performance only a little",
    "the network that is not aligned at first performs best",
    "with small first weights good solutions are found faster",
    "the multiples of an epoch become more aligned, not shuffled",
    "with it feedback alignment performs better than backpropagation",
    "whatever the learning rate",
}
"""Claims of the papers that do not reproduce; docs/results.md says why."""
NOT_WHEN_QUICK = {"the higher the first weights, the lower the accuracy at the end"}
"""Claims that take more epochs than the quick version has."""


def test_a_study_is_about_a_figure_of_a_paper():
    assert STUDIES
    for name, study in STUDIES.items():
        assert study.name == name == TARGETS[study.id].experiment


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in SHORT else [pytest.mark.long])
        for name in STUDIES
        if name not in NOT_FREE
    ],
)
def test_the_quick_version_shows_the_effect(name, tmp_path, capsys, request):
    out = tmp_path / "run"
    shorter = ["--repeats", "1"] if name in SHORT else []
    if hasattr(STUDIES[name].settings, "data_dir"):
        shorter += ["--data-dir", str(request.getfixturevalue("data_dir"))]
    assert main(["run", name, "--quick", *shorter, "--out", str(out)]) == 0
    assert "claims hold" in capsys.readouterr().out
    result = read_result(out / "result.json")
    assert result["quick"]
    assert result["id"] == STUDIES[name].id
    assert all((out / "figures" / figure).stat().st_size > 5000 for figure in result["figures"])
    assert result["claims"]
    failed = {claim["text"] for claim in result["claims"] if not claim["holds"]}
    assert failed <= DO_NOT_HOLD | NOT_WHEN_QUICK


@pytest.mark.slow
def test_a_run_goes_on_with_more_repeats_and_is_drawn_again(tmp_path, capsys):
    out = tmp_path / "run"
    few = ["--examples", "40", "--every", "20"]
    name = "lillicrap2016.fig2"
    assert main(["run", name, *few, "--repeats", "1", "--out", str(out)]) == 0
    first = (out / "repeats" / "seed0.npz").stat().st_mtime_ns
    assert main(["run", name, "--resume", str(out), "--repeats", "2", "--processes", "2"]) == 0
    assert (out / "repeats" / "seed0.npz").stat().st_mtime_ns == first
    assert read_result(out / "result.json")["n"] == 2
    picture = out / "figures" / "fig2.png"
    picture.unlink()
    STUDIES[name].draw(RunDirectory(out))
    assert picture.is_file()


def test_a_number_of_repeats_that_is_none_is_refused(tmp_path, capsys):
    out = str(tmp_path / "run")
    assert main(["run", "lillicrap2016.fig2", "--repeats", "0", "--out", out]) == 2
    assert "repeats" in capsys.readouterr().err
