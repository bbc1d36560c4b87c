"""Rates, alignment and receptive fields: the figures hold the numbers of the files."""

from functools import partialmethod

import numpy as np
import pytest
import torch

from spikefa.analysis import alignment_figure, rates_figure, receptive_fields, save_figure
from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, Recording, Window, open_recording
from spikefa.simulation.checkpoint import Checkpoint, save_checkpoint

ROWS = [
    {"epoch": 1, "alignment_hidden2": 88.0, "alignment_output": 80.0},
    {"epoch": 2, "alignment_hidden2": 85.5, "alignment_output": 60.25},
]


# -- alignment -------------------------------------------------------------------------------------


def test_alignment_is_the_columns_with_90_degrees_marked(tmp_path):
    (axes,) = alignment_figure(ROWS).axes
    curves = {str(line.get_label()): line.get_xydata().tolist() for line in axes.lines}
    assert curves["hidden2"] == [[1, 88.0], [2, 85.5]]
    assert curves["output"] == [[1, 80.0], [2, 60.25]]
    assert axes.lines[-1].get_ydata() == [90, 90]
    low, high = axes.get_ylim()
    assert low < 60.25
    assert high > 90
    path = tmp_path / "metrics.csv"
    path.write_text("epoch,alignment_a$b\n1,91.5\n")
    figure = alignment_figure(path)
    save_figure(figure, tmp_path / "x.png")
    assert figure.axes[0].get_ylim()[1] > 91.5


def test_an_epoch_without_angles_is_left_out():
    """A run that an older spikefa began has no angles in its first rows."""
    (axes,) = alignment_figure([{"epoch": 1}, {"epoch": 2, "alignment_output": 70.0}]).axes
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [np.nan, 70.0])


@pytest.mark.parametrize("rows", [[], [{"epoch": 1}], [{"epoch": 1, "alignment_x": ""}]])
def test_metrics_without_alignment(rows):
    with pytest.raises(SpikefaError, match="no alignment to draw"):
        alignment_figure(rows)


# -- rates -----------------------------------------------------------------------------------------


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
    counted = axes.texts[0].get_text()
    assert counted == "early: 1 silent, 1 at each step\n\\$late: 5 silent"
    save_figure(rates_figure(recording), tmp_path / "x.pdf")


def test_rates_block_by_block_are_those_of_the_whole(recording, monkeypatch):
    monkeypatch.setattr(Recording, "blocks", partialmethod(Recording.blocks, rows=7))
    early, *_ = rates_figure(recording).axes[0].lines
    assert early.get_xdata().tolist() == [0, 0, 0.25, 0.5, 0.75, 1, 1]


# -- receptive fields ------------------------------------------------------------------------------


def checkpoint(tmp_path, weights):
    path = tmp_path / "checkpoint.pt"
    tensors = {
        "network.synapses.hidden1.bias": torch.zeros(1, weights.shape[1]),
        "network.synapses.hidden1.weight": weights,
        "network.synapses.output.weight": torch.ones(weights.shape[1], 2),
    }
    save_checkpoint(path, Checkpoint({}, tensors, {}, 0, 0.0, []))
    return path


def test_receptive_fields_are_columns_of_the_first_weights(tmp_path):
    weights = torch.randn(12, 9, generator=torch.Generator().manual_seed(2))
    figure = receptive_fields(checkpoint(tmp_path, weights), units=3, shape=(3, 4))
    fields = {axes.get_label(): axes for axes in figure.axes if axes.get_label()[:5] == "unit/"}
    assert list(fields) == ["unit/0", "unit/4", "unit/8"]
    for name, axes in fields.items():
        (image,) = axes.images
        unit = int(name[5:])
        np.testing.assert_allclose(image.get_array(), weights[:, unit].reshape(3, 4))
        assert image.get_clim()[0] == -image.get_clim()[1]
    assert "3 of 9 units" in figure.get_suptitle()
    save_figure(figure, tmp_path / "x.png")


def test_all_zero_weights_are_drawn(tmp_path):
    figure = receptive_fields(checkpoint(tmp_path, torch.zeros(4, 2)))
    assert figure.axes[0].images[0].get_clim() == (-1, 1)
    assert "2 units" in figure.get_suptitle()


def test_weights_that_make_no_image(tmp_path):
    path = checkpoint(tmp_path, torch.zeros(12, 2))
    with pytest.raises(SpikefaError, match="12 inputs do not make a square"):
        receptive_fields(path)
    with pytest.raises(SpikefaError, match="12 inputs do not make an image of 2 x 5"):
        receptive_fields(path, shape=(2, 5))
    with pytest.raises(SpikefaError, match="no checkpoint"):
        receptive_fields(tmp_path / "absent.pt")
