"""Figures of responses: what they draw, and that it can be read."""

import numpy as np
import pytest

from spikefa import analysis
from spikefa.analysis.panels import SPIKE, SPIKE_OF_CLASS
from spikefa.errors import SpikefaError
from tests.helpers.readable import check_readable

TRACE = ("hidden1", "potential", 9)
DRAWN = {
    "psth of a population": lambda r: analysis.psth_figure(r, "hidden1", by="class", before=2),
    "psth of units": lambda r: analysis.psth_figure(r, "hidden1", 5, width=5),
    "psth of many units": lambda r: analysis.psth_figure(r, "output", 9, by="class"),
    "tuning": lambda r: analysis.tuning_figure(r, "hidden1", slice(1, 5)),
    "paths": lambda r: analysis.paths_figure(r, "hidden1", before=2),
    "class raster": lambda r: analysis.class_raster_figure(r),
    "class raster of few units": lambda r: analysis.class_raster_figure(r, units="5", per_class=2),
    "trace": lambda r: analysis.triggered_trace_figure(r, "output", TRACE, 3, 4, 7),
    "images": lambda r: analysis.triggered_images_figure(r, "hidden1", 7),
    "one image": lambda r: analysis.triggered_images_figure(r, "hidden1", [4], lag=1),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DRAWN)
def test_every_text_can_be_read(recording, name):
    check_readable(DRAWN[name](recording))


def panels(figure):
    return {str(axes.get_label()): axes for axes in figure.axes}


def test_psth_figure_draws_means_and_errors(recording):
    found = analysis.psth(recording, "hidden1", [2, 9], by="class", before=2)
    drawn = panels(analysis.psth_figure(recording, "hidden1", [2, 9], by="class", before=2))
    lines = drawn["unit 9"].lines[1:]  # after that of the event
    bands = drawn["unit 9"].collections
    for number, (line, band) in enumerate(zip(lines, bands, strict=True)):
        np.testing.assert_array_equal(line.get_xdata(), found.step)
        np.testing.assert_allclose(line.get_ydata(), found.mean[number, :, 1])
        y = band.get_paths()[0].vertices[:, 1]
        highest = (found.mean + found.error)[number, :, 1].max()
        assert y.max() == pytest.approx(highest)
    assert drawn["unit 9"].lines[0].get_xdata()[0] == -0.5
    whole = panels(analysis.psth_figure(recording, "hidden1", width=5))
    (line,) = whole["hidden1"].lines
    assert line.get_xdata().tolist() == [2.0]


def test_class_raster_figure_draws_the_spikes(recording):
    found = analysis.class_raster(recording, "hidden1", per_class=4)
    figure = analysis.class_raster_figure(recording, ["hidden1", "output"], per_class=4)
    (image,) = panels(figure)["raster/hidden1"].images
    cells = np.asarray(image.get_array()).T.reshape(found.spikes.shape)
    np.testing.assert_array_equal(cells > 0, found.spikes)
    own = found.spikes & (found.preferred == found.label[:, None])[:, None]
    np.testing.assert_array_equal(cells == SPIKE_OF_CLASS, own)
    np.testing.assert_array_equal(cells == SPIKE, found.spikes & ~own)
    axes = panels(figure)["raster/output"]
    assert [label.get_text() for label in axes.get_yticklabels()] == list("01234")
    (image,) = axes.images
    outputs = analysis.class_raster(recording, "output", per_class=4, sort=False)
    drawn = np.asarray(image.get_array()).T > 0
    np.testing.assert_array_equal(drawn, outputs.spikes.reshape(-1, 20))


def test_triggered_figures_draw_the_averages(recording):
    average, _ = analysis.triggered_trace(recording, "output", TRACE, 3, 4, [7])
    figure = analysis.triggered_trace_figure(recording, "output", TRACE, 3, 4, [7])
    line = figure.axes[0].lines[-1]
    np.testing.assert_array_equal(line.get_xdata(), range(-3, 5))
    np.testing.assert_allclose(line.get_ydata(), average[0])
    found = analysis.triggered_images(recording, "hidden1", [6, 8])
    drawn = panels(analysis.triggered_images_figure(recording, "hidden1", [6, 8]))
    (image,) = drawn["unit 6"].images
    np.testing.assert_allclose(image.get_array(), found.average[0] - found.mean)


def test_what_is_too_much_or_nothing_is_said(recording):
    with pytest.raises(SpikefaError, match=r"30 groups of trials are too many|are too many lines"):
        analysis.psth_figure(recording, "hidden1", by="image")
    with pytest.raises(SpikefaError, match="none of these units of 'hidden1' spiked"):
        analysis.triggered_images_figure(recording, "hidden1", [3])
    with pytest.raises(SpikefaError, match="none of these units of 'hidden1' spiked where"):
        analysis.triggered_trace_figure(recording, "hidden1", TRACE, 1, 1, [3])
