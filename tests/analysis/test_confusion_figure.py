"""The picture of a confusion matrix: its counts, its shares, its names."""

import numpy as np
import pytest

from spikefa.analysis import confusion_figure
from spikefa.errors import SpikefaError
from tests.helpers.readable import check_readable

COUNTS = np.array([[8, 2, 0], [1, 3, 0], [0, 0, 0]])


def parts(figure):
    axes, scale = figure.axes
    return axes, scale, axes.images[0]


def test_cells_have_the_share_and_the_count():
    axes, scale, image = parts(confusion_figure(COUNTS, "of $x$"))
    np.testing.assert_allclose(image.get_array(), [[80, 20, 0], [25, 75, 0], [0, 0, 0]])
    written = {each.get_position(): each.get_text() for each in axes.texts}
    assert written == {(0, 0): "8", (1, 0): "2", (0, 1): "1", (1, 1): "3"}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("class guessed", "class shown")
    assert scale.get_ylabel() == "share of the class (%)"
    assert axes.get_title(loc="left") == r"of \$x\$"
    assert min(each.get_fontsize() for each in axes.texts) >= 7


def test_many_classes_have_no_numbers_in_the_cells():
    axes, _, image = parts(confusion_figure(np.eye(300, dtype=int)))
    assert not axes.texts
    assert image.get_array().shape == (300, 300)
    assert len(axes.get_xticks()) < 20


@pytest.mark.parametrize("n", [1, 3, 10, 11, 26, 300])
def test_it_can_be_read(n):
    """Also with a thousand images in every cell."""
    check_readable(confusion_figure(np.full((n, n), 1234), "test images, guess from the last step"))


@pytest.mark.parametrize("counts", [np.zeros((2, 3)), np.zeros((2, 3, 3)), np.zeros((0, 0)), 3])
def test_what_is_no_matrix(counts):
    with pytest.raises(SpikefaError, match=r"give \[n_classes, n_classes\], of replicas that of"):
        confusion_figure(counts)
