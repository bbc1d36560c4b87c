"""Data frames of runs, beside what pandas and json read from the same files."""

import builtins
import json
import subprocess
import sys
from numbers import Number

import numpy as np
import pandas as pd
import pytest

import spikefa as sf
from spikefa.errors import SpikefaError


def summary(path):
    return json.loads((path / "summary.json").read_text())


def test_a_row_for_every_run_and_replica(runs):
    frame = sf.runs.table(runs.all)
    assert frame.run.tolist() == ["dfa", "fa0", "fa1", "study", *["three"] * 3]
    seeds = frame.seed.tolist()
    assert seeds[:3] == [0, 0, 1]
    assert np.isnan(seeds[3])
    assert seeds[4:] == [0, 1, 2]
    assert frame.finished.all()
    assert frame["feedback.class"].tolist()[:3] == ["DFA", "FA", "FA"]
    assert frame.hidden.tolist()[:3] == [20, 20, 20]


def test_the_numbers_are_those_of_the_summary(runs):
    frame = sf.runs.table([runs.fa0, runs.dfa]).set_index("run")
    for name, path in (("fa0", runs.fa0), ("dfa", runs.dfa)):
        said = pd.json_normalize(summary(path)).iloc[0]  # pandas' own names: a.b
        numbers = said[[isinstance(value, Number) for value in said]]
        checked = 0
        for key, value in numbers.items():
            if (
                key.startswith(("rule.", "feedback.", "synapses."))
                or isinstance(value, bool | np.bool_)
                or key == "seed"
            ):
                continue
            assert frame.loc[name, key] == value, key
            checked += 1
        assert checked >= 9
        assert frame.loc[name, "device"] == said["device"]


def test_a_replica_has_its_own_errors_and_the_time_of_all(runs):
    frame, said = sf.runs.table(runs.three), summary(runs.three)
    each = pd.json_normalize(said["replicas"])
    for name in set(each) & set(frame):
        assert frame[name].tolist() == each[name].tolist()
    assert frame.test_error_percent.mean() == pytest.approx(said["test_error_percent"])
    assert frame.test_error_percent.std() == pytest.approx(said["sd_test_error_percent"])
    assert frame.wall_seconds.tolist() == [said["wall_seconds"]] * 3
    assert "sd_test_error_percent" not in frame


def test_the_epochs_are_those_that_pandas_reads(runs):
    frame = sf.runs.epochs(runs.all)
    for name in ("fa0", "fa1", "dfa"):
        read = pd.read_csv(runs.all / name / "metrics.csv")
        own = frame[frame.run == name]
        assert own.seed.unique().tolist() == [int(name == "fa1")]
        for column in read:
            np.testing.assert_array_equal(own[column].to_numpy(float), read[column].to_numpy(float))
    read = pd.read_csv(runs.three / "replicas.csv")
    own = frame[frame.run == "three"]
    for column in read:
        np.testing.assert_array_equal(own[column].to_numpy(float), read[column].to_numpy(float))
    assert len(frame) == 2 + 2 + 2 + 3


def test_both_go_together(runs):
    both = sf.runs.epochs(runs.all).merge(sf.runs.table(runs.all), on=["run", "seed"])
    assert len(both) == 9
    last = both[both.epoch == both["epochs"]]
    np.testing.assert_allclose(last.train_error_percent_x, last.train_error_percent_y, rtol=1e-7)


def test_quantities_are_those_of_the_result_files(runs):
    frame = sf.runs.quantities([runs.study, runs.fa0])
    study = frame[frame.run == "study"].iloc[0]
    assert (study["mean"], study.sd, study.n, study.paper) == (3.0, 1.0, 3, 1.25)
    assert (study.id, study.quantity, study.unit, study.quick) == ("L16.fig2", "error", "%", False)
    fa = frame[(frame.run == "fa0") & frame.quantity.str.contains("last step")].iloc[0]
    assert fa["mean"] == summary(runs.fa0)["test_error_percent"]
    assert fa.paper == 1.8
    assert fa.quick


