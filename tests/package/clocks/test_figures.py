"""Every figure of a recording draws each variable at the steps at which it was read."""

import numpy as np
import pytest

import spikefa as sf
from spikefa import analysis
from spikefa.analysis.animation import _film
from spikefa.analysis.panels import MISSING
from tests.helpers.clock_table import SPIKES, N, turns
from tests.helpers.clock_truth import course, near, pixels, psth, window_counts, window_rates


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


def whole(draw, clock, r, *given, **options):
    """Draw a figure of whole images; where none was read, it must say so."""
    if clock == "every":
        with pytest.raises(sf.SpikefaError, match=r"every 3 steps of always .* every step"):
            draw(r, *given, **options)
        return None
    return draw(r, *given, **options)


def check_class_raster_figure(r, real, clock):
    figure = whole(analysis.class_raster_figure, clock, r, ["hidden1"], per_class=None)
    if figure is not None:
        found = analysis.class_raster(r, "hidden1")
        (image,) = panels(figure)["raster/hidden1"].images
        drawn = np.asarray(image.get_array()).T > 0
        np.testing.assert_array_equal(drawn, found.spikes.reshape(-1, 20))


def check_psth_figure(r, real, clock):
    figure = whole(analysis.psth_figure, clock, r, "hidden1", [7])
    if figure is not None:
        (line,) = panels(figure)["unit 7"].lines
        near(line.get_ydata(), psth(real, clock, 0, N - 1)[0][:, 7])


def check_tuning_figure(r, real, clock):
    figure = whole(analysis.tuning_figure, clock, r, "hidden1", None, [7])
    if figure is not None:
        counts, label = window_counts(real, clock, 0, N)
        expected = [counts[label == each, 7].mean() / N for each in np.unique(label)]
        near(panels(figure)["unit 7"].lines[0].get_ydata(), expected)


def check_paths_figure(r, real, clock):
    figure = whole(analysis.paths_figure, clock, r, "hidden1", by=None)
    if figure is not None:
        path = analysis.population_paths(r, "hidden1", 2, by=None).path[0]
        near(panels(figure)["second"].lines[0].get_ydata(), path[:, 1])


def check_triggered_images_figure(r, real, clock):
    figure = analysis.triggered_images_figure(r, "hidden1", [7], lag=2, images=pixels())
    found = analysis.triggered_images(r, "hidden1", [7], lag=2, images=pixels())
    near(panels(figure)["unit 7"].images[0].get_array(), found.average[0] - found.mean)


def check_triggered_trace_figure(r, real, clock):
    figure = analysis.triggered_trace_figure(r, "output", ("hidden1", "potential", 7), 0, 0, [4])
    (axes,) = figure.axes
    near(axes.lines[2].get_ydata(), course(real, clock, clock, 0, 0)[4])


def check_animate(r, real, clock):
    """One population has a frame for each of its steps; beside others it is grey in between."""
    film = _film(r, ["hidden1"], "all", "all", 100)
    held = real.steps(clock).tolist()
    assert film.steps == held
    cells = panels(film.figure)["cells/hidden1"].images[0]
    for step in held[::4]:
        film.show(step)
        drawn = np.asarray(cells.get_array()).ravel()
        np.testing.assert_array_equal(drawn > 0, real.values["hidden1", "spikes"][step])


FIGURES = {
    "animate": check_animate,
    "raster_figure": check_raster_figure,
    "figure4": check_figure4,
    "rates_figure": check_rates_figure,
    "class_raster_figure": check_class_raster_figure,
    "psth_figure": check_psth_figure,
    "tuning_figure": check_tuning_figure,
    "paths_figure": check_paths_figure,
    "triggered_images_figure": check_triggered_images_figure,
    "triggered_trace_figure": check_triggered_trace_figure,
}


def test_a_population_that_was_not_read_at_a_step_is_grey(mixed, real):
    clocks = turns()
    with sf.open(mixed) as recording:
        film = _film(recording, SPIKES, "all", "all", 100)
        held = {name: set(real.steps(clocks[name, "spikes"]).tolist()) for name in SPIKES}
        assert film.steps == sorted(set.union(*held.values()))
        for step in film.steps[::5]:
            film.show(step)
            for name in SPIKES:
                cells = panels(film.figure)[f"cells/{name}"].images[0].get_array()
                assert (np.asarray(cells) == MISSING).all() == (step not in held[name])


@pytest.mark.slow
@pytest.mark.parametrize("figure", FIGURES)
def test_figures(made, real, clock, figure):
    with sf.open(made(clock)) as recording:
        FIGURES[figure](recording, real, clock)
