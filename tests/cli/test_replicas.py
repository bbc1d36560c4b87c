"""Figure 4 in replicas, from the command line: files, resumption, mistakes."""

import csv
import json
import statistics

import pytest

from spikefa.cli import main
from spikefa.experiments.lillicrap2016.fig4 import Settings
from spikefa.recording import open_recording
from tests.helpers.small_run import RESUME

SMALL = (
    "run lillicrap2016.fig4 --dataset digits --hidden 10 --hidden-layers 2 --outputs 20 "
    "--train-images 100 --test-images 60 --batch-size 20 --learning-rate 1e-2 --warmup-epochs 1 "
    "--figures false"
).split()


def run(out, *more):
    assert main([*SMALL, "--out", str(out), *more]) == 0
    return json.loads((out / "summary.json").read_text())


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replicas")
    options = "--epochs 2 --replicas 2 --seed 5 --figures".split()
    return folder / "both", run(folder / "both", *options)


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_every_replica_is_the_run_with_its_seed(both, tmp_path):
    folder, summary = both
    for number, seed in enumerate((5, 6)):
        options = ("--epochs", "2", "--seed", str(seed), "--record", "false")
        alone = run(tmp_path / str(seed), *options)
        own = summary["replicas"][number]
        for name in ("seed", "test_error_percent", "test_error_percent_summed"):
            assert own[name] == alone[name]
        lines = [row for row in rows(folder / "replicas.csv") if row["seed"] == str(seed)]
        for line, row in zip(lines, rows(tmp_path / str(seed) / "metrics.csv"), strict=True):
            for name in set(row) - {"wall_seconds"}:
                assert float(line[name]) == pytest.approx(float(row[name]), rel=1e-5), name


def test_summary_and_metrics_have_mean_and_deviation(both):
    folder, summary = both
    each = [own["test_error_percent"] for own in summary["replicas"]]
    assert summary["n"] == 2
    assert summary["test_error_percent"] == pytest.approx(statistics.fmean(each))
    assert summary["sd_test_error_percent"] == pytest.approx(statistics.stdev(each))
    last = rows(folder / "metrics.csv")[-1]
    lines = [row for row in rows(folder / "replicas.csv") if row["epoch"] == last["epoch"]]
    rates = [float(line["rate_hidden1"]) for line in lines]
    assert float(last["rate_hidden1"]) == pytest.approx(statistics.fmean(rates), rel=1e-6)
    assert float(last["sd_rate_hidden1"]) == pytest.approx(statistics.stdev(rates), rel=1e-6)
    result = json.loads((folder / "result.json").read_text())
    assert result["n"] == 2
    assert sorted(path.name for path in (folder / "figures").iterdir()) == [
        f"{name}.png" for name in ("alignment", "fig4", "learning", "rates", "receptive_fields")
    ]


def test_what_is_printed_and_recorded(both, tmp_path, capsys):
    folder, _ = both
    with open_recording(folder / "recording.h5") as recording:
        assert (recording.replicas, recording.seeds) == (2, [5, 6])
    assert main(["inspect", str(folder)]) == 0
    options = ("--epochs", "1", "--replicas", "2", "--record", "false")
    again = run(tmp_path / "again", *options)
    said = capsys.readouterr().out
    assert f"± {again['sd_test_error_percent']:.2f} % from the last step" in said
    assert "mean ± sd of 2 replicas" in said


def test_one_replica_has_no_deviation(tmp_path, capsys):
    summary = run(tmp_path / "one", "--epochs", "1", "--replicas", "1", "--record", "false")
    assert summary["n"] == 1
    assert "sd_test_error_percent" not in summary
    assert "±" not in capsys.readouterr().out


def test_a_finished_run_that_is_resumed_says_the_same(both):
    folder, summary = both
    assert main([*RESUME, str(folder)]) == 0
    again = json.loads((folder / "summary.json").read_text())
    for name in ("replicas", "test_error_percent", "sd_test_error_percent", "epochs"):
        assert again[name] == summary[name]
    assert len(rows(folder / "replicas.csv")) == 4


def test_other_replicas_do_not_go_on(both, said):
    folder, _ = both
    line = said("run", "lillicrap2016.fig4", "--resume", folder, "--replicas", "3")
    assert "has --replicas 2, 3 given" in line
    assert "--replicas is 0: give a whole number from 1" in said(*SMALL, "--replicas", "0")


def test_by_default_there_are_none():
    assert Settings().replicas is None
