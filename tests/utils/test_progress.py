"""Progress: a bar on a terminal and in a notebook, lines elsewhere, in words that all share."""

import io
import re
import sys
import threading

import pytest

from spikefa.errors import SpikefaError
from spikefa.utils import progress
from spikefa.utils.progress import Bar, clock, log_line, progress_bar, shown_as
from spikefa.utils.showing import WORDS, progress_word, showing


class Terminal(io.StringIO):
    def isatty(self):
        return True


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def test_short_work_writes_nothing_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", silent := io.StringIO())
    with progress_bar("test", total=10) as bar:
        bar.advance(10, lambda: "never asked for" + 1 / 0)
    assert silent.getvalue() == ""
    assert bar.done == 10


def test_a_finished_epoch_stays_on_the_terminal_with_its_note(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with progress_bar("epoch 1/3", total=10, keep=True) as bar:
        bar.advance(10, lambda: "error 4.20 %  31 steps/s")
    shown = plain(terminal.getvalue())
    assert "epoch 1/3" in shown
    assert "100 %" in shown
    assert "error 4.20 %  31 steps/s" in shown


def test_nothing_redraws_it_from_another_thread(monkeypatch):
    """It would do so whether there is anything new or not, and take 1.5 % of the loop."""
    monkeypatch.setattr(sys, "stderr", Terminal())
    before = threading.active_count()
    with progress_bar("epoch 1/3", total=10) as bar:
        bar.advance(1)
        assert threading.active_count() == before


def test_redrawn_at_most_as_often_as_the_interval():
    drawn = []
    bar = Bar(lambda done, note: drawn.append((done, note)), interval=3600)
    for _ in range(1000):
        bar.advance(1)
    assert drawn == []
    bar.redraw()
    assert drawn == [(1000, "")]


@pytest.mark.parametrize(
    ("given", "on_terminal", "elsewhere"),
    [
        ("auto", "bar", "log"),
        ("bar", "bar", "bar"),
        (True, "bar", "bar"),
        ("log", "log", "log"),
        ("none", "none", "none"),
        (False, "none", "none"),
    ],
)
def test_every_word_has_one_meaning(monkeypatch, given, on_terminal, elsewhere):
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert shown_as(given) == on_terminal
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert shown_as(given) == elsewhere


@pytest.mark.parametrize("given", [None, "loud", 1, 0, b"bar", "Auto"])
def test_another_word_is_refused(given):
    with pytest.raises(SpikefaError, match="give 'auto', 'bar', 'log', 'none', True"):
        progress_word(given)


def test_the_command_line_says_what_auto_means_and_no_more():
    for word in WORDS[1:]:
        with showing(word):
            assert shown_as("auto") == word
            assert shown_as("log") == "log"
            with showing("none"):
                assert shown_as("auto") == "none"
            assert shown_as("auto") == word


def test_a_log_has_a_line_in_a_while_and_a_last_one(monkeypatch):
    monkeypatch.setattr(sys, "stderr", log := io.StringIO())
    monkeypatch.setattr(progress, "LINES", 0.0)
    with progress_bar("runs", 3, keep=True) as bar:
        bar.advance(2)
    first, last = log.getvalue().splitlines()
    assert first.startswith("runs 2/3  0:00:0")
    assert last.endswith(" left")
    monkeypatch.setattr(progress, "LINES", 3600.0)
    monkeypatch.setattr(sys, "stderr", log := io.StringIO())
    with progress_bar("runs", 3, keep=True) as bar:
        for _ in range(3):
            bar.advance(1)
    assert log.getvalue() == "runs 3/3  0:00:00 left\n"


def test_a_log_that_nobody_can_read_stops_nothing(monkeypatch):
    class Broken(io.StringIO):
        def write(self, text):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Broken())
    log_line("epoch 1/3")
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    log_line("epoch 1/3")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00:00"), (59.6, "0:01:00"), (3725, "1:02:05"), (90000, "25:00:00")]
)
def test_a_duration_is_hours_minutes_and_seconds(seconds, text):
    assert clock(seconds) == text


def test_a_notebook_needs_nothing_extra(monkeypatch, capsys):
    """rich would draw with ipywidgets, and warn if it is not there."""
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    assert shown_as("auto") == "bar"
    with progress_bar("epoch 1/3", total=4, keep=True) as bar:
        bar.advance(1, lambda: "error 80 %")
        bar.redraw()
        bar.advance(3, lambda: "error 4 %")
    with progress_bar("validation", total=4) as bar:
        bar.advance(4)
        bar.redraw()
    out, err = capsys.readouterr()
    assert err == ""
    kept, wiped = out.split("\n")
    frames = kept.split("\r")
    assert [frame.split()[-5:] for frame in frames[1:]] == [
        ["25", "%", "error", "80", "%"],
        ["100", "%", "error", "4", "%"],
    ]
    assert len({len(frame) for frame in frames[1:]}) == 1  # nothing of the longer one stays
    assert wiped.split("\r")[-2].strip() == wiped.split("\r")[-1] == ""


def test_a_notebook_of_jupyter_shows_the_bar_and_no_warning():
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    cell = (
        "from spikefa.utils.progress import progress_bar\n"
        "with progress_bar('epoch 1/1', 2, keep=True) as bar:\n"
        "    bar.advance(2, lambda: 'error 4 %')\n"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = notebook.cells[0].outputs
    assert {(each.output_type, each.name) for each in outputs} == {("stream", "stdout")}
    assert "".join(each.text for each in outputs).endswith("━ 100 %  error 4 %\n")
