"""Labels of neighbouring panels do not meet."""

from itertools import pairwise

import pytest
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from spikefa.analysis.spacing import labels_inside


def panels(starts, mend):
    """Return the extents of the labels that are written, panel by panel, from left to right."""
    figure = Figure(figsize=(8, 3), dpi=160)
    grid = figure.add_gridspec(1, len(starts), left=0.1, right=0.98, bottom=0.3, wspace=0.05)
    extents = []
    for number, start in enumerate(starts):
        axes = figure.add_subplot(grid[0, number])
        axes.set_xlim(start, start + 50)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.tick_params(labelsize=8)
        if mend:
            labels_inside(axes)
        assert axes.get_xlim() == (start, start + 50)
        shown = [each for each in axes.get_xticklabels() if each.get_text()]
        low, high = axes.get_xlim()
        drawn = [each for each in shown if low <= each.get_position()[0] <= high]
        assert len(drawn) >= 3
        extents += [each.get_window_extent() for each in drawn]
    return extents


def meet(extents):
    return [one.x1 >= two.x0 for one, two in pairwise(extents)]


@pytest.mark.parametrize("starts", [[-0.5, 29974.5, 59949.5], [0, 299_980, 599_950]])
def test_labels_of_many_digits_do_not_reach_into_the_next_panel(starts):
    assert not any(meet(panels(starts, mend=True)))


def test_without_that_they_meet():
    assert any(meet(panels([-0.5, 29974.5, 59949.5], mend=False)))
