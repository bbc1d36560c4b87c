"""Rates, against NumPy on the whole raster."""

import numpy as np
import pytest

from spikefa import analysis
from spikefa.errors import SpikefaError


def between(truth, start, stop):
    return (truth.steps >= start) & (truth.steps < stop)


def test_rates_of_units(run):
    recording, truth = run
    rates = analysis.unit_rates(recording, "hidden1")
    np.testing.assert_array_equal(rates, truth.hidden.mean(axis=0))
    rates = analysis.unit_rates(recording, "hidden1", [9, 0], slice(90, 250))
    np.testing.assert_array_equal(rates, truth.hidden[between(truth, 90, 250)][:, [9, 0]].mean(0))


def test_rates_of_populations_and_windows(run):
    recording, truth = run
    means = analysis.mean_rates(recording)
    assert means == pytest.approx({"hidden1": truth.hidden.mean(), "output": truth.output.mean()})
    rates = analysis.window_rates(recording, "output")
    assert list(rates) == ["early", "middle", "late"]
    middle = truth.output[between(truth, 203, 317)]
    np.testing.assert_array_equal(rates["middle"], middle.mean(axis=0))


def ages(truth):
    """Steps for which the image is known to have been shown already; five are a presentation."""
    age = []
    for row, step in enumerate(truth.steps):
        if row == 0 or step != truth.steps[row - 1] + 1 or truth.image[row] != truth.image[row - 1]:
            age.append(step % 5)
        else:
            age.append(age[-1] + 1)
    return np.array(age)


@pytest.mark.parametrize("settle", [0, 1, 3, 5])
def test_rates_by_class(run, settle):
    """Images come up to twice in a row, so a few are shown for more than 5 steps."""
    recording, truth = run
    found = analysis.class_rates(recording, "hidden1", settle=settle)
    kept = ages(truth) >= settle
    for label in range(5):
        chosen = kept & (truth.label == label)
        assert found.steps[label] == chosen.sum()
        np.testing.assert_allclose(found.rates[label], truth.hidden[chosen].mean(0), atol=1e-15)


def test_a_class_that_was_not_shown_has_no_rate(recording, recorded):
    _, truth = recorded
    found = analysis.class_rates(recording, "hidden1", steps=slice(0, 5))
    shown = truth.label[0]
    assert found.steps.tolist() == [5 * (label == shown) for label in range(5)]
    assert np.isnan(np.delete(found.rates, shown, axis=0)).all()


@pytest.mark.parametrize("width", [1, 5, 7, 1000])
def test_rate_over_time(run, width):
    recording, truth = run
    step, rate = analysis.population_rate(recording, "hidden1", width=width)
    np.testing.assert_array_equal(step, np.unique(truth.steps // width) * width)
    for first, value in zip(step, rate, strict=True):
        expected = truth.hidden[between(truth, first, first + width)].mean()
        assert value == pytest.approx(expected, abs=1e-15)


def test_rate_over_time_of_some_units_in_a_window(run):
    recording, truth = run
    step, rate = analysis.population_rate(recording, "output", [3, 4], "late")
    np.testing.assert_array_equal(step, np.arange(400, 560))
    late = truth.output[between(truth, 400, 560)][:, [3, 4]]
    np.testing.assert_array_equal(rate, late.mean(1))


def test_elephant_finds_the_same_rates(recording):
    statistics = pytest.importorskip("elephant.statistics", reason="elephant is not installed")
    from neo import SpikeTrain
    from quantities import Hz, ms

    spikes = recording.raster("hidden1", steps="late")
    trains = [SpikeTrain(np.flatnonzero(s), units="ms", t_stop=len(spikes)) for s in spikes.T]
    rates = analysis.unit_rates(recording, "hidden1", steps="late") * 1000
    theirs = [statistics.mean_firing_rate(train).rescale(Hz).item() for train in trains]
    np.testing.assert_allclose(rates, theirs, atol=1e-9)
    histogram = statistics.time_histogram(trains, 5 * ms, output="counts").magnitude[:, 0]
    _, rate = analysis.population_rate(recording, "hidden1", steps="late", width=5)
    np.testing.assert_allclose(rate * 5 * 13, histogram, atol=1e-9)


def test_what_there_is_not_is_said(recording):
    with pytest.raises(SpikefaError, match="holds no steps of slice"):
        analysis.unit_rates(recording, "hidden1", steps=slice(110, 200))
    with pytest.raises(SpikefaError, match="no population 'hidden9'"):
        analysis.unit_rates(recording, "hidden9")
    with pytest.raises(SpikefaError, match="holds no 'spikes' of 'input'"):
        analysis.class_rates(recording, "input")
    with pytest.raises(SpikefaError, match="have no 99: they are 0 to 12"):
        analysis.population_rate(recording, "hidden1", [99])
    with pytest.raises(SpikefaError, match="width is 0"):
        analysis.population_rate(recording, "hidden1", width=0)
    with pytest.raises(SpikefaError, match="settle is -1"):
        analysis.class_rates(recording, "hidden1", settle=-1)
