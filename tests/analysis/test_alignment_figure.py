"""Alignment over the epochs: the figure holds the numbers of the metrics."""

import numpy as np
import pytest

from spikefa.analysis import alignment_figure, save_figure
from spikefa.errors import SpikefaError
from tests.helpers.readable import check_readable

ROWS = [
    {"epoch": 1, "alignment_hidden2": 88.0, "alignment_output": 80.0},
    {"epoch": 2, "alignment_hidden2": 85.5, "alignment_output": 60.25},
]


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


def test_the_angles_before_training_are_at_epoch_0():
    start = {"epoch": 0, "images": 0, "alignment_hidden2": 90.5, "alignment_output": 89.0}
    figure = alignment_figure([start, *ROWS])
    curves = {str(line.get_label()): line.get_xydata().tolist() for line in figure.axes[0].lines}
    assert curves["hidden2"] == [[0, 90.5], [1, 88.0], [2, 85.5]]
    assert figure.axes[0].get_xlim()[0] == 0
    check_readable(figure)


def test_an_epoch_without_angles_is_left_out():
    """A run that an older spikefa began has no angles in its first rows."""
    (axes,) = alignment_figure([{"epoch": 1}, {"epoch": 2, "alignment_output": 70.0}]).axes
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [np.nan, 70.0])


@pytest.mark.parametrize("rows", [[], [{"epoch": 1}], [{"epoch": 1, "alignment_x": ""}]])
def test_metrics_without_alignment(rows):
    with pytest.raises(SpikefaError, match="no alignment to draw"):
        alignment_figure(rows)
