import shutil

import h5py
import numpy as np
import pytest
import torch

from spikefa.errors import SpikefaError
from spikefa.recording import Recorder, Window, open_recording
from tests.helpers.toy_network import IMAGES, PROBES


def contents(path):
    """Return every dataset with rows, and the thumbnails, by name."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: found.update({name: item[:]}) if hasattr(item, "dtype") else None
        )
    return found


@pytest.mark.slow
@pytest.mark.parametrize("step", [0, 7, 20, 35, 57, 110, 115])
def test_resumed_is_uninterrupted(tmp_path, start, toy, step):
    """Stopped at 115, resumed from a checkpoint at `step`: the rows are those of one run."""
    with start(tmp_path / "whole.h5", thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(130))
    path = tmp_path / "parts.h5"
    with start(path, thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(115))
    with Recorder.resume(path, toy.variables, step, thumbnails=IMAGES) as recorder:
        with open_recording(path) as recording:
            assert (recording.steps < step).all()
            assert recording.status == "open"
        toy.run(recorder, range(step, 130))
    whole, parts = contents(tmp_path / "whole.h5"), contents(path)
    assert whole.keys() == parts.keys()
    for name, values in whole.items():
        np.testing.assert_array_equal(values, parts[name], err_msg=name)
    with open_recording(path) as recording:
        assert recording.provenance["trimmed_at_steps"] == [step]


def test_steps_between_the_last_commit_and_the_checkpoint_are_a_gap(tmp_path, start, toy):
    path = tmp_path / "run.h5"
    with start(path) as recorder:
        toy.run(recorder, range(105))
    with Recorder.resume(path, toy.variables, 110) as recorder:
        toy.run(recorder, range(110, 130))
    with open_recording(path) as recording:
        late = recording.steps[recording.rows("late")]
    np.testing.assert_array_equal(late, [*range(100, 105), *range(110, 120)])


@pytest.mark.slow
def test_a_file_left_by_a_killed_process_is_resumed(tmp_path, start, toy, python):
    killed = python(
        "import os\n"
        "from tests.helpers.toy_network import *\n"
        "from spikefa.recording import *\n"
        "toy = Toy()\n"
        "recorder = Recorder.create('k.h5', [Probe('input', 'spikes', 'all')],\n"
        "    [Window('a', 0, 30), Window('b', 40, 60)], toy.variables, PROVENANCE)\n"
        "toy.run(recorder, range(50))\n"
        "recorder.commit()\n"  # by itself it would be written sooner or later, or never
        "os._exit(9)\n"
    )
    assert killed.returncode == 9, killed.stderr
    with pytest.raises(OSError, match="open"):
        h5py.File(tmp_path / "k.h5", "r")
    with Recorder.resume(tmp_path / "k.h5", toy.variables, 25) as recorder:
        toy.run(recorder, range(25, 70))
    windows = [Window("a", 0, 30), Window("b", 40, 60)]
    with start(tmp_path / "whole.h5", probes=PROBES[:1], windows=windows) as recorder:
        toy.run(recorder, range(70))
    with h5py.File(tmp_path / "k.h5", "r"):
        pass
    with open_recording(tmp_path / "k.h5") as a, open_recording(tmp_path / "whole.h5") as b:
        np.testing.assert_array_equal(a.steps, b.steps)
        np.testing.assert_array_equal(a.raster("input"), b.raster("input"))


def test_another_network_is_refused_and_the_file_left_alone(tmp_path, start, toy):
    path = tmp_path / "run.h5"
    with start(path, thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(30))
    before = path.read_bytes()
    other = {name: dict(states) for name, states in toy.variables.items()}
    other["hidden1"] = {"spikes": torch.zeros(3, 99), "potential": torch.zeros(3, 99)}
    with pytest.raises(SpikefaError, match="99"):
        Recorder.resume(path, other, 5, thumbnails=IMAGES)
    with pytest.raises(SpikefaError, match="thumbnails"):
        Recorder.resume(path, toy.variables, 5)
    with pytest.raises(SpikefaError, match="no recording"):
        Recorder.resume(tmp_path / "none.h5", toy.variables, 5)
    assert path.read_bytes() == before


def test_a_full_disk_leaves_the_old_recording(tmp_path, start, toy, monkeypatch):
    path = tmp_path / "run.h5"
    with start(path) as recorder:
        toy.run(recorder, range(30))
    before = path.read_bytes()
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(SpikefaError, match="free"):
        Recorder.resume(path, toy.variables, 5)
    with pytest.raises(SpikefaError, match="no room"):
        start(tmp_path / "new.h5")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
