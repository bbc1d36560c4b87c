"""A run that counts its costs tells them in its summary, its report, and to inspect."""

import json

import pytest

from spikefa.cli import main
from spikefa.errors import SpikefaError
from spikefa.runs.costs import costs_of
from spikefa.runs.directory import RunDirectory
from spikefa.runs.inspection import inspect
from spikefa.runs.report.page import report_page
from tests.helpers.small_run import SMALLER


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("costs") / "run"
    assert main([*SMALLER, "--costs", "--threads", "1", "--out", str(out)]) == 0
    return RunDirectory(out)


def test_the_summary_holds_the_costs(run):
    """40 images in 4 presentations of 5 steps to 10 streams; 64-8-8-10 neurons."""
    costs = costs_of(run.read_summary(), run.summary)
    assert (costs.steps, costs.streams, costs.neurons) == (20, 10, 26)
    dense = {name: each.dense for name, each in costs.forward.items()}
    assert dense == {"hidden1": 200 * 64 * 8, "hidden2": 200 * 64, "output": 200 * 80}
    assert costs.forward["hidden2"].events == 8 * costs.spikes["hidden1"]


def test_inspect_and_the_report_show_them(run):
    costs = costs_of(run.read_summary(), run.summary)
    events = f"{costs.forward['output'].events:,}"
    text, page = inspect(run.path), report_page(run)
    for shown in (text, page):
        assert events in shown
        assert "loihi" in shown
    assert "costs: steps" not in text


def test_inspect_takes_energies_from_a_file(run, tmp_path, capsys):
    table = tmp_path / "mine.yaml"
    table.write_text("spike: 1000000")
    assert main(["inspect", str(run.path), "--energy", str(table)]) == 0
    sent = sum(costs_of(run.read_summary(), run.summary).spikes.values())
    said = capsys.readouterr().out
    assert f"mine: {sent / 1000:.4g} mJ, without" in said
    assert "loihi" not in said


@pytest.mark.parametrize(
    "damage",
    [
        {"steps": None},
        {"steps": "many"},
        {"spikes": [1]},
        {"forward": {"output": {"events": 1}}},
        {"forward": {"output": {"events": 1, "dense": [2]}}},
        {"steps": 10**400},
        {"uncounted": 5},
        {"more": 1},
    ],
)
def test_damaged_costs_are_an_error_in_words(run, damage):
    summary = json.loads(run.summary.read_text())
    summary["costs"] |= damage
    with pytest.raises(SpikefaError, match="damaged"):
        costs_of(summary, run.summary)
    with pytest.raises(SpikefaError, match="damaged"):
        costs_of({"costs": [damage]}, run.summary)


def test_a_run_that_has_not_counted_says_nothing(run):
    assert costs_of({"costs": None}, run.summary) is None
    assert costs_of({}, run.summary) is None
