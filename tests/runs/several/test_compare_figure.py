"""The picture of several runs: their curves and means."""

import re

import numpy as np
import pandas as pd
import pytest

from spikefa.analysis.compared_curves import Curves, compared_curves
from spikefa.errors import SpikefaError
from spikefa.runs.several.figure import curves_figure
from spikefa.runs.several.finding import find_runs
from spikefa.runs.several.groups import grouped
from spikefa.runs.several.stored import read_runs
from tests.helpers.compared_runs import of, table
from tests.helpers.readable import check_readable


def figure_of(*paths):
    return curves_figure(grouped(read_runs(find_runs(paths)))[0])


def test_numbers_that_nobody_can_compute_with_are_left_out(runs):
    """Their squares are no numbers: Python raises an error."""
    text = (runs.three / "summary.json").read_text()
    (runs.three / "summary.json").write_text(
        re.sub(r'("test_error_percent(_summed)?"): [\d.]+', r"\1: 1e308", text)
    )
    (row,) = [line for line in table(runs.three, runs.dfa) if line.startswith("three  ")][:1]
    assert not re.search(r"\b1e\+?308\b", row)  # not any "1e": that may be in the name of a commit
    assert len(figure_of(runs.three, runs.dfa).axes) == 2


def test_every_panel_says_which_error_it_shows(runs):
    figure = figure_of(runs.fa0, runs.fa1, runs.dfa)
    validation, training, test = figure.axes
    assert validation.get_title(loc="left") == "validation error"
    assert training.get_title(loc="left") == "training error"
    assert test.get_title(loc="left") == "test error after training"
    assert validation.get_ylabel() == "error, guess from the last step (%)"
    assert validation.get_xlabel() == training.get_xlabel() == "images seen"
    assert validation.get_ylim() == training.get_ylim() == test.get_ylim()
    assert [text.get_text() for text in figure.legends[0].texts] == ["as fa0 (n = 2)", "dfa"]


def test_the_lines_are_the_runs_and_their_mean(runs):
    validation, training, test = figure_of(runs.fa0, runs.fa1, runs.dfa).axes
    rows = [pd.read_csv(path / "metrics.csv") for path in (runs.fa0, runs.fa1, runs.dfa)]
    for axes, name in ((validation, "validation"), (training, "train")):
        errors = [row.get(f"{name}_error_percent", rows[0].images) for row in rows]
        images = rows[0].images.to_numpy()
        wanted = [errors[0], errors[1], (errors[0] + errors[1]) / 2]
        drawn = [line.get_xydata() for line in axes.lines if len(line.get_xydata())]
        for line, expected in zip(drawn, wanted, strict=False):
            np.testing.assert_allclose(line, np.stack([images, expected], axis=1), rtol=1e-6)
        (band,) = axes.collections
        edges = band.get_paths()[0].vertices[:, 1]
        sd = np.std(errors[:2], axis=0, ddof=1)
        assert edges.max() == pytest.approx((wanted[2] + sd).max())
        assert len(drawn) == (4 if name == "train" else 3), "dfa has no validation images"
        assert len({line.get_color() for line in axes.lines if len(line.get_xydata())}) == (
            2 if name == "train" else 1
        )
    dots = [line.get_ydata().tolist() for line in test.lines if line.get_marker() == "o"]
    assert dots == [
        [of(path)["test_error_percent"] for path in group]
        for group in ((runs.fa0, runs.fa1), (runs.dfa,))
    ]


def test_runs_of_other_lengths_have_a_mean_as_far_as_all_go(runs):
    lines = (runs.fa1 / "metrics.csv").read_text().splitlines()
    (runs.fa1 / "metrics.csv").write_text("\n".join(lines[:2]) + "\n")
    (runs.fa1 / "summary.json").unlink()
    validation = figure_of(runs.fa0, runs.fa1).axes[0]
    lengths = [len(line.get_xydata()) for line in validation.lines if len(line.get_xydata())]
    assert lengths == [2, 1, 1]


@pytest.mark.parametrize("names", ["fa0 fa1 dfa three", "fa0 dfa", "three dfa"])
def test_the_picture_can_be_read(runs, names):
    check_readable(figure_of(*(runs.all / name for name in names.split())))


def test_many_and_long_names_can_be_read():
    rows = [{"images": "1000", "train_error_percent": "50"}]
    for number, length in ((28, 12), (5, 400)):
        names = [f"{k:02}{'x' * length}" for k in range(number)]
        figure = compared_curves([Curves(label=name, runs=[rows]) for name in names])
        check_readable(figure)
        looks = {(line.get_color(), line.get_linestyle()) for line in figure.axes[0].lines}
        assert len(looks) == number
    with pytest.raises(SpikefaError, match="29 curves cannot be told apart"):
        compared_curves([Curves(label=f"{k}", runs=[rows]) for k in range(29)])


def test_errors_of_several_sizes_are_on_a_logarithmic_axis():
    rows = [{"images": f"{k}000", "train_error_percent": f"{90 / k**2}"} for k in range(1, 6)]
    figure = compared_curves([Curves(label="one", runs=[rows])])
    assert figure.axes[0].get_yscale() == "log"
    check_readable(figure)
