"""Every command that reads a recording takes each variable with its own clock."""

import re
import shutil
from pathlib import Path

import pytest

import spikefa as sf
from spikefa.cli import main
from spikefa.cli.commands import __path__ as FOLDERS
from tests.helpers.clock_table import OWN
from tests.helpers.small_run import SMALL


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "run"
    assert main([*SMALL, "--epochs", "1", "--out", str(out)]) == 0
    return out


def check_report(run, said):
    assert "Not drawn" not in (run / "report.html").read_text()


def check_inspect(run, said):
    """Windows of probes are listed, and how often each was read."""
    for label in ("base ", "always ", "own ", "image ", "seven "):
        assert re.search(rf"^  {label}", said, re.MULTILINE), label
    rows = re.findall(r"hidden1 .* potential +3 +0 +(\d) +(\d+)", said)
    assert rows == [("1", "35")]
    assert re.findall(r"hidden1 .* spikes +20 +0 +(\d) +(\d+)", said) == [("3", "34")]


def check_files(run, said):
    assert "left out" not in said
    assert "wrote" in said


def check_watch(run, said):
    """The rate is that of the last recorded rows, and the raster's steps are theirs."""
    with sf.open(run / "recording.h5") as recording:
        steps = recording.steps_of("hidden1")
        rate = recording.raster("hidden1")[-200:].mean()
    assert re.search(rf"^hidden1 +{rate:.3f} ", said, re.MULTILINE)
    last = steps[-70:]
    assert f"spikes of hidden1, steps {last[0]:,} to {last[-1]:,}" in said


COMMANDS = {
    "watch": check_watch,
    "report": check_report,
    "inspect": check_inspect,
    "figure": check_files,
    "raster": check_files,
    "animate": check_files,
}
OF_NO_VALUES = {
    *("bench", "compare", "fetch", "list", "repair", "results", "run", "sweep", "test", "weights"),
}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_commands(finished, mixed, command, tmp_path, capfd):
    run = shutil.copytree(finished, tmp_path / "run")
    shutil.copy(mixed, run / "recording.h5")
    capfd.readouterr()
    assert main([command, str(run)]) == 0
    COMMANDS[command](run, "".join(capfd.readouterr()))


@pytest.mark.long
@pytest.mark.parametrize("clock", OWN)
def test_report_of_each_clock(finished, made, clock, tmp_path):
    run = shutil.copytree(finished, tmp_path / "run")
    shutil.copy(made(clock), run / "recording.h5")
    assert main(["report", str(run)]) == 0
    check_report(run, "")


def test_every_command_has_an_entry():
    (folder,) = FOLDERS
    commands = {file.stem for file in Path(folder).glob("[!_]*.py")}
    assert commands == COMMANDS.keys() | OF_NO_VALUES
