"""Animations: each frame is one step, as the file holds it; the file is whole or not there."""

import os
import stat
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image, ImageSequence

from spikefa import analysis
from spikefa.analysis.animation import DPI, _film
from spikefa.analysis.panels import MISSING, SPIKE, SPIKE_OF_CLASS
from spikefa.errors import SpikefaError
from spikefa.utils.progress import Bar
from tests.helpers.readable import check_readable
from tests.helpers.recorded_run import PIXELS


def panels(film):
    return {str(axes.get_label()): axes for axes in film.figure.axes}


def cells(axes):
    return np.asarray(axes.images[0].get_array())


def test_each_frame_shows_its_step(recording, recorded):
    _, truth = recorded
    film = _film(recording, None, "all", slice(203, 240), 4)
    drawn = panels(film)
    assert film.steps == list(range(203, 220))  # the end of one image, and three more
    for step in film.steps:
        film.show(step)
        (row,) = np.flatnonzero(truth.steps == step)
        start = step - step % 5
        np.testing.assert_array_equal(cells(drawn["image"]), PIXELS[truth.image[row]])
        hidden = cells(drawn["cells/hidden1"]).ravel()
        np.testing.assert_array_equal(hidden[:13] == SPIKE, truth.hidden[row])
        assert (hidden[13:] == 0).all()
        output = cells(drawn["cells/output"]).reshape(-1)
        own = truth.output[row] & (np.arange(20) // 4 == truth.label[row])
        np.testing.assert_array_equal(output > 0, truth.output[row])
        np.testing.assert_array_equal(output == SPIKE_OF_CLASS, own)
        since = (truth.steps >= start) & (truth.steps <= step)
        votes = truth.output[since].reshape(-1, 5, 4).sum(axis=(0, 2))
        assert [bar.get_width() for bar in drawn["guess"].patches] == votes.tolist()
        (said,) = (text.get_text() for text in drawn["image"].texts)
        right = votes.argmax() == truth.label[row]
        assert said == (
            f"shown: {truth.label[row]}\n"
            + (f"guess: {votes.argmax()}, {'right' if right else 'wrong'}")
        )
        assert f"step {step - start + 1} of this image" in film.figure._suptitle.get_text()
    assert drawn["guess"].get_xlim()[1] >= max(bar.get_width() for bar in drawn["guess"].patches)


@pytest.mark.parametrize("given", [{}, {"populations": ["hidden1"], "units": "5"}])
def test_every_text_can_be_read(recording, given):
    film = _film(recording, given.get("populations"), given.get("units", "all"), None, 6)
    check_readable(film.figure)


def test_a_gif_has_a_frame_for_each_step(recording, tmp_path):
    path = tmp_path / "a.gif"
    analysis.animate(recording, path, steps="middle", images=2, steps_per_second=10)
    with Image.open(path) as film:
        frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(film)]
        assert film.info["duration"] == 100
        assert film.info["loop"] == 0
    assert len(frames) == 7  # 203 and 204 of the first image, 205 to 209 of the second
    assert len({frame.tobytes() for frame in frames}) == 7
    assert [each.name for each in tmp_path.iterdir()] == ["a.gif"]


def test_a_failure_leaves_the_old_file(recording, tmp_path, monkeypatch):
    path = tmp_path / "a.gif"
    path.write_bytes(b"old")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(SpikefaError, match="no room left"):
        analysis.animate(recording, path, images=1)
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_an_mp4_without_ffmpeg_is_refused(recording, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpikefaError, match=r"a\.mp4 needs ffmpeg, .* end the name in \.gif"):
        analysis.animate(recording, tmp_path / "a.mp4")


def _fake_ffmpeg(folder, script):
    """A program of this name: the frames come to it on standard input."""
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def test_ffmpeg_gets_a_frame_for_each_step(recording, tmp_path, monkeypatch):
    """It is not installed here; what stands for it keeps the raw frames as the file."""
    folder = tmp_path / "bin"
    folder.mkdir()
    _fake_ffmpeg(folder, 'for last; do :; done; cat > "$last"')
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    analysis.animate(recording, tmp_path / "a.mp4", steps="middle", images=2)
    film = _film(recording, None, "all", "middle", 2)
    width, height = (int(DPI * inches) // 2 * 2 for inches in film.figure.get_size_inches())
    assert (tmp_path / "a.mp4").stat().st_size == 7 * width * height * 4
    _fake_ffmpeg(folder, "cat > /dev/null; exit 3")
    with pytest.raises(SpikefaError, match="ffmpeg could not write the animation"):
        analysis.animate(recording, tmp_path / "b.mp4", images=1)
    assert not (tmp_path / "b.mp4").exists()


def test_what_cannot_be_shown_is_said(recording, tmp_path):
    path = tmp_path / "a.gif"
    for match, given in (
        (r"end the name in \.gif or \.mp4", {"path": tmp_path / "a.avi"}),
        ("images is 0", {"images": 0}),
        ("steps_per_second is 51: give a whole number from 1 to 50", {"steps_per_second": 51}),
        ("holds no spikes of 'input'", {"populations": ["input"]}),
    ):
        with pytest.raises(SpikefaError, match=match):
            analysis.animate(**({"recording": recording, "path": path} | given))
    assert not list(tmp_path.iterdir())


def test_more_frames_than_anybody_watches_are_refused(recording, tmp_path, monkeypatch):
    monkeypatch.setattr("spikefa.analysis.animation.MOST_FRAMES", 10)
    with pytest.raises(SpikefaError, match="30 steps are too many for an animation"):
        analysis.animate(recording, tmp_path / "a.gif", images=6)


def test_a_bar_of_progress(recording, tmp_path, monkeypatch):
    bars = []

    @contextmanager
    def progress_bar(label, total, enabled):
        bars.append((label, total, enabled, Bar(None)))
        yield bars[-1][-1]

    monkeypatch.setattr("spikefa.analysis.animation.progress_bar", progress_bar)
    analysis.animate(recording, tmp_path / "a.gif", images=2)
    ((label, total, enabled, bar),) = bars
    assert (label, total, enabled) == ("frames", 10, "auto")
    assert bar.done == 10


def test_steps_that_were_not_read_are_grey(recording):
    """The gap between two windows has no frame; nothing was read there."""
    film = _film(recording, ["hidden1"], "all", slice(98, 212), 4)
    assert film.steps == [*range(98, 103), *range(203, 210)]
    film.show(100)
    assert (cells(panels(film)["cells/hidden1"]).ravel()[:13] != MISSING).all()
