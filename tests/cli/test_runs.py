"""What a run on the command line leaves behind, and how it is repeated."""

import csv
import json

import pytest
import torch
import yaml

from spikefa.cli import main
from spikefa.recording import Recorder
from tests.helpers.small_run import FIGURES, SMALL


def test_a_run_directory_holds_everything(finished):
    names = {str(p.relative_to(finished)) for p in finished.rglob("*") if p.is_file()}
    assert names == {
        "config.yaml",
        "data.json",
        "start.csv",
        "metrics.csv",
        "recording.h5",
        "checkpoint.pt",
        "summary.json",
        "result.json",
        *(f"figures/{name}.png" for name in FIGURES),
    }
    summary = json.loads((finished / "summary.json").read_text())
    assert 0 <= summary["test_error_percent_summed"] <= summary["test_error_percent"] + 20 <= 120
    assert summary["epochs"] == 2
    assert summary["images_seen"] == 2 * 120
    assert summary["steps"] == summary["images_seen"] / 10 * 5
    assert summary["seed"] == 0
    assert summary["device"] == "cpu"
    assert summary["backend"] == "eager"
    assert summary["torch_version"] == torch.__version__
    assert summary["wall_seconds"] > 0
    assert summary["steps_per_second"] > 0
    assert "git_commit" in summary
    assert set(summary["alignment_degrees"]) == {"hidden2", "output"}
    assert all(0 < angle < 90 for angle in summary["alignment_degrees"].values())


def test_metrics_have_a_row_per_epoch(finished):
    with open(finished / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["epoch"], row["images"], row["step"]) for row in rows] == [
        ("1", "120", "60"),
        ("2", "240", "120"),
    ]
    for row in rows:
        assert 0 <= float(row["train_error_percent"]) <= 100
        assert 0 <= float(row["validation_error_percent"]) <= 100
        for population in ("input", "hidden1", "hidden2", "output"):
            assert 0 < float(row[f"rate_{population}"]) < 1
        assert float(row["wall_seconds"]) > 0
    summary = json.loads((finished / "summary.json").read_text())
    for projection, angle in summary["alignment_degrees"].items():
        assert float(rows[-1][f"alignment_{projection}"]) == pytest.approx(angle)


def test_the_config_repeats_the_run_bit_for_bit(finished, tmp_path):
    again = tmp_path / "again"
    config = finished / "config.yaml"
    command = ["run", "lillicrap2016.fig4", "--config", str(config), "--figures", "false"]
    assert main([*command, "--out", str(again)]) == 0
    tensors = [
        torch.load(run / "checkpoint.pt", weights_only=True)["tensors"] for run in (finished, again)
    ]
    assert all(torch.equal(tensor, tensors[1][name]) for name, tensor in tensors[0].items())
    assert (again / "config.yaml").read_text() == config.read_text()


def test_print_config_is_complete_and_accepted(finished, tmp_path, capsys):
    def printed_by(*options):
        with pytest.raises(SystemExit, match=r"^0$"):
            main([*SMALL, *options, "--print_config"])
        return capsys.readouterr().out

    printed, file = printed_by(), tmp_path / "printed.yaml"
    config = yaml.safe_load(printed)
    stored = yaml.safe_load((finished / "config.yaml").read_text())
    assert set(stored) <= set(config)
    assert config["hidden"] == 20
    file.write_text(printed)
    again = printed_by("--config", str(file))
    assert again == printed.replace("config: null", f"config: {file}")


def test_the_exit_code_tells_that_a_recording_was_lost(tmp_path, monkeypatch, capsys):
    """The run itself goes on to its end."""
    observe, out = Recorder.observe, tmp_path / "run"

    def lose(recorder, *arguments, **named):
        (out / "recording.h5").unlink(missing_ok=True)
        observe(recorder, *arguments, **named)

    monkeypatch.setattr(Recorder, "observe", lose)
    assert main([*SMALL, "--epochs", "1", "--out", str(out)]) == 1
    said = capsys.readouterr().err.strip().split("\n")
    (line,) = [line for line in said if "recording" in line]
    assert "recording.h5 stopped after 0 steps (it was deleted while it was written)" in line
    assert (out / "summary.json").exists()
