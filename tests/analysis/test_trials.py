"""Trials of drawn recordings: windows with gaps, images of any length, blocks of any size."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spikefa import analysis
from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, Window, open_recording

TOTAL = 60


@st.composite
def runs(draw):
    """Return windows, the length of images, the steps around an event, and bins."""
    edges = sorted(draw(st.sets(st.integers(0, TOTAL), min_size=2, max_size=6)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    windows = [Window(f"w{n}", *pair) for n, pair in enumerate(pairs)]
    width = draw(st.integers(1, 3))
    before, after = width * draw(st.integers(0, 2)), width * draw(st.integers(1, 3)) - 1
    return windows, draw(st.integers(1, 7)), before, after, width


def record(path, windows, length, spikes):
    variables = {name: {"spikes": torch.zeros(1, 3)} for name in ("input", "hidden1", "output")}
    probes = [Probe("hidden1", "spikes", "all")]
    given = {"steps_per_image": length}
    path.unlink(missing_ok=True)
    with Recorder.create(path, probes, windows, variables, {"seed": 0}, **given) as recorder:
        for step in range(TOTAL):
            variables["hidden1"]["spikes"][0] = torch.from_numpy(spikes[step])
            number = step // length
            recorder.observe(step, number, number % 3, start=number * length)
    return open_recording(path)


@pytest.mark.slow
@given(runs(), st.integers(0, 2**32 - 1), st.integers(1, 20))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_trials_and_intervals_are_those_of_a_loop(tmp_path, monkeypatch, run, seed, rows):
    windows, length, before, after, width = run
    monkeypatch.setattr("spikefa.analysis.trials.BLOCK_ROWS", rows)
    monkeypatch.setattr("spikefa.analysis.trials.COUNTED", 7 * rows)
    spikes = (np.random.default_rng(seed).random((TOTAL, 3)) < 0.4).astype(np.float32)
    held = {step for window in windows for step in range(window.start, window.stop)}
    whole = [
        first
        for first in range(0, TOTAL, length)
        if all(first + lag in held for lag in range(-before, after + 1))
    ]
    with record(tmp_path / "run.h5", windows, length, spikes) as recording:
        check_intervals(analysis.intervals(recording, "hidden1"), held, spikes)
        given = {"before": before, "after": after, "width": width, "by": "class"}
        if not whole:
            with pytest.raises(SpikefaError, match="holds no stretch"):
                analysis.psth(recording, "hidden1", **given)
            return
        found = analysis.psth(recording, "hidden1", **given)
    classes = sorted({first // length % 3 for first in whole})
    assert found.group.tolist() == classes
    for place, label in enumerate(classes):
        mine = [first for first in whole if first // length % 3 == label]
        trials = np.array([spikes[first - before : first + after + 1] for first in mine])
        bins = trials.reshape(len(mine), -1, width, 3).mean(axis=2)
        assert found.trials[place] == len(mine)
        np.testing.assert_allclose(found.mean[place], bins.mean(axis=0), atol=1e-12)


def check_intervals(found, held, spikes):
    expected = [
        (unit, second - first)
        for unit in range(3)
        for second in range(TOTAL)
        if spikes[second, unit] and second in held
        for first in [max((s for s in range(second) if spikes[s, unit] and s in held), default=-1)]
        if first >= 0 and all(step in held for step in range(first, second))
    ]
    assert list(zip(found.place, found.interval, strict=True)) == expected
