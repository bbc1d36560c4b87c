"""The table of circuits: its search is fair, its choices are what the search found."""

import json
from pathlib import Path

import pytest

import spikefa as sf
from spikefa.experiments.comparison import _entries as entries
from spikefa.experiments.comparison import _searched, circuits
from spikefa.experiments.comparison import _table as table
from spikefa.experiments.comparison._jobs import Job
from spikefa.runs.sweeps import Plan, Sweep, work

RESULTS = Path(__file__).resolve().parents[3] / "docs" / "results" / "comparison.circuits"
SMALL = {"dataset": "digits", "hidden": 20, "hidden_layers": 2, "outputs": 20, "train_images": 100}


@pytest.mark.parametrize("line", entries.ENTRIES)
def test_every_circuit_was_given_the_same_number_of_trials(line):
    entry = entries.ENTRIES[line]
    assert len(entry.choices()) == entries.TRIALS
    assert len({str(choice) for choice in entry.choices()}) == entries.TRIALS
    assert 0 <= entry.chosen < entries.TRIALS


def test_what_was_chosen_is_what_the_search_found():
    trials = json.loads((RESULTS / "search.json").read_text())
    chosen = {line: entry.chosen for line, entry in entries.ENTRIES.items()}
    assert table.best_trials(trials) == chosen
    for trial in trials:
        choice = entries.ENTRIES[trial["line"]].choices()[trial["trial"]]
        assert trial["learning_rate"] == choice.learning_rate
        assert trial["input_rate_factor"] == choice.input_rate_factor
        assert trial["arguments"] == choice.arguments


def test_the_table_on_the_page_is_what_the_results_say():
    results = json.loads((RESULTS / "results.json").read_text())
    costs = json.loads((RESULTS / "summary.json").read_text())["costs"]
    page = (RESULTS.parent.parent / "circuits-compared.md").read_text(encoding="utf-8")
    assert table.results_table(results, costs) in page
    assert {(result["line"], result["seed"]) for result in results} == {
        (line, seed) for line in entries.ENTRIES for seed in range(3)
    }


def test_small_comparison_writes_results_and_table(tmp_path):
    settings = circuits.Settings(circuits=["FA", "backprop"], repeats=2, epochs=1, **SMALL)
    circuits.EXPERIMENT.run(settings, tmp_path / "run", None)
    written = sorted(file.name for file in (tmp_path / "run").glob("*.json"))
    chosen = {name: entries.ENTRIES[name].chosen for name in ("FA", "backprop")}
    expected = [f"{name}-trial{chosen[name]}-seed{s}.json" for name in chosen for s in (0, 1)]
    assert written == [*expected, "data.json", "results.json", "summary.json"]
    result = json.loads((tmp_path / "run" / written[0]).read_text())
    assert result in json.loads((tmp_path / "run" / "results.json").read_text())
    assert result["tested_on"] == "test"
    assert set(result["delta_angle_degrees"]) == {"hidden1", "hidden2"}
    lines = (tmp_path / "run" / "table.md").read_text().splitlines()
    assert any(line.startswith("| FA |") and "(n = 2)" in line for line in lines)

    changed = tmp_path / "run" / written[0]
    stamp = changed.stat().st_mtime_ns
    (tmp_path / "run" / written[1]).unlink()
    circuits.EXPERIMENT.run(settings, None, tmp_path / "run")
    assert changed.stat().st_mtime_ns == stamp, "a run that was there was repeated"
    assert (tmp_path / "run" / written[1]).exists()


def test_the_search_refuses_to_look_at_test_images(tmp_path):
    settings = circuits.Settings(circuits=["FA"], trial=3, **SMALL)
    with pytest.raises(sf.SpikefaError, match="--validation-images"):
        circuits.EXPERIMENT.run(settings, tmp_path / "run", None)


def test_a_trial_that_there_is_not_is_refused(tmp_path):
    settings = circuits.Settings(circuits=["FA"], trial=12, validation_images=20, **SMALL)
    with pytest.raises(sf.SpikefaError, match="from 0 to 11"):
        circuits.EXPERIMENT.run(settings, tmp_path / "run", None)


@pytest.mark.slow
def test_a_sweep_over_the_trials_is_the_search(tmp_path, capsys):
    fixed = SMALL | {"validation_images": 50, "repeats": 1, "epochs": 1}
    line = "FA, snnTorch Leaky"
    plan = Plan("comparison.circuits", fixed, {"circuits": [[line]], "trial": "0..11"})
    sweep = Sweep.begin(tmp_path, plan)
    work(sweep, threads=1)
    trials = _searched.trials_in(tmp_path)
    assert [(each["line"], each["trial"]) for each in trials] == [(line, n) for n in range(12)]
    assert {each["tested_on"] for each in trials} == {"validation"}
    _searched.main(tmp_path)
    assert json.loads((tmp_path / "search.json").read_text()) == trials
    least = min(trials, key=lambda each: (each["error_percent_summed"], each["trial"]))
    assert f"{line}: trial {least['trial']}" in capsys.readouterr().out


def test_an_unknown_circuit_is_answered_with_the_list(tmp_path):
    with pytest.raises(sf.SpikefaError, match=r"no circuit 'FAA'.*backprop, FA"):
        circuits.EXPERIMENT.run(circuits.Settings(circuits=["FAA"]), tmp_path / "run", None)


def test_best_trial_is_the_one_with_the_least_validation_error():
    trials = [
        {
            "line": "FA",
            "tested_on": "validation",
            "trial": trial,
            "error_percent_summed": 5 + (trial - 7) ** 2,
        }
        for trial in range(entries.TRIALS)
    ]
    assert table.best_trials(trials) == {"FA": 7}
    assert table.best_trials(trials[:-1]) == {}, "the search is not complete"


def test_files_of_results_have_plain_names():
    assert Job("FA, snnTorch Leaky", 3, 1).file == "FA-snnTorch-Leaky-trial3-seed1.json"
    names = {Job(line, 0, 0).file for line in entries.ENTRIES}
    assert len(names) == len(entries.ENTRIES)
