"""The command line as a user meets it: what it writes, and one line for every mistake."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml

from spikefa.cli import main

SMALL = (
    "run lillicrap2016.fig4 --dataset digits --device cpu --train-images 120 --test-images 40 "
    "--hidden 20 --hidden-layers 2 --outputs 20 --batch-size 10 --learning-rate 1e-2 "
    "--feedback-scale 0.5"
).split()


FIGURES = ["alignment", "fig4", "learning", "rates", "receptive_fields"]


def run_cli(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "spikefa", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of two epochs."""
    out = tmp_path_factory.mktemp("cli") / "run"
    assert main([*SMALL, "--epochs", "2", "--validation-images", "30", "--out", str(out)]) == 0
    return out


@pytest.fixture
def copied(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def one_line(capsys, arguments):
    """Run, expect exit code 2 and one line without a traceback; return the line."""
    assert main([str(argument) for argument in arguments]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1, said
    assert said.startswith("spikefa: ")
    assert "Traceback" not in said
    return said


# -- what a run leaves behind ----------------------------------------------------------------------


def test_a_run_directory_holds_everything(finished):
    names = {str(p.relative_to(finished)) for p in finished.rglob("*") if p.is_file()}
    assert names == {
        "config.yaml",
        "metrics.csv",
        "recording.h5",
        "checkpoint.pt",
        "summary.json",
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
    assert main(["run", "lillicrap2016.fig4", "--config", str(config), "--out", str(again)]) == 0
    tensors = [
        torch.load(run / "checkpoint.pt", weights_only=True)["tensors"] for run in (finished, again)
    ]
    assert all(torch.equal(tensor, tensors[1][name]) for name, tensor in tensors[0].items())
    assert (again / "config.yaml").read_text() == config.read_text()


def test_print_config_is_complete_and_accepted(finished, tmp_path):
    printed = run_cli(*SMALL, "--print_config")
    assert printed.returncode == 0
    config = yaml.safe_load(printed.stdout)
    stored = yaml.safe_load((finished / "config.yaml").read_text())
    assert set(stored) <= set(config)
    assert config["hidden"] == 20
    (tmp_path / "printed.yaml").write_text(printed.stdout)
    assert run_cli(*SMALL, "--config", tmp_path / "printed.yaml", "--print_config").stdout == (
        printed.stdout.replace("config: null", f"config: {tmp_path / 'printed.yaml'}")
    )


def test_figures_are_drawn_again_from_the_files_alone(copied, capsys):
    for file in copied.glob("figures/*"):
        file.unlink()
    assert main(["figure", str(copied)]) == 0
    assert sorted(p.name for p in copied.glob("figures/*")) == [f"{n}.png" for n in FIGURES]
    assert "fig4.png" in capsys.readouterr().out


def test_figures_that_the_files_do_not_allow_are_left_out(copied, capsys):
    for name in ("recording.h5", "metrics.csv", "figures/fig4.png"):
        (copied / name).unlink()
    assert main(["figure", str(copied)]) == 0
    wrote = capsys.readouterr().out.splitlines()
    assert wrote == [f"wrote {copied / 'figures' / 'receptive_fields.png'}"]
    (copied / "checkpoint.pt").write_bytes(b"damaged")
    assert main(["figure", str(copied)]) == 0
    said = capsys.readouterr().err
    assert re.fullmatch(r"spikefa: warning: receptive_fields is left out: .*truncated.*\n", said)


def test_inspect_tells_what_is_there(finished, capsys):
    assert main(["inspect", str(finished)]) == 0
    shown = capsys.readouterr().out
    for expected in ("lillicrap2016.fig4", "test_error_percent", "hidden: 20", "late", "hidden2"):
        assert expected in shown
    assert main(["inspect", str(finished / "recording.h5")]) == 0
    assert "hidden1" in capsys.readouterr().out


def test_raster_beside_the_recording_and_never_over_a_file(copied, capsys):
    recording = copied / "recording.h5"
    assert main(["raster", str(recording), "--population", "hidden1,output", "--units", "5"]) == 0
    picture = copied / "recording-raster.png"
    assert capsys.readouterr().out == f"wrote {picture}\n"
    before = picture.read_bytes()
    assert before.startswith(b"\x89PNG")
    assert "--force" in one_line(capsys, ["raster", recording, "--steps", "late"])
    assert picture.read_bytes() == before
    assert main(["raster", str(recording), "--steps", "late", "--force"]) == 0
    assert picture.read_bytes() != before
    assert main(["raster", str(copied)]) == 0
    assert (copied / "figures" / "raster.png").is_file()
    assert main(["raster", str(copied), "--steps", "0:20", "--out", str(copied / "r.svg")]) == 0
    assert (copied / "r.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--population", "hidden9"], "it holds those of input, hidden1, hidden2, output"),
        (["--steps", "90000:"], "it holds early (0:"),
        (["--units", "few"], "such as 50"),
        (["--out", "raster.txt"], "end the name in"),
        (["--out", "absent/raster/x.png"], "cannot write"),
    ],
)
def test_raster_of_what_there_is_not(finished, capsys, options, message):
    assert message in one_line(capsys, ["raster", finished, *options])


