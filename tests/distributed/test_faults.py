"""A rank that is killed, hangs, or is stopped by the user: all stop with a sentence."""

import json
import os
import signal
import time

import pytest

import spikefa as sf
from tests.helpers.processes import run_python
from tests.helpers.started_ranks import ended, start_ranks

RUN = (
    "-m spikefa run lillicrap2016.fig4 --dataset digits --hidden 40 --hidden-layers 2 --outputs 20 "
    "--record-windows always --progress none --distributed true"
).split()
STEPS = 70
"""Steps of an epoch, in which a checkpoint commits what was recorded."""


def begun(out, ranks, *options):
    """Start a run that takes long, and wait for its first epoch."""
    processes = start_ranks(ranks, *RUN, "--epochs", 2000, "--out", out, *options)
    deadline = time.monotonic() + 60
    while not (out / "metrics.csv").exists():
        assert time.monotonic() < deadline, ended(processes)
        assert all(process.poll() is None for process in processes), ended(processes)
        time.sleep(0.05)
    return processes


def recorded_steps(out):
    with sf.open(out / "recording.h5") as recording:
        assert recording.raster("hidden1").shape == (len(recording.steps), 40)
        return len(recording.steps)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A run of two ranks, one of which was killed, and what the other one said."""
    out = tmp_path_factory.mktemp("killed") / "run"
    processes = begun(out, 2)
    processes[1].kill()
    codes, said = ended(processes)
    assert codes == [2, -signal.SIGKILL]
    return out, said[0]


@pytest.mark.slow
def test_a_killed_rank_stops_all_with_its_name_and_loses_no_committed_step(killed):
    out, said = killed
    assert "rank 1 did not answer: killed" in said
    assert "Traceback" not in said
    assert recorded_steps(out) >= STEPS


@pytest.mark.slow
def test_what_was_killed_goes_on_with_as_many_ranks(killed):
    out, _ = killed
    before = recorded_steps(out)
    done = len((out / "metrics.csv").read_text().splitlines()) - 1
    arguments = [*RUN, "--epochs", done + 1, "--resume", out, "--figures", "false"]
    codes, said = ended(start_ranks(2, *arguments))
    assert codes == [0, 0], said
    assert recorded_steps(out) >= before
    summary = json.loads((out / "summary.json").read_text())
    assert summary["ranks"] == 2
    assert summary["backend"] == "ranks"


@pytest.mark.slow
def test_with_another_number_it_goes_on_and_the_recording_stays(killed):
    out, _ = killed
    before = recorded_steps(out)
    done = len((out / "metrics.csv").read_text().splitlines()) - 1
    script = "import sys; from spikefa.cli import main; sys.exit(main(sys.argv[1:]))"
    alone = [*RUN[2:-1], "false", "--epochs", done + 1, "--resume", out, "--figures", "false"]
    went_on = run_python(script, *alone)
    assert went_on.returncode == 0, went_on.stderr
    assert "was recorded by 2 ranks, and here are 1: it stays as it is" in went_on.stderr
    assert recorded_steps(out) == before


@pytest.mark.slow
def test_a_rank_that_hangs_is_named_after_the_time_that_was_given(tmp_path):
    out = tmp_path / "run"
    processes = begun(out, 2, "--rank-timeout", 2)
    os.kill(processes[1].pid, signal.SIGSTOP)
    said = processes[0].communicate(timeout=60)[1]
    processes[1].kill()
    ended(processes[1:])
    assert processes[0].returncode == 2
    assert "rank 1 did not answer: killed, or without an answer for 2 s" in said
    assert recorded_steps(out) >= STEPS


@pytest.mark.slow
def test_ctrl_c_stops_all_ranks_at_the_same_step(tmp_path):
    out = tmp_path / "run"
    processes = begun(out, 2)
    processes[1].send_signal(signal.SIGINT)  # the other one hears of it
    codes, said = ended(processes)
    assert codes == [130, 130]
    assert said[0] == said[1]
    assert f"go on with: spikefa run lillicrap2016.fig4 --resume {out}" in said[0]


@pytest.mark.slow
def test_a_folder_that_holds_a_run_stops_all_ranks(killed):
    out, _ = killed
    codes, said = ended(start_ranks(2, *RUN, "--epochs", 1, "--out", out))
    assert codes == [2, 2]
    assert "holds a run already" in said[0]
    assert "rank 0 has left" in said[1]
