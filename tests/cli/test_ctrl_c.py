"""Ctrl-C at any moment of a command, once or twice: how to go on, or that nothing was begun."""

import os
import signal
import sys
import time
from subprocess import PIPE, STDOUT, Popen

import pytest

from spikefa.cli import main
from tests.helpers.processes import REPOSITORY, environment, run_python, start_python
from tests.helpers.small_run import SMALL

LONG = [*SMALL, "--epochs", "5000", "--hidden", "20", "10"]
START = "import sys; from spikefa.__main__ import main; sys.argv[0] = 'spikefa'\n"
"""Begins a script that is a command; what comes between it and `main` decides when it stops."""


def press_when(script, *arguments, times=1, after=0.0, gap=0.0):
    """Press Ctrl-C once the script has printed a line, and return how it ended."""
    process = start_python(
        script, *arguments, stdin=PIPE, stdout=PIPE, stderr=STDOUT, start_new_session=True
    )
    for line in process.stdout:
        if line == "now\n":
            break
    return ended(process, times, after, gap)


def ended(process, times, after, gap):
    time.sleep(after)
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all processes
        time.sleep(gap)
    try:
        text = process.communicate(timeout=300)[0]
    finally:
        process.kill()  # what did not end would train on for hours beside the tests
    assert "Traceback" not in text
    assert process.returncode in (130, -signal.SIGINT)  # a shell says 130 of both
    return [line for line in text.splitlines() if line.startswith("spikefa: ")]


def at(module):
    """Return a script of a command that says when it begins to import a module, and waits there."""
    return START + (
        "import time\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}:\n"
        "            print('now', flush=True)\n"
        "            time.sleep(60)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "main()\n"
    )


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("module", ["spikefa.cli.application", "spikefa.cli.commands.run", "torch"])
def test_while_modules_are_imported(module, times, tmp_path):
    lines = press_when(at(module), *LONG, "--out", tmp_path / "run", times=times)
    assert lines == ["spikefa: stopped before anything was begun"]
    assert list(tmp_path.iterdir()) == []


DROPPED = START + (
    "import signal, time\n"
    "import spikefa.cli.commands.list as command\n"
    "class Dying:\n"
    "    def __del__(self):\n"
    "        signal.raise_signal(signal.SIGINT)\n"
    "def execute(given):\n"
    "    Dying()\n"
    "    print('goes on', flush=True)\n"
    "    time.sleep(60)\n"
    "command.execute = execute\n"
    "main()\n"
)


def test_where_python_drops_it():
    """In ``__del__``, or in the callback of a weak reference, no exception can be raised."""
    done = run_python(DROPPED, "list", timeout=50, start_new_session=True)
    assert (done.returncode, done.stdout) == (130, "goes on\n")
    assert done.stderr == "spikefa: stopped\n"


SLOW_DATA = START + (
    "from spikefa import datasets\n"
    "import time\n"
    "def load(*given):\n"
    "    print('now', flush=True)\n"
    "    time.sleep(60)\n"
    "datasets.load = load\n"
    "main()\n"
)


@pytest.mark.slow
def test_while_data_are_loaded(tmp_path):
    lines = press_when(SLOW_DATA, *LONG, "--out", tmp_path / "run")
    assert lines == ["spikefa: stopped before the run began: nothing was written"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("times", [2, pytest.param(3, marks=pytest.mark.long)])
def test_in_the_middle_of_a_run(times, tmp_path, capsys):
    """A second Ctrl-C breaks off the step, or what follows it; the run goes on from what it has."""
    out = tmp_path / "run"
    process = Popen(
        [sys.executable, "-m", "spikefa", *LONG, "--out", str(out)],
        env=environment(),
        cwd=REPOSITORY,
        text=True,
        stdout=PIPE,
        stderr=STDOUT,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300
    while not (out / "checkpoint.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    (line,) = ended(process, times, after=0.3, gap=0.002)
    assert line.startswith("spikefa: stopped")
    command = line.partition("; go on with: spikefa ")[2].split()
    assert command == ["run", "lillicrap2016.fig4", "--resume", str(out)]
    code, said = main([*command, "--epochs", "1"]), capsys.readouterr()
    assert code == 0 or "would undo some" in said.err  # it has done more than one


SLOW_STEPS = START + (
    "from spikefa.runs.directory import RunDirectory\n"
    "import time\n"
    "whole = RunDirectory.write_config\n"
    "def write(self, *given):\n"
    "    {}\n"
    "    print('now', flush=True)\n"
    "    time.sleep(60)\n"
    "RunDirectory.write_config = write\n"
    "main()\n"
)


@pytest.mark.long
def test_before_the_settings_are_written(tmp_path):
    lines = press_when(SLOW_STEPS.format("pass"), *LONG, "--out", tmp_path / "run")
    assert lines == ["spikefa: stopped before the run began: nothing was written"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_before_the_first_step(tmp_path):
    script, out = SLOW_STEPS.format("whole(self, *given)"), tmp_path / "run"
    (line,) = press_when(script, *LONG, "--out", out, times=2)
    assert line == f"spikefa: stopped; go on with: spikefa run lillicrap2016.fig4 --resume {out}"


@pytest.mark.slow
def test_with_runs_in_other_processes(tmp_path):
    """They print nothing, and end with the command: else its output would stay open."""
    out = tmp_path / "run"
    command = ["run", "chu2024.eq11", "--dataset", "digits", "--repeats", "3", "--processes", "2"]
    watch = START + (
        "import multiprocessing.popen_spawn_posix as spawned\n"
        "whole = spawned.Popen._launch\n"
        "def launch(self, process):\n"
        "    whole(self, process)\n"
        "    print('pid', self.pid, flush=True)\n"
        "    if process.name.endswith('-2'):\n"
        "        print('now', flush=True)\n"
        "spawned.Popen._launch = launch\n"
        "main()\n"
    )
    (line,) = press_when(watch, *command, "--out", out, after=1)
    assert line == f"spikefa: stopped; go on with: spikefa run chu2024.eq11 --resume {out}"
