"""Recordings with triggers that are interrupted and resumed."""

import h5py
import numpy as np
import pytest

from spikefa.recording import (
    Recorder,
    Trigger,
    open_recording,
)
from tests.helpers.toy_network import IMAGES, PROBES
from tests.helpers.triggered_runs import FIRST, MIXED, STEPS, WANTED, around, check, firings, high


def contents(path):
    """Return every dataset by name, but for what is remembered for a resumed run."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: found.update({name: item[:]}) if hasattr(item, "dtype") else None
        )
    return {name: values for name, values in found.items() if "history" not in name}


@pytest.mark.slow
@pytest.mark.parametrize(
    "windows", [MIXED, MIXED[2:], [Trigger(high, before=40, after=20, edge=False)]]
)
@pytest.mark.parametrize("stop", [1, 47, 90, 121, 200, 259])
def test_stopped_and_resumed_is_uninterrupted(tmp_path, start, toy, windows, stop):
    """Also with a trigger's window open, and with rows that wait when the first part is closed."""
    other = {"thumbnails": IMAGES, "steps_per_image": 5, "probes": (*PROBES, PROBES[0])[:-1]}
    with start(tmp_path / "whole.h5", windows=windows, **other) as recorder:
        toy.run(recorder, range(STEPS))
    path = tmp_path / "parts.h5"
    with start(path, windows=windows, **other) as recorder:
        toy.run(recorder, range(stop))
    given = {"predicates": {"high": high}, "thumbnails": IMAGES}
    with Recorder.resume(path, toy.variables, stop, **given) as recorder:
        toy.run(recorder, range(stop, min(stop + 3, STEPS)))
    with Recorder.resume(path, toy.variables, min(stop + 3, STEPS), **given) as recorder:
        toy.run(recorder, range(stop + 3, STEPS))
    whole, parts = contents(tmp_path / "whole.h5"), contents(path)
    assert whole.keys() == parts.keys()
    for name, values in whole.items():
        if name not in ("spikefa/images/index", "spikefa/images/pixels"):
            np.testing.assert_array_equal(values, parts[name], err_msg=name)
    with open_recording(tmp_path / "whole.h5") as a, open_recording(path) as b:
        assert a.images.keys() == b.images.keys()


@pytest.mark.slow
@pytest.mark.parametrize("checkpoint", [60, 117, 180])
def test_resumed_from_a_checkpoint_before_the_end(tmp_path, start, toy, checkpoint):
    """The run went on after the checkpoint, which was committed, and is repeated from there."""
    other = {"windows": MIXED, "thumbnails": IMAGES, "steps_per_image": 5}
    with start(tmp_path / "whole.h5", **other) as recorder:
        toy.run(recorder, range(STEPS))
    path = tmp_path / "parts.h5"
    recorder = start(path, **other)
    for step in range(200):
        toy.run(recorder, range(step, step + 1))
        if step + 1 == checkpoint:
            recorder.commit()
    recorder.close("failed")
    given = {"predicates": {"high": high}, "thumbnails": IMAGES}
    with Recorder.resume(path, toy.variables, checkpoint, **given) as recorder:
        toy.run(recorder, range(checkpoint, STEPS))
    check(path, WANTED)
    whole, parts = contents(tmp_path / "whole.h5"), contents(path)
    np.testing.assert_array_equal(whole["spikefa/firings"], parts["spikefa/firings"])


def test_an_interrupted_commit_is_done_again(tmp_path, start, toy, interrupted_puts):
    """Ctrl-C while a block is on its way: its rows and firings are written once."""
    recorder = start(windows=Trigger(high, before=6, after=3), thumbnails=IMAGES)
    toy.run(recorder, range(100))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            recorder.commit()
    toy.run(recorder, range(100, STEPS))
    recorder.close()
    fired = firings(FIRST > 1.2)
    check(tmp_path / "run.h5", around(fired, 6, 3))
    with open_recording(tmp_path / "run.h5") as recording:
        np.testing.assert_array_equal(recording.firings("high"), fired)