def test_a_run_that_has_not_finished_has_the_numbers_of_its_last_epoch(runs):
    (runs.fa0 / "summary.json").unlink()
    frame = sf.runs.table([runs.fa0, runs.fa1]).set_index("run")
    assert frame.finished.tolist() == [False, True]
    last = pd.read_csv(runs.fa0 / "metrics.csv").iloc[-1]
    assert frame.loc["fa0", "epochs"] == 2
    assert frame.loc["fa0", "images_seen"] == last["images"]
    assert frame.loc["fa0", "train_error_percent"] == last["train_error_percent"]
    assert np.isnan(frame.loc["fa0", "test_error_percent"])
    (runs.fa0 / "metrics.csv").unlink()
    assert not sf.runs.table(runs.fa0).finished.any()
    assert len(sf.runs.epochs(runs.fa0)) == 0
    (runs.three / "summary.json").unlink()
    frame = sf.runs.table(runs.three)
    rows = pd.read_csv(runs.three / "replicas.csv")
    assert frame.train_error_percent.tolist() == rows.train_error_percent.tolist()


def test_the_default_is_the_folder_runs_here(runs):
    assert len(sf.runs.table()) == 7


DAMAGE = {
    "config.yaml": "# spikefa run lillicrap2016.fig4\na: [1",
    "metrics.csv": "epoch,images\n1,many\n",
    "summary.json": "{",
}


@pytest.mark.parametrize("file", DAMAGE)
def test_a_damaged_file_is_named(runs, file):
    (runs.fa0 / file).write_text(DAMAGE[file])
    with pytest.raises(SpikefaError, match=f"fa0.*{file} is damaged"):
        sf.runs.table(runs.all)
    with pytest.raises(SpikefaError, match=f"fa0.*{file} is damaged"):
        sf.runs.epochs(runs.all)


def test_damaged_replicas_are_named(runs):
    said = summary(runs.three)
    for replicas in (5, [3], [{"seed": "x"}]):
        (runs.three / "summary.json").write_text(json.dumps(said | {"replicas": replicas}))
        with pytest.raises(SpikefaError, match=r"summary.json is damaged: its replicas"):
            sf.runs.table(runs.three)
    (runs.three / "summary.json").write_text(json.dumps(said))
    (runs.three / "replicas.csv").write_text("epoch,images\n1,2\n")
    with pytest.raises(SpikefaError, match=r"replicas.csv is damaged: it has no column 'seed'"):
        sf.runs.table(runs.three)


def test_what_is_read_is_not_executed(runs):
    text = (runs.fa0 / "config.yaml").read_text()
    (runs.all.parent / "mine.py").write_text("open('pwned', 'w')")
    (runs.fa0 / "config.yaml").write_text(text.replace("class: FA", "class: mine.py:FA"))
    frame = sf.runs.table([runs.fa0, runs.fa1])
    assert frame["feedback.class"].tolist() == ["mine.py:FA", "FA"]
    attack = "!!python/object/apply:os.system ['touch pwned']"
    (runs.fa0 / "config.yaml").write_text(text.replace("class: FA", f"class: {attack}"))
    with pytest.raises(SpikefaError, match=r"config.yaml is damaged"):
        sf.runs.table([runs.fa0, runs.fa1])
    assert not (runs.all.parent / "pwned").exists()


def test_without_pandas_a_sentence_says_how_to_get_it(runs, monkeypatch):
    imported = builtins.__import__

    def without(name, *arguments, **named):
        if name == "pandas":
            raise ImportError("No module named 'pandas'")
        return imported(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SpikefaError, match=r"needs pandas.*pip install 'spikefa\[pandas\]'"):
        sf.runs.table(runs.all)


def test_it_needs_neither_torch_nor_matplotlib():
    code = (
        "import sys, spikefa.runs\n"
        "assert not {'torch', 'matplotlib', 'pandas', 'h5py'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
