"""A recording that is deleted, renamed, replaced, truncated or overwritten while it is written."""

import os
import shutil

import h5py
import numpy as np
import pytest

from spikefa.recording import Always, open_recording
from tests.recording.write.test_repair import rows_of


def overwrite(path, other):
    """Write another file into this one, as ``cp`` does."""
    with open(path, "r+b") as file:
        file.write(other.read_bytes())


HARM = {
    "deleted": lambda path, other: path.unlink(),
    "deleted with its folder": lambda path, other: shutil.rmtree(path.parent),
    "renamed": lambda path, other: path.rename(path.with_name("elsewhere.h5")),
    "another file has its name": lambda path, other: os.replace(other, path),
    "truncated": lambda path, other: os.truncate(path, 5000),
    "truncated to nothing": lambda path, other: os.truncate(path, 0),
    "written into it": overwrite,
}


@pytest.fixture
def running(tmp_path, start, toy):
    """A recording in a folder of its own, another file, and the messages."""
    with start(tmp_path / "other.h5", windows=[Always()]) as recorder:
        toy.run(recorder, range(200))
    (tmp_path / "folder").mkdir()
    messages = []
    recorder = start(tmp_path / "folder" / "run.h5", windows=[Always()], warn=messages.append)
    toy.run(recorder, range(20))
    recorder.commit()
    return recorder, tmp_path / "other.h5", messages


@pytest.mark.slow
@pytest.mark.parametrize("how", HARM)
@pytest.mark.parametrize("noticed_by", ["commit", "rows", "close"])
def test_it_is_noticed_and_said(running, toy, how, noticed_by):
    recorder, other, messages = running
    HARM[how](recorder.path, other)
    if noticed_by == "commit":
        recorder.commit()
        assert len(messages) == 1
    if noticed_by != "close":
        toy.run(recorder, range(20, 1300))
    recorder.close()
    assert len(messages) == 1
    said = how.replace("with its folder", "").replace("to nothing", "").strip()
    assert said in messages[0]
    assert said in recorder.failure
    assert "stopped after 20 steps" in messages[0]
    assert "can be read" not in messages[0]
    assert "\n" not in messages[0]


def test_under_its_new_name_it_is_whole(running, toy):
    recorder, _, _ = running
    before = rows_of(recorder.path)
    new = recorder.path.rename(recorder.path.with_name("new.h5"))
    toy.run(recorder, range(20, 40))
    recorder.close()
    with h5py.File(new, "r") as file:
        assert file["spikefa/status"][0] == 2
    for name, values in rows_of(new).items():
        np.testing.assert_array_equal(values, before[name])


def test_what_has_its_name_now_is_left_alone(running, toy):
    recorder, other, _ = running
    content = other.read_bytes()
    os.replace(other, recorder.path)
    toy.run(recorder, range(20, 40))
    recorder.close()
    assert recorder.path.read_bytes() == content
    assert [each.name for each in recorder.path.parent.iterdir()] == ["run.h5"]


def test_a_reader_is_not_taken_for_harm(running, toy):
    recorder, _, messages = running
    with open_recording(recorder.path) as recording:
        toy.run(recorder, range(20, 40))
        recorder.commit()
        assert recording.refresh() == 40
    recorder.close()
    assert not messages
