import numpy as np
import pytest

from spikefa.analysis import learning_curve, save_figure
from spikefa.errors import SpikefaError
from tests.helpers.readable import check_readable, tick_labels

HEADER = (
    "epoch,images,step,train_error_percent,validation_error_percent,rate_input,rate_output,"
    "wall_seconds,learning_rate\n"
)
ROWS = (
    "1,1000,5000,40.0,30.0,0.1,0.2,1,0.1\n"
    "2,2000,10000,20.0,,0.1,0.15,2,0.1\n"
    "3,3000,15000,4.0,5.0,0.1,0.12,3,0.1\n"
)


@pytest.fixture
def metrics(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text(HEADER + ROWS)
    return path


def test_curves_are_the_columns(metrics):
    errors, rates = learning_curve(metrics).axes
    curves = {line.get_label(): line.get_xydata().tolist() for line in errors.lines}
    assert curves == {
        "training images, while learning: 4.00 %": [[1000, 40], [2000, 20], [3000, 4]],
        "validation images: 5.00 %": [[1000, 30], [3000, 5]],
    }
    assert errors.get_yscale() == "log"
    curves = {line.get_label(): line.get_ydata().tolist() for line in rates.lines}
    assert curves == {"input": [0.1, 0.1, 0.1], "output": [0.2, 0.15, 0.12]}
    assert rates.get_xlabel() == "images seen"
    low, high = rates.get_xlim()
    assert low == 0
    assert high > 3000


def test_the_test_error_stands_at_the_end_and_each_error_says_what_it_is(metrics):
    figure = learning_curve(metrics, test_error=6.25)
    errors = figure.axes[0]
    assert errors.lines[2].get_xydata().tolist() == [[3000, 6.25]]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "training images, while learning: 4.00 %",
        "validation images: 5.00 %",
        "test images, at the end: 6.25 %",
    ]
    assert errors.get_ylabel() == "error (%)"


def test_the_label_says_which_guess_if_there_are_two():
    rows = [{"images": 1, "train_error_percent": 9.0, "train_error_percent_summed": 8.0}]
    assert learning_curve(rows).axes[0].get_ylabel() == "error, guess from the last step (%)"


def test_labels_of_the_logarithmic_axis_are_apart():
    """0.9 stood on 1.0."""
    for last in (0.0002, 0.2, 1.2, 11):
        errors = np.geomspace(60, last, 5)
        rows = [{"images": n, "train_error_percent": x} for n, x in enumerate(errors, 1)]
        figure = learning_curve(rows)
        check_readable(figure)
        shown = [label.get_text() for label in tick_labels(figure.axes[0].yaxis)]
        assert 2 <= len(shown) <= 10
        assert not any("^" in label for label in shown)


@pytest.mark.parametrize("validation", ["", "50.0"])
def test_one_row(tmp_path, validation):
    path = tmp_path / "metrics.csv"
    path.write_text(HEADER + f"1,1000,5000,60.0,{validation},0.1,0.2,1,0.1\n")
    figure = learning_curve(path)
    save_figure(figure, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    errors = figure.axes[0]
    assert errors.get_yscale() == "linear"
    assert len(errors.lines) == 1 + bool(validation)
    assert errors.get_ylim()[0] == 0
    assert errors.get_ylim()[1] > 60


def test_rows_from_memory_and_an_error_of_zero():
    rows = [
        {
            "epoch": n,
            "images": 10 * n,
            "train_error_percent": 2.0 - n,
            "validation_error_percent": None,
        }
        for n in (1, 2)
    ]
    (errors,) = learning_curve(rows).axes
    assert errors.get_yscale() == "linear"
    np.testing.assert_array_equal(errors.lines[0].get_ydata(), [1, 0])


def test_what_cannot_be_drawn_is_said(tmp_path, metrics):
    with pytest.raises(SpikefaError, match="one epoch"):
        learning_curve([])
    with pytest.raises(SpikefaError, match=r"none\.csv"):
        learning_curve(tmp_path / "none.csv")
    with pytest.raises(SpikefaError, match="'images'"):
        learning_curve([{"loss": 1}])
    with pytest.raises(SpikefaError, match="no error"):
        learning_curve([{"images": 1}])
    with pytest.raises(SpikefaError, match=r"\.png"):
        save_figure(learning_curve(metrics), tmp_path / "curve.doc")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["metrics.csv"]
