"""Distributions of rates: the figure holds the numbers of the recording."""

from functools import partialmethod

import numpy as np
import pytest
import torch

from spikefa.analysis import rates_figure, save_figure
from spikefa.recording import Probe, Recorder, Recording, Window, open_recording


@pytest.fixture
def recording(tmp_path):
    """Unit k of 5 spikes in the first 25 k of 100 steps; in `late` no unit spikes."""
    spikes = torch.zeros(1, 5)
    windows = [Window("early", 0, 100), Window("$late", 200, 300)]
    probes = [Probe("hidden1", "spikes", "all")]
    path = tmp_path / "run.h5"
    states = {"hidden1": {"spikes": spikes}}
    with Recorder.create(path, probes, windows, states, {"seed": 1}) as recorder:
        for step in range(300):
            spikes.copy_(step < 25 * torch.arange(5))
            recorder.observe(step, step // 5, 0)
    with open_recording(path) as opened:
        yield opened


def test_rates_are_the_distribution_over_units(recording, tmp_path, monkeypatch):
    (axes,) = rates_figure(recording).axes
    assert axes.get_label() == "rates/hidden1"
    early, early_mean, late, late_mean = axes.lines
    assert early.get_xdata().tolist() == [0, 0, 0.25, 0.5, 0.75, 1, 1]
    np.testing.assert_allclose(early.get_ydata(), [0, 0.2, 0.4, 0.6, 0.8, 1, 1])
    assert early_mean.get_xdata() == [0.5]
    assert late.get_xdata().tolist() == [0] * 6 + [1]
    assert late_mean.get_xdata() == [0]
    assert axes.get_title("left") == "hidden1, 5 units\nsilent: 1 / 5, at each step: 1 / 0"
    save_figure(rates_figure(recording), tmp_path / "x.pdf")


def test_rates_block_by_block_are_those_of_the_whole(recording, monkeypatch):
    monkeypatch.setattr(Recording, "blocks", partialmethod(Recording.blocks, rows=7))
    early, *_ = rates_figure(recording).axes[0].lines
    assert early.get_xdata().tolist() == [0, 0, 0.25, 0.5, 0.75, 1, 1]
