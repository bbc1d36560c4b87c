"""What a run shows while it goes on: with and without a terminal, by every word."""

import re

import pytest

from spikefa.cli import main
from tests.helpers.pseudo_terminal import OnTerminal
from tests.helpers.small_run import SMALL, run_cli

LINE = re.compile(
    r"epoch (\d)/2  error \d+\.\d\d %  validation \d+\.\d\d %  \d+ steps/s  \d:\d\d:\d\d left"
)
TWO = (*SMALL, "--epochs", "2", "--validation-images", "30", "--record", "false")
STUDY = "run lillicrap2016.n15 --quick --repeats 2".split()


@pytest.mark.slow
def test_without_a_terminal_there_is_a_line_an_epoch(tmp_path):
    ended = run_cli(*TWO, "--out", tmp_path / "run")
    assert ended.returncode == 0
    found = [LINE.fullmatch(line) for line in ended.stderr.splitlines() if "epoch" in line]
    assert [each and each[1] for each in found] == ["1", "2"]
    assert "0:00:00 left" in ended.stderr.splitlines()[-1]
    assert "epoch" not in ended.stdout


def test_a_terminal_shows_a_bar_and_its_epochs_stay(tmp_path):
    code, text = OnTerminal(*TWO, "--out", tmp_path / "run").end()
    assert code == 0
    assert "━" in text
    assert re.search(r"epoch 2/2 .*100 % .*error \d+\.\d\d %", text)
    assert not LINE.search(text)


@pytest.mark.long
def test_log_is_a_line_an_epoch_on_a_terminal_too(tmp_path):
    code, text = OnTerminal(*TWO, "--progress", "log", "--out", tmp_path / "run").end()
    assert code == 0
    assert len(LINE.findall(text)) == 2
    assert "━" not in text


def test_none_is_silent(tmp_path, capsys):
    assert main([*TWO, "--progress=none", "--out", str(tmp_path / "run")]) == 0
    assert capsys.readouterr().err == ""


def test_a_study_has_lines_for_its_runs(tmp_path, capsys):
    assert main([*STUDY, "--out", str(tmp_path / "study")]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == "runs 2/2  0:00:00 left"
    assert main([*STUDY, "--progress", "none", "--out", str(tmp_path / "again")]) == 0
    assert capsys.readouterr().err == ""


def test_progress_is_no_setting_of_a_run(tmp_path, capsys):
    out, config = tmp_path / "run", tmp_path / "mine.yaml"
    assert main([*TWO, "--progress", "log", "--out", str(out)]) == 0
    assert "progress" not in (out / "config.yaml").read_text()
    config.write_text("progress: log\n")
    assert main([*TWO, "--config", str(config), "--out", str(tmp_path / "other")]) == 2
    assert "'progress', which only the command line can give" in capsys.readouterr().err


def test_a_word_that_does_not_exist_is_one_line(tmp_path, capsys):
    for command in (list(TWO), ["bench", "fig4"], ["fetch", "mnist"]):
        assert main([*command, "--progress", "loud"]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "loud" in line
        assert "none" in line
