"""Every figure of a recording draws each variable at the steps at which it was read."""

import numpy as np
import pytest

import spikefa as sf
from spikefa import analysis
from spikefa.analysis.panels import MISSING
from tests.helpers.clock_table import SPIKES
from tests.helpers.clock_truth import near, window_rates


def cells(axes):
    """Return the steps that were drawn and not grey, and the spikes in them [T, n]."""
    (image,) = axes.images
    drawn = np.asarray(image.get_array()).T
    held = (drawn != MISSING).all(axis=1)
    return np.flatnonzero(held) + round(image.get_extent()[0] + 0.5), drawn[held] > 0


def panels(figure):
    return {str(axes.get_label()): axes for axes in figure.axes}


def check_raster_figure(r, real, clock):
    found = panels(analysis.raster_figure(r, steps="all"))
    for name in SPIKES:
        steps, drawn = cells(found[f"raster/{name}"])
        assert steps.tolist() == real.steps(clock).tolist()
        np.testing.assert_array_equal(drawn, real.values[name, "spikes"][steps])


def check_figure4(r, real, clock):
    """Each panel shows what was read within its window, and a line joins no gap."""
    figure = panels(analysis.figure4(r))
    held = set(real.steps(clock).tolist())
    for label in {name.partition("/")[0] for name in figure}:
        start, stop = (round(end + 0.5) for end in figure[f"{label}/hidden1"].get_xlim())
        expected = [step for step in range(start, stop) if step in held]
        for name in SPIKES:
            steps, drawn = cells(figure[f"{label}/{name}"])
            assert steps.tolist() == expected
            np.testing.assert_array_equal(drawn, real.values[name, "spikes"][steps])
        for variable, column in (("potential", 0), ("modulator", 0)):
            line = figure[f"{label}/{variable}"].lines[1]
            x, y = line.get_xdata(), line.get_ydata()
            assert x[~np.isnan(y)].tolist() == expected
            near(y[~np.isnan(y)], real.values["hidden1", variable][expected, column])


def check_rates_figure(r, real, clock):
    figure = analysis.rates_figure(r)
    lines = {line.get_label(): line for line in panels(figure)["rates/hidden1"].lines[::2]}
    expected = window_rates(real, clock)
    assert set(lines) <= set(expected)
    for label, line in lines.items():
        near(line.get_xdata()[1:-1], np.sort(expected[label]))
    assert {text.get_text() for text in figure.legends[0].get_texts()} == set(lines)


FIGURES = {
    "raster_figure": check_raster_figure,
    "figure4": check_figure4,
    "rates_figure": check_rates_figure,
}


@pytest.mark.parametrize("figure", FIGURES)
def test_figures(made, real, clock, figure):
    with sf.open(made(clock)) as recording:
        FIGURES[figure](recording, real, clock)
