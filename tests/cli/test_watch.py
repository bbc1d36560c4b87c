"""Watching a recording while another process writes it, and after it has ended."""

import re
import subprocess
import sys
import time

import numpy as np
import pytest

import spikefa as sf
from spikefa.analysis.in_characters import BLOCKS
from spikefa.cli import main
from spikefa.recording import Always
from tests.helpers.processes import environment, start_python
from tests.helpers.pseudo_terminal import OnTerminal
from tests.helpers.shown_runs import simulation
from tests.helpers.small_run import SMALL

LONG = (
    *(*SMALL, "--train-images", "240", "--epochs", "3", "--batch-size", "1"),
    *("--record-windows", "always"),
)
RUN = "import sys; from spikefa.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def recorded(tmp_path):
    """A recording that this process has open, and its first rows."""
    path = tmp_path / "r.h5"
    with simulation() as sim:
        recorder = sim.record(path, [sf.Probe("hidden1", "spikes", "all")], Always())
        sim.train(2)
        recorder.commit()
        yield path


def until(happened, seconds=120):
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


RECORDS = """
import pathlib, sys, time
import spikefa as sf
from tests.helpers.shown_runs import simulation

folder = pathlib.Path(sys.argv[1])
with simulation() as sim:
    recorder = sim.record(folder / "r.h5", [sf.Probe("hidden1", "spikes", "all")],
                          sf.recording.Always())
    for presentation in range(40):
        for _ in sim.present():
            pass
        recorder.commit()
        while presentation == 19 and not (folder / "go").exists():
            time.sleep(0.01)
"""


@pytest.mark.slow
def test_a_recording_is_watched_to_its_end_and_is_the_same_as_without(tmp_path):
    writer = start_python(RECORDS, tmp_path)
    until((tmp_path / "r.h5").exists)
    watch = OnTerminal("watch", tmp_path / "r.h5", "--interval", "0.02")
    watch.read("open, 60 steps up to 59")
    assert writer.poll() is None
    (tmp_path / "go").touch()
    code, text = watch.end()
    assert code == 0
    assert "closed, 120 steps up to 119" in text
    assert "the recording has ended: closed" in text
    assert writer.wait() == 0
    with simulation() as sim:
        sim.record(tmp_path / "alone.h5", [sf.Probe("hidden1", "spikes", "all")], Always())
        for _ in range(40):
            for _ in sim.present():
                pass
    spikes = []
    for file in ("r.h5", "alone.h5"):
        with sf.open(tmp_path / file) as recording:
            spikes.append(recording.raster("hidden1"))
    np.testing.assert_array_equal(*spikes)


@pytest.mark.long
def test_a_killed_writer_is_a_sentence_and_its_advice_is_right(tmp_path, capsys):
    run = tmp_path / "run"
    writer = start_python(RUN, *LONG, "--out", run, stdout=subprocess.DEVNULL)
    until(lambda: (run / "metrics.csv").exists())
    writer.kill()
    writer.wait()
    code, text = OnTerminal("watch", run, columns=400).end()
    assert code == 2
    assert f"the process {writer.pid} that wrote {run / 'recording.h5'} was killed" in text
    assert main(["watch", str(run), "--once"]) == 2
    shown = capsys.readouterr()
    assert "spikes of hidden1" in shown.out
    assert main(["watch", str(run / "recording.h5")]) == 2
    assert "spikefa repair" in capsys.readouterr().err
    advice = re.search(r"go on with spikefa (run .* --resume .*)$", shown.err.strip())
    assert main(advice[1].split()) == 0
    assert main(["watch", str(run)]) == 0
    assert "closed, 3,600 steps up to 3,599" in capsys.readouterr().out


def test_ctrl_c_leaves_without_a_word(recorded):
    watch = OnTerminal("watch", recorded, "--interval", "30")
    watch.read("spikes of hidden1")
    watch.interrupt()
    code, text = watch.end()
    assert code == 0
    assert "Traceback" not in text
    assert "spikefa:" not in text


def test_a_frame_says_what_was_recorded(recorded, capsys, monkeypatch):
    monkeypatch.setenv("LINES", "30")
    with sf.open(recorded) as recording:
        spikes = recording.raster("hidden1")
    steps = len(spikes)
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["watch", str(recorded)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"open, {steps} steps up to {steps - 1}  {recorded}"
    rate = next(line for line in lines if line.startswith("hidden1"))
    assert float(rate.split()[1]) == pytest.approx(spikes.mean(), abs=6e-4)
    assert rate.endswith("9 units")
    first = lines.index(f"spikes of hidden1, steps 0 to {steps - 1}") + 1
    for number, line in enumerate(lines[first:]):
        assert int(line[:9]) == 2 * number
        for step, character in enumerate(line[10:].ljust(steps)):
            pair = BLOCKS.index(character)
            assert pair & 1 == spikes[step, 2 * number]
            assert (pair >> 1) == (2 * number + 1 < 9 and spikes[step, 2 * number + 1])
    assert len(lines[first:]) == 5


def test_no_line_is_wider_than_the_terminal(recorded, capsys, monkeypatch):
    for columns in (1, 12, 40):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("LINES", "8")
        assert main(["watch", str(recorded)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= columns
        assert len(lines) <= 8


@pytest.mark.slow
def test_where_there_is_only_ascii(recorded):
    ended = subprocess.run(
        [sys.executable, "-c", RUN, "watch", str(recorded)],
        env={**environment(), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert b"spikes of hidden1" in ended.stdout


def test_before_the_first_step(tmp_path, capsys):
    with simulation() as sim:
        sim.record(tmp_path / "r.h5", [sf.Probe("hidden1", "spikes", "all")], Always())
        assert main(["watch", str(tmp_path / "r.h5")]) == 0
    assert "no steps yet" in capsys.readouterr().out


def test_what_cannot_be_watched_is_a_sentence(recorded, tmp_path, capsys):
    (tmp_path / "run").mkdir()
    off = tmp_path / "off"
    assert main([*SMALL, "--epochs", "1", "--record", "false", "--out", str(off)]) == 0
    soon = tmp_path / "soon"
    soon.mkdir()
    (soon / "config.yaml").write_text("# spikefa run lillicrap2016.fig4\nrecord: true\n")
    (tmp_path / "text.h5").write_text("no recording")
    cases = {
        (str(tmp_path / "none"),): f"there is no {tmp_path / 'none'}: give the folder of a run",
        (str(tmp_path / "run"),): "holds no run: there is no config.yaml in it",
        (str(off),): "has no recording: it runs with --record false",
        (str(soon),): "has no recording.h5 yet: watch it later",
        (str(tmp_path / "text.h5"),): "it is not an HDF5 file",
        (str(recorded), "--population", "hiden1"): "no spikes of 'hiden1' (did you mean 'hidden1'",
        (str(recorded), "--population", "output"): "no spikes of 'output': it holds those of hidde",
        (str(recorded), "--interval", "0"): "--interval is 0.0: give seconds above 0, at most 3600",
        (str(recorded), "--interval", "inf"): "--interval is inf: give seconds above 0",
        (str(recorded), "--interval", "nan"): "--interval is nan: give seconds above 0",
    }
    capsys.readouterr()
    for arguments, sentence in cases.items():
        assert main(["watch", *arguments]) == 2, arguments
        (line,) = capsys.readouterr().err.splitlines()
        assert sentence in line
