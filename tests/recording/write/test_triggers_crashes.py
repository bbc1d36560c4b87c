"""Killed writers of recordings with triggers."""

import numpy as np
import pytest

from spikefa.recording import (
    Recorder,
    open_recording,
    repair,
)
from tests.helpers.toy_network import IMAGES, truth
from tests.helpers.triggered_runs import around, check, firings, high

SCRIPT = """
import sys
import torch
from tests.helpers.toy_network import *
from spikefa.recording import *
torch.set_num_threads(1)
def high(variables):
    return variables["hidden1"]["potential"][1, 0] > 1.2
probes = [Probe("input", "spikes", "all"), Probe("hidden1", "potential", 2, stream=2)]
windows = [Trigger(high, before=6, after=3)]
"""


KILL = """
from tests.helpers.killed_writers import kill_writers
def start(path):
    toy = Toy()
    return toy, Recorder.create(path, probes, windows, toy.variables, PROVENANCE,
                                thumbnails=IMAGES, max_host_bytes=20_000)
kill_writers(int(sys.argv[1]), start, steps=20000, longest=0.5)
"""


@pytest.mark.slow
@pytest.mark.parametrize("trials", [3, pytest.param(40, marks=pytest.mark.long)])
def test_what_a_killed_writer_acknowledged_is_there(tmp_path, python, toy, trials):
    """Every decided row up to the last commit; the file can be repaired, and resumed exactly."""
    done = python(SCRIPT + KILL, str(trials))
    assert done.returncode == 0, done.stderr
    acknowledged = [int(line) for line in done.stdout.split()]
    assert len(acknowledged) == trials
    for trial, stop in enumerate(acknowledged):
        path = tmp_path / f"{trial}.h5"
        holds = [truth(s)["hidden1"]["potential"][1, 0] > 1.2 for s in range(stop + 20)]
        fired = firings(holds)
        certain = around([f for f in fired if f < stop], 6, 3, 1, stop)
        for repaired in (False, True):
            if repaired:
                assert repair(path)
            with open_recording(path) as recording:
                assert recording.status == ("repaired" if repaired else "open")
                held = set(recording.steps.tolist())
                last = max(held, default=-1)
                assert certain <= held
                assert held <= around(fired, 6, 3, 1, stop + 20)
                assert set(recording.firings("high")) >= {f for f in fired if f < stop}
                spikes = [truth(s)["input"]["spikes"][0].astype(bool) for s in recording.steps]
                raster = recording.raster("input")
                np.testing.assert_array_equal(raster, np.reshape(spikes, (-1, 19)))
        given = {"predicates": {"high": high}, "thumbnails": IMAGES}
        with Recorder.resume(path, toy.variables, stop, **given) as recorder:
            toy.run(recorder, range(stop, stop + 60))
        holds = [truth(s)["hidden1"]["potential"][1, 0] > 1.2 for s in range(stop + 60)]
        check(path, around(firings(holds), 6, 3, 1, stop + 60))
        assert last < stop + 20
