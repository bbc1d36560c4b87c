"""Intervals between spikes, against loops and elephant; none bridges a gap."""

import itertools

import numpy as np
import pytest

from spikefa import analysis
from spikefa.errors import SpikefaError
from tests.helpers.recorded_run import BUSY, SILENT, WINDOWS


def stretches(truth, unit, span=range(10_000)):
    """The steps of the spikes of a unit in each window."""
    steps = truth.steps[truth.hidden[:, unit]].tolist()
    return [[s for s in steps if w.start <= s < w.stop and s in span] for w in WINDOWS]


@pytest.mark.parametrize("span", [None, slice(95, 420)])
def test_intervals(run, span):
    recording, truth = run
    units = list(range(13))[::-1]
    found = analysis.intervals(recording, "hidden1", units, span)
    steps = range(10_000) if span is None else range(span.start, span.stop)
    expected = [
        (place, b - a, b)
        for place, unit in enumerate(units)
        for spikes in stretches(truth, unit, steps)
        for a, b in itertools.pairwise(spikes)
    ]
    assert list(zip(found.place, found.interval, found.end, strict=True)) == expected
    assert found.units.tolist() == units
    assert found.count.sum() == len(found) == len(expected)


def test_no_interval_is_longer_than_its_window(recording):
    found = analysis.intervals(recording, "hidden1")
    assert found.interval.max() < 100  # the gaps have 83 and 100 steps
    assert found.count[SILENT] == 0
    assert np.isnan(found.cv[SILENT])
    assert (found.interval[found.place == BUSY] == 1).all()
    assert found.count[BUSY] == sum(w.stop - w.start - 1 for w in WINDOWS)
    assert found.cv[BUSY] == found.cv2[BUSY] == found.lv[BUSY] == 0


def test_elephant_finds_the_same(recording, recorded):
    statistics = pytest.importorskip("elephant.statistics", reason="elephant is not installed")
    _, truth = recorded
    found = analysis.intervals(recording, "hidden1")
    late = analysis.intervals(recording, "hidden1", steps="late")
    trains = recording.to_neo("late").segments[0].spiketrains
    for unit in (0, 5, 12):
        apart = [statistics.isi(np.array(each)) for each in stretches(truth, unit)]
        every = np.concatenate(apart)
        np.testing.assert_array_equal(found.interval[found.place == unit], every)
        assert found.mean[unit] == pytest.approx(every.mean())
        assert found.cv[unit] == pytest.approx(statistics.cv(every))
        (train,) = (
            t for t in trains if t.annotations["population"] == "hidden1" and unit == _unit(t)
        )
        isi = statistics.isi(train).rescale("ms").magnitude
        np.testing.assert_allclose(late.interval[late.place == unit], isi, atol=1e-9)
        assert late.cv2[unit] == pytest.approx(statistics.cv2(isi))
        assert late.lv[unit] == pytest.approx(statistics.lv(isi))
        # over several windows, elephant's means weighted by their number of pairs
        pairs = [len(each) - 1 for each in apart]
        theirs = np.average([statistics.lv(each) for each in apart], weights=pairs)
        assert found.lv[unit] == pytest.approx(theirs)


def _unit(train):
    return train.annotations["unit"]


def test_intervals_that_do_not_fit_are_refused(recording, monkeypatch):
    monkeypatch.setattr("spikefa.utils.memory.free_bytes", lambda device: 1000)
    with pytest.raises(SpikefaError, match="the intervals of 'hidden1' would take"):
        analysis.intervals(recording, "hidden1")
