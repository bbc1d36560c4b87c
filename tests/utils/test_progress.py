"""Progress bars: on a terminal only, with the error so far and the speed."""

import io
import re
import sys
import threading

from spikefa.utils.progress import Bar, progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def plain(text):
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)


def test_nothing_is_written_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", silent := io.StringIO())
    with progress_bar("epoch 1/3", total=10) as bar:
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
