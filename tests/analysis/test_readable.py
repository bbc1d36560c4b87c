"""The checks of figures find each kind of fault, and nothing in a figure without any."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.helpers.readable import check_readable, faults

X = np.linspace(0, 1, 20)


@pytest.fixture
def figure():
    """A figure without a fault: a line that rises, and its legend in the empty corner."""
    figure = Figure(figsize=(5, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(X, X**2, label="a line")
    axes.set(xlabel="time", ylabel="height (m)")
    axes.legend(loc="upper left")
    return figure


def only(figure):
    """Return the single fault of a figure."""
    (fault,) = faults(figure)
    return fault


def test_a_figure_without_a_fault(figure):
    figure.colorbar(figure.axes[0].imshow(np.eye(2)), label="weight (mV)")
    figure.axes[0].clear()
    figure.axes[0].set_axis_off()  # its labels and ticks are not drawn
    check_readable(figure)


def test_small_text_is_found(figure):
    figure.text(0.5, 0.5, "tiny", fontsize=6.5)
    assert only(figure) == "'tiny' has 6.5 points"
    with pytest.raises(AssertionError, match="tiny"):
        check_readable(figure)


def test_text_is_small_in_a_figure_wider_than_a_page():
    figure = Figure(figsize=(16, 2))
    figure.text(0.5, 0.5, "wide", fontsize=12)
    assert only(figure) == "'wide' has 6.0 points"


def test_text_beyond_the_edge_is_found(figure):
    figure.text(0.98, 0.5, "beyond the edge")
    assert "beyond the edge" in only(figure)
    assert "cut" in only(figure)


@pytest.mark.parametrize("rotation", [0, 90])
def test_texts_on_each_other_are_found(figure, rotation):
    figure.text(0.5, 0.5, "first", rotation=rotation)
    figure.text(0.5, 0.51, "second", rotation=rotation)
    assert only(figure) == "'first' is on 'second'"
    figure.texts[0].set_visible(False)
    check_readable(figure)


def test_crowded_ticks_are_found(figure):
    figure.axes[0].set_xticks([0.5, 0.51], ["one half", "a little more"])
    assert only(figure) == "'one half' is on 'a little more'"
    figure.axes[0].set_xticks([0.5, 9], ["one half", "not within the limits"])
    figure.axes[0].set_xlim(0, 1)
    check_readable(figure)


def test_axes_without_a_label_are_found(figure):
    figure.axes[0].set_ylabel("")
    assert "y axis" in only(figure)
    figure.axes[0].tick_params(labelleft=False)
    check_readable(figure)


def test_a_row_of_panels_may_share_a_label():
    figure = Figure(figsize=(6, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.set(xlabel="time", ylabel="height (m)")
    assert "x axis" in only(figure)  # of the right panel
    right.set_xlabel("time")
    check_readable(figure)


@pytest.mark.parametrize("label", ["", "weight"])
def test_a_colour_bar_without_a_unit_is_found(figure, label):
    figure.axes[0].get_legend().remove()
    bar = figure.colorbar(figure.axes[0].imshow(np.eye(2), aspect="auto"), label=label)
    assert any("unit" in fault for fault in faults(figure))
    bar.set_label("weight (mV)")
    check_readable(figure)


@pytest.mark.parametrize("kind", ["line", "dots", "marks", "band", "bars", "error", "guide"])
def test_a_legend_on_data_is_found(figure, kind):
    axes = figure.axes[0]
    y = 1 - 0.1 * X
    if kind == "line":
        axes.plot([0, 1], [0.5, 1])  # whose ends lie beside the legend
        axes.legend(loc="center", bbox_to_anchor=(0.5, 0.72))
    elif kind == "dots":
        axes.scatter(X, y)
    elif kind == "marks":
        axes.plot(X, y, "o", linestyle="none")
    elif kind == "band":
        axes.fill_between([0, 1], 0.6, 2)
    elif kind == "bars":
        axes.bar([0.1], [2], 0.2)
    elif kind == "error":
        axes.errorbar([0.1], [0.5], [0.5])
        axes.set_ylim(0, 1)
    else:
        axes.axvline(0.1)
    assert any("the legend of" in fault for fault in faults(figure))


def test_a_legend_of_the_figure_is_looked_at_too(figure):
    axes = figure.axes[0]
    axes.get_legend().remove()
    figure.legend(loc="outside upper center")
    check_readable(figure)
    figure.legends[0].remove()
    figure.legend(loc="center", bbox_to_anchor=(0.85, 0.8))
    assert "legend" in only(figure)


def test_text_on_a_line_is_found(figure):
    figure.axes[0].text(0.5, 0.25, "here")
    assert only(figure) == "'here' stands on a line"
    figure.axes[0].texts[0].set_y(0.1)
    check_readable(figure)
