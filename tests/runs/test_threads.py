"""The threads of a run: chosen when it begins, stored, and the same when it goes on."""

import json

import pytest
import torch
import yaml

from spikefa.runs import threads as of_runs
from spikefa.runs.threads import threads_of
from spikefa.utils.threads import Threads
from tests.helpers.processes import run_python
from tests.runs.test_experiment import SIZES, Settings


@pytest.fixture(autouse=True)
def nobody_says(monkeypatch):
    monkeypatch.setattr(of_runs, "wanted_by_user", lambda: None)


def choose():
    return Threads(5, "measured")


def test_who_says_so_is_asked_in_this_order(monkeypatch):
    assert threads_of(Settings(), choose) == (5, "measured")
    monkeypatch.setattr(of_runs, "wanted_by_user", lambda: Threads(4, "the environment"))
    assert threads_of(Settings(), choose) == (4, "")
    assert threads_of(Settings(processes=3), choose) == (1, "one for each of 3 processes")
    assert threads_of(Settings(processes=3, threads=2), choose) == (2, "it was asked for")


def stored(run):
    return yaml.safe_load(run.config.read_text())["threads"]


def test_a_run_goes_on_with_the_threads_that_it_began_with(tmp_path, capsys, monkeypatch, recwarn):
    run = SIZES.run(Settings(threads=2), tmp_path / "run")
    assert capsys.readouterr().out == "threads 2: it was asked for\n"
    assert stored(run) == 2
    monkeypatch.setattr(of_runs, "wanted_by_user", lambda: Threads(4, "the environment"))
    monkeypatch.setattr(of_runs, "cores", lambda: 1)
    for settings in (Settings(), Settings(threads=2)):
        SIZES.run(settings, resume=run.path)
        assert capsys.readouterr().out == (
            "threads 2: the run began with as many; --threads 1 is all that this process may use\n"
        )
    assert not recwarn.list
    with pytest.warns(
        UserWarning, match="began with 2 threads and goes on with 3: the last digits"
    ):
        SIZES.run(Settings(threads=3), resume=run.path)
    assert stored(run) == 3


def test_a_run_of_an_older_version_chooses_when_it_goes_on(tmp_path, capsys):
    run = SIZES.run(Settings(threads=2), tmp_path / "run")
    lines = run.config.read_text().splitlines(keepends=True)
    run.config.write_text("".join(line for line in lines if "threads" not in line))
    SIZES.run(Settings(), resume=run.path)
    assert "threads 1: --processes makes runs side by side" in capsys.readouterr().out
    assert stored(run) == 1


def test_the_process_gets_its_own_number_back(tmp_path):
    before = torch.get_num_threads()
    SIZES.run(Settings(threads=before + 1), tmp_path / "run")
    assert torch.get_num_threads() == before


@pytest.mark.slow
def test_the_summary_says_the_number(tmp_path):
    """In a process on which nobody has set a number, on two cores if there are as many."""
    ended = run_python(
        "import os, sys, torch\n"
        "os.environ.pop('OMP_NUM_THREADS', None)\n"
        "from spikefa.cli import main\n"
        "from tests.helpers.small_run import SMALL\n"
        "assert main(['list']) == 0\n"
        "print(os.environ['OMP_WAIT_POLICY'])\n"
        "sys.exit(main([*SMALL, '--epochs', '1', '--out', sys.argv[1], *sys.argv[2:]]))\n",
        tmp_path / "run",
        "--threads",
        2,
    )
    assert ended.returncode == 0, ended.stderr
    assert "PASSIVE\n" in ended.stdout
    assert "threads 2: it was asked for\n" in ended.stdout
    assert json.loads((tmp_path / "run" / "summary.json").read_text())["threads"] == 2


def test_threads_wait_as_the_user_wants():
    ended = run_python(
        "import os\n"
        "os.environ['OMP_WAIT_POLICY'] = 'ACTIVE'\n"
        "from spikefa.cli import main\n"
        "main(['list'])\n"
        "print(os.environ['OMP_WAIT_POLICY'])\n"
    )
    assert ended.stdout.endswith("ACTIVE\n")
