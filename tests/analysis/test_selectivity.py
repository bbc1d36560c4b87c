"""Selectivity of units, by hand."""

import numpy as np
import pytest

from spikefa import analysis
from spikefa.errors import SpikefaError


def test_selectivity_by_hand(run):
    recording, truth = run
    found = analysis.selectivity(recording, "hidden1")
    for unit in range(13):
        rates = np.array([truth.hidden[truth.label == c, unit].mean() for c in range(5)])
        np.testing.assert_allclose(found.rates[:, unit], rates)
        if unit == 3:
            assert found.preferred[unit] == -1
            assert np.isnan([found.index[unit], found.sparseness[unit]]).all()
            continue
        best, others = rates.max(), np.delete(rates, rates.argmax()).mean()
        assert found.index[unit] == pytest.approx((best - others) / (best + others))
        sparse = (1 - rates.mean() ** 2 / (rates**2).mean()) / (1 - 1 / 5)
        assert found.sparseness[unit] == pytest.approx(sparse)
        assert found.preferred[unit] == rates.argmax()
    tuned = [unit for unit in range(13) if unit not in (3, 8)]
    assert found.preferred[tuned].tolist() == [unit % 5 for unit in tuned]
    assert found.index[8] == 0


def test_selectivity_needs_two_classes(recording):
    with pytest.raises(SpikefaError, match="1 classes"):
        analysis.selectivity(recording, "hidden1", steps=slice(0, 5))
