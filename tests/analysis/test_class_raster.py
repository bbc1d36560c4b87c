"""Presentations sorted by class, against a loop."""

import numpy as np
import pytest

from spikefa import analysis
from spikefa.errors import SpikefaError
from tests.helpers.recorded_run import SILENT
from tests.helpers.trial_truth import trials


@pytest.mark.parametrize(("units", "per_class"), [(None, None), ([4, 3, 9, 1], 3)])
def test_presentations_and_units_are_sorted(run, units, per_class):
    recording, truth = run
    found = analysis.class_raster(recording, "hidden1", units, per_class=per_class)
    every = list(trials(truth))
    expected = []
    for label in range(5):
        expected += [each for each in every if each[1] == label][:per_class]
    assert found.event.tolist() == [event for event, *_ in expected]
    assert found.label.tolist() == [label for _, label, *_ in expected]
    for spikes, (*_, rows) in zip(found.spikes, expected, strict=True):
        np.testing.assert_array_equal(spikes, truth.hidden[rows][:, found.units])
    chosen = range(13) if units is None else units
    keys = {unit: key(truth, every, unit) for unit in chosen}
    assert found.units.tolist() == sorted(chosen, key=keys.get)
    assert found.preferred.tolist() == [keys[unit][1] for unit in found.units.tolist()]
    assert found.preferred[-1] == -1
    assert found.units[-1] == SILENT


def key(truth, every, unit):
    """Silent units last, then the preferred class, then the most selective first."""
    rates = []
    for label in range(5):
        rows = [row for _, shown, _, rows in every if shown == label for row in rows]
        rates.append(truth.hidden[rows, unit].mean())
    best = int(np.argmax(rates))
    if rates[best] == 0:
        return True, -1, 0
    others = np.mean(np.delete(rates, best))
    return False, best, -(rates[best] - others) / (rates[best] + others)


def test_units_sorted_by_other_steps_and_not_at_all(recording):
    early = analysis.class_raster(recording, "hidden1", steps="late", prefer="early")
    sorted_there = analysis.class_raster(recording, "hidden1", steps="early")
    assert early.units.tolist() == sorted_there.units.tolist()
    late = analysis.class_raster(recording, "hidden1", steps="late")
    assert late.units.tolist() != early.units.tolist()
    np.testing.assert_array_equal(late.event, early.event)
    given = analysis.class_raster(recording, "hidden1", [5, 2, 7], sort=False)
    assert given.units.tolist() == [5, 2, 7]


def test_what_is_too_much_or_too_few_is_said(recording, monkeypatch):
    with pytest.raises(SpikefaError, match="per_class is 0"):
        analysis.class_raster(recording, "hidden1", per_class=0)
    free = {"bytes": 10**9}
    monkeypatch.setattr("spikefa.utils.memory.free_bytes", lambda device: free["bytes"])
    analysis.class_raster(recording, "hidden1")
    free["bytes"] = 4000
    with pytest.raises(SpikefaError, match=r"the (raster|responses) of 'hidden1' would take"):
        analysis.class_raster(recording, "hidden1")
