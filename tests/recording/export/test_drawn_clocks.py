"""Exports of variables whose windows and paces are drawn at random hold the times of each."""

import itertools
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefa.recording import Probe, Recorder, Window, open_recording
from tests.helpers.toy_network import PROVENANCE, Toy, shown, truth

TOTAL = 60
VARIABLES = (("hidden1", "spikes"), ("hidden2", "spikes"), ("hidden2", "gain"))


@st.composite
def clocks(draw):
    """Return disjoint windows, given by their edges, and a pace."""
    edges = st.lists(st.integers(0, TOTAL), min_size=2, max_size=6, unique=True)
    found = sorted(draw(edges))
    return list(zip(found[::2], found[1::2], strict=False)), draw(st.integers(1, 9))


def steps_of(windows, every):
    return [step for start, stop in windows for step in range(start, stop, every)]


def record(path, drawn):
    toy = Toy()
    probes = []
    for number, (name, (windows, every)) in enumerate(zip(VARIABLES, drawn, strict=True)):
        own = [Window(f"{number}:{start}", start, stop) for start, stop in windows]
        probes.append(Probe(*name, [1, 5], every=every, window=own))
    with Recorder.create(path, probes, Window("w", 20, 25), toy.variables, PROVENANCE) as recorder:
        toy.run(recorder, range(TOTAL))


def values(population, variable, steps):
    return np.array([truth(step)[population][variable][0, [1, 5]] for step in steps])


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.tuples(clocks(), clocks(), clocks()))
def test_times_values_and_what_was_observed(drawn):
    pytest.importorskip("neo")
    pytest.importorskip("pynapple")
    with tempfile.TemporaryDirectory() as folder:
        record(Path(folder) / "r.h5", drawn)
        with open_recording(Path(folder) / "r.h5") as recording:
            block, objects = recording.to_neo(), recording.to_pynapple()
    segments = block.segments
    ends = [(float(s.t_start), float(s.t_stop)) for s in segments]
    assert all(before[1] < after[0] for before, after in itertools.pairwise(ends))
    for name, clock in zip(VARIABLES, drawn, strict=True):
        steps = steps_of(*clock)
        if name[1] == "spikes":
            expected = values(*name, steps)
            for column, unit in enumerate([1, 5]):
                spiked = [s for s, value in zip(steps, expected[:, column], strict=True) if value]
                key = {"population": name[0], "unit": unit}
                trains = [t for segment in segments for t in segment.spiketrains]
                trains = [t for t in trains if key.items() <= t.annotations.items()]
                assert [time for t in trains for time in t.magnitude] == spiked
                group = objects[name[0]]
                assert (1000 * group[unit].t).round(6).tolist() == spiked
            assert round(objects[name[0]].time_support.tot_length("ms")) == len(steps)
        else:
            held = [
                signal
                for segment in segments
                for signal in (*segment.analogsignals, *segment.irregularlysampledsignals)
            ]
            times = [time for signal in held for time in signal.times.rescale("ms").magnitude]
            np.testing.assert_allclose(times, steps)
            given_values = np.concatenate([signal.magnitude for signal in held])
            np.testing.assert_array_equal(given_values, values(*name, steps))
            frame = objects["/".join(name)]
            np.testing.assert_allclose(1000 * frame.t, steps)
            np.testing.assert_array_equal(frame.values, values(*name, steps))
    images = [shown(int(time)) for segment in segments for time in segment.epochs[0].times]
    labels = [int(label) for segment in segments for label in segment.epochs[0].labels]
    assert labels == [label for _, label in images]
