"""Tuning curves and Fano factors, against loops over presentations and elephant."""

import numpy as np
import pytest
import torch

from spikefa import analysis
from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, Window, open_recording
from tests.helpers.trial_truth import by_group, trials


def counts(truth, by, window=slice(None)):
    """Spikes of each unit in each presentation, by group."""
    groups = by_group(trials(truth), by)
    return {
        number: np.array([truth.hidden[rows[window]].sum(axis=0) for rows in found])
        for number, found in groups.items()
    }


@pytest.mark.parametrize("window", [None, slice(1, None), slice(-1, None), slice(0, 2)])
def test_tuning_curves(run, window):
    recording, truth = run
    found = analysis.tuning(recording, "hidden1", window)
    spikes = counts(truth, "class", window or slice(None))
    length = len(range(5)[window or slice(None)])
    assert found.group.tolist() == list(spikes)
    for place, each in enumerate(spikes.values()):
        assert found.presentations[place] == len(each)
        np.testing.assert_allclose(found.mean[place], each.mean(axis=0) / length)
        error = each.std(axis=0, ddof=1) / np.sqrt(len(each)) / length
        np.testing.assert_allclose(found.error[place], error, atol=1e-12)
    highest = np.array([each.mean(axis=0) for each in spikes.values()])
    expected = np.where(highest.max(0) > 0, np.array(list(spikes))[highest.argmax(0)], -1)
    np.testing.assert_array_equal(found.preferred, expected)


@pytest.mark.parametrize("by", ["class", "image", None])
def test_fano_factors(run, by):
    recording, truth = run
    found = analysis.fano(recording, "hidden1", slice(1, 5), [2, 3, 12], by=by)
    for place, each in enumerate(counts(truth, by, slice(1, 5)).values()):
        each = each[:, [2, 3, 12]]
        with np.errstate(invalid="ignore"):
            expected = each.var(axis=0, ddof=1) / each.mean(axis=0) if len(each) > 1 else np.nan
        np.testing.assert_allclose(found.factor[place], np.broadcast_to(expected, 3), atol=1e-12)
        np.testing.assert_allclose(found.mean[place], each.mean(axis=0))


def test_elephant_finds_the_same_fano_factors(recording, recorded):
    statistics = pytest.importorskip("elephant.statistics", reason="elephant is not installed")
    from neo import SpikeTrain

    _, truth = recorded
    found = analysis.fano(recording, "hidden1", by=None)
    presented = by_group(trials(truth), None)[-1]
    n = len(presented)
    for unit in (0, 5, 12):
        trains = [
            SpikeTrain(np.flatnonzero(truth.hidden[rows, unit]), units="ms", t_stop=5)
            for rows in presented
        ]
        theirs = statistics.fanofactor(trains)  # divides by n
        assert found.factor[0, unit] * (n - 1) / n == pytest.approx(theirs, abs=1e-12)


def test_bernoulli_spikes_have_the_factor_that_theory_says(tmp_path):
    """1 - p, for spikes drawn in each step; here of one neuron in 4000 presentations."""
    spikes = torch.zeros(1, 1)
    variables = {"input": {"spikes": torch.zeros(1, 1)}, "output": {"spikes": spikes}}
    source, path = np.random.default_rng(1), tmp_path / "a.h5"
    window = [Window("all", 0, 20_000)]
    given = (path, [Probe("output", "spikes", "all")], window, variables, {"seed": 0})
    drawn = source.random(20_000) < 0.3
    with Recorder.create(*given) as recorder:
        for step in range(20_000):
            spikes.fill_(float(drawn[step]))
            recorder.observe(step, step // 5 % 7, 0, start=step - step % 5)
    with open_recording(path) as recording:
        factor = analysis.fano(recording, "output", by=None).factor.item()
        assert factor == pytest.approx(0.7, abs=4 * np.sqrt(2 / 4000))
        cv = analysis.intervals(recording, "output").cv.item()
        assert cv == pytest.approx(np.sqrt(0.7), abs=0.03)


def test_a_window_without_steps_is_refused(recording):
    for window in (slice(5, 9), slice(3, 1), 2, slice(0, 5, 2)):
        with pytest.raises(SpikefaError, match=r"window (is|are) "):
            analysis.tuning(recording, "hidden1", window)
