"""Spike-triggered averages, spike by spike."""

import numpy as np
import pytest

from spikefa import analysis
from spikefa.errors import SpikefaError
from tests.helpers.recorded_run import PIXELS, SILENT


@pytest.mark.parametrize("lag", [0, 1, 6])
def test_images(run, lag):
    recording, truth = run
    found = analysis.triggered_images(recording, "hidden1", lag=lag)
    shown = dict(zip(truth.steps.tolist(), truth.image.tolist(), strict=True))
    every = [PIXELS[shown[step - lag]] for step in truth.steps.tolist() if step - lag in shown]
    np.testing.assert_allclose(found.mean, np.mean(every, axis=0))
    for unit in range(13):
        seen = [
            PIXELS[shown[step - lag]]
            for step in truth.steps[truth.hidden[:, unit]].tolist()
            if step - lag in shown
        ]
        assert found.spikes[unit] == len(seen)
        if seen:
            np.testing.assert_allclose(found.average[unit], np.mean(seen, axis=0))
    assert found.spikes[SILENT] == 0
    assert np.isnan(found.average[SILENT]).all()


def test_images_of_the_data_set_do_as_well(recording):
    ours = analysis.triggered_images(recording, "hidden1", [6, 2], "late")
    given = analysis.triggered_images(recording, "hidden1", [6, 2], "late", images=PIXELS)
    np.testing.assert_array_equal(ours.average, given.average)
    with pytest.raises(SpikefaError, match="shows an image that was not given"):
        analysis.triggered_images(recording, "hidden1", images=PIXELS[:5])
    with pytest.raises(SpikefaError, match="keeps no images"):
        analysis.triggered_images(recording, "hidden1", images={})
    with pytest.raises(SpikefaError, match="lag is -1"):
        analysis.triggered_images(recording, "hidden1", lag=-1)


@pytest.mark.parametrize(("before", "after"), [(0, 0), (3, 0), (0, 4), (10, 20)])
@pytest.mark.parametrize("steps", [None, slice(90, 450)])
def test_traces(run, before, after, steps):
    recording, truth = run
    trace = ("hidden1", "potential", 9)
    found, spikes = analysis.triggered_trace(recording, "output", trace, before, after, steps=steps)
    chosen = {
        step: row
        for row, step in enumerate(truth.steps.tolist())
        if steps is None or steps.start <= step < steps.stop
    }
    for unit in range(20):
        seen = [
            truth.potential[row - before : row + after + 1, 9]
            for step, row in chosen.items()
            if truth.output[row, unit]
            and all(step + lag in chosen for lag in range(-before, after + 1))
        ]
        assert spikes[unit] == len(seen)
        np.testing.assert_allclose(found[unit], np.mean(seen, axis=0, dtype=np.float64))


def test_no_stretch_is_long_enough(recording):
    found, spikes = analysis.triggered_trace(
        recording, "output", ("hidden1", "potential", 9), 100, 100
    )
    assert found.shape == (20, 201)
    assert (spikes == 0).all()
    assert np.isnan(found).all()


def test_elephant_finds_the_same_average(recording):
    sta = pytest.importorskip("elephant.sta", reason="elephant is not installed")
    from neo import AnalogSignal, SpikeTrain
    from quantities import ms, mV

    values = recording.trace("hidden1", "potential", 2, "late").astype(np.float64)
    signal = AnalogSignal(values[:, None], units=mV, sampling_period=1 * ms)
    ours, _ = analysis.triggered_trace(
        recording, "output", ("hidden1", "potential", 2), 4, 4, [7], "late"
    )
    spikes = np.flatnonzero(recording.raster("output", [7], "late")[:, 0])
    inside = spikes[(spikes >= 4) & (spikes < len(values) - 4)]
    train = SpikeTrain(inside, units="ms", t_stop=len(values))
    theirs = sta.spike_triggered_average(signal, train, (-4 * ms, 5 * ms))
    np.testing.assert_allclose(ours[0], theirs.magnitude[:, 0], atol=1e-12)
