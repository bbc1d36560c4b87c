"""Synchrony of a population, against NumPy."""

import numpy as np
import pytest

from spikefa import analysis
from tests.helpers.recorded_run import BUSY, SILENT


def test_synchrony_is_chi(run):
    recording, truth = run
    for units in (None, [0, 5, 10], [4]):
        spikes = truth.hidden[:, slice(None) if units is None else units].astype(float)
        expected = np.sqrt(spikes.mean(1).var() / spikes.var(0).mean())
        assert analysis.synchrony(recording, "hidden1", units) == pytest.approx(expected)
    assert analysis.synchrony(recording, "hidden1", [4]) == pytest.approx(1)
    assert np.isnan(analysis.synchrony(recording, "hidden1", [SILENT, BUSY]))