def test_list_names_the_experiments(capsys):
    assert main(["list"]) == 0
    assert re.search(r"^lillicrap2016.fig4 +Figure 4", capsys.readouterr().out, re.M)


def test_help_answers_without_torch():
    """Torch takes seconds to import; no help text needs it."""
    code = (
        "import sys; from spikefa.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "assert 'torch' not in sys.modules and 'matplotlib' not in sys.modules"
    )
    for arguments in (["--help"], ["run", "lillicrap2016.fig4", "--help"], ["list"]):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout


# -- stopping and going on -------------------------------------------------------------------------


def test_ctrl_c_then_resume_equals_the_whole_run(tmp_path):
    long = [*SMALL, "--epochs", "12", "--train-images", "1400"]
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    process = subprocess.Popen(
        [sys.executable, "-m", "spikefa", *long, "--out", str(stopped)],
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 100
    while not (stopped / "metrics.csv").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == 130, said
    assert f"--resume {stopped}" in said
    assert "Traceback" not in said
    assert not (stopped / "summary.json").exists()

    resumed = run_cli("run", "lillicrap2016.fig4", "--resume", stopped)
    assert resumed.returncode == 0, resumed.stderr
    assert run_cli(*long, "--out", whole).returncode == 0
    a, b = (torch.load(run / "checkpoint.pt", weights_only=True) for run in (whole, stopped))
    for part in ("tensors", "generators"):
        assert all(torch.equal(tensor, b[part][name]) for name, tensor in a[part].items())
    import spikefa as sf

    with sf.open(whole / "recording.h5") as one, sf.open(stopped / "recording.h5") as other:
        for population in ("hidden1", "output"):
            assert (one.raster(population) == other.raster(population)).all()
        assert (one.stimulus == other.stimulus).all()


def test_resuming_with_more_epochs_goes_on(copied):
    command = ["run", "lillicrap2016.fig4", "--resume", str(copied), "--epochs", "3"]
    assert main(command) == 0
    assert json.loads((copied / "summary.json").read_text())["epochs"] == 3


# -- mistakes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "lillicrap2016.fig99"], "no experiment called 'lillicrap2016.fig99': there is"),
        ([], "required: COMMAND"),
        (["dance"], "invalid choice: 'dance'"),
        ([*SMALL, "--hiden", "3"], "--hiden"),
        ([*SMALL, "--hidden", "many"], "--hidden: Expected a int"),
        ([*SMALL, "--phi-delta", "relu"], "--phi-delta"),
        ([*SMALL, "--dataset", "mnits"], "mnits"),
        ([*SMALL, "--device", "abacus"], "--device"),
        ([*SMALL, "--config", "absent.yaml"], "absent.yaml"),
        ([*SMALL, "--hidden", "0"], "at least 1 neuron"),
        ([*SMALL, "--hidden", "-3"], "at least 1 neuron"),
        ([*SMALL, "--hidden-layers", "0"], "hidden layer"),
        ([*SMALL, "--outputs", "15"], "multiple of 10"),
        ([*SMALL, "--batch-size", "0"], "batch"),
        ([*SMALL, "--epochs", "0"], "epochs"),
        ([*SMALL, "--steps-per-image", "0"], "step"),
        ([*SMALL, "--learning-rate", "0"], "positive"),
        ([*SMALL, "--learning-rate", "-0.001"], "positive"),
        ([*SMALL, "--learning-rate", "[1e-3,1e-3]"], "2 learning rates for 3 projections"),
        ([*SMALL, "--feedback-scale", "0"], "positive"),
        ([*SMALL, "--weight-decay", "2"], "decay"),
        ([*SMALL, "--tau", "0"], "tau"),
        ([*SMALL, "--train-images", "0"], "train"),
        ([*SMALL, "--train-images", "100000"], "1438"),
        ([*SMALL, "--validation-images", "5000"], "hold out"),
        ([*SMALL, "--resume", "absent"], "absent holds no run"),
        (["inspect", "absent"], "there is no absent"),
        (["raster", "absent"], "no recording absent"),
        (["figure", "absent"], "absent holds no run"),
        (["fetch", "imagenet"], "imagenet"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message.lower() in one_line(capsys, arguments).lower()
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_cuda_asked_for_and_absent(capsys, tmp_path):
    line = one_line(capsys, [*SMALL, "--device", "cuda", "--out", tmp_path / "run"])
    assert "no CUDA device on this machine" in line


def test_a_run_is_never_overwritten(copied, capsys):
    before = {p: p.read_bytes() for p in copied.rglob("*") if p.is_file()}
    line = one_line(capsys, [*SMALL, "--out", copied])
    assert f"{copied} holds a run already" in line
    assert "--resume" in line
    assert before == {p: p.read_bytes() for p in copied.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    "content",
    [
        b"hiden: 3",
        b"hidden: [",
        b"- 1",
        b"\x00\x01\xff",
        b"hidden: !!python/object/apply:os.mkdir ['pwned']",
    ],
)
def test_a_bad_config_file(content, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.yaml").write_bytes(content)
    one_line(capsys, [*SMALL, "--config", "bad.yaml"])
    assert [file.name for file in tmp_path.iterdir()] == ["bad.yaml"]


@pytest.mark.parametrize("file", ["config.yaml", "metrics.csv", "recording.h5", "summary.json"])
@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe garbage", b"a,b\n1", b"<html></html>"])
def test_damaged_files_in_a_run_directory(file, content, copied, capsys):
    """Looking at a damaged run works or ends in one line; it never ends in a traceback."""
    (copied / file).write_bytes(content)
    for command in ("inspect", "figure"):
        code = main([command, str(copied)])
        said = capsys.readouterr().err
        assert code in (0, 2)
        lines = said.splitlines()
        assert all(line.startswith("spikefa: ") for line in lines), said
        assert len([line for line in lines if "warning" not in line]) == (1 if code else 0), said


def test_resuming_with_another_setting_is_refused(copied, capsys):
    arguments = ["run", "lillicrap2016.fig4", "--resume", copied, "--hidden", "30"]
    assert "has --hidden 20, 30 given" in one_line(capsys, arguments)


@pytest.mark.parametrize("length", [0, 100, 20_000])
def test_resuming_from_a_truncated_checkpoint(copied, capsys, length):
    checkpoint = copied / "checkpoint.pt"
    checkpoint.write_bytes(checkpoint.read_bytes()[:length])
    line = one_line(capsys, ["run", "lillicrap2016.fig4", "--resume", copied, "--epochs", "3"])
    assert "checkpoint.pt" in line


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("train-images-idx3-ubyte.gz", b"<!DOCTYPE html><html>not found</html>", "web page"),
        ("train-images-idx3-ubyte.gz", b"", "empty"),
        ("t10k-labels-idx1-ubyte.gz", b"\x1f\x8b\x08garbage", "t10k-labels"),
        ("t10k-images-idx3-ubyte.gz", None, "t10k-images"),
    ],
)
def test_a_damaged_data_set(data_dir, tmp_path, capsys, file, content, message):
    folder = tmp_path / "mnist"
    folder.mkdir()
    for source in next(data_dir.glob("**/train-images-idx3-ubyte*")).parent.iterdir():
        os.symlink(source, folder / source.name)
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    arguments = [*SMALL, "--dataset", "mnist", "--data-dir", tmp_path, "--out", tmp_path / "run"]
    assert main([str(argument) for argument in arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_file_where_the_folder_should_be(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    line = one_line(capsys, [*SMALL, "--out", tmp_path / "file"])
    assert "cannot write" in line
    assert (tmp_path / "file").read_text() == "mine"


def test_a_full_disk_is_one_line(tmp_path):
    """The limit on file size stands for a disk without room: writes fail in the same place."""
    limit = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))\n"
        "from spikefa.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    arguments = [*SMALL, "--epochs", "1", "--record", "false", "--out", str(tmp_path / "run")]
    done = subprocess.run(
        [sys.executable, "-c", limit, *arguments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert "no room left on the disk" in done.stderr
    assert not list(Path(tmp_path / "run").glob(".*")), "no temporary file is left behind"
