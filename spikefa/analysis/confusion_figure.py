"""A figure of a confusion matrix: what was taken for what."""

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.style import plain, quiet, style, styled
from spikefa.errors import require

MOST_NUMBERS = 10
"""With more classes, the counts are not written into the cells."""


@styled
def confusion_figure(counts: np.ndarray, title: str = "") -> Figure:
    """Draw a confusion matrix: rows are the classes shown, columns the classes guessed.

    Parameters
    ----------
    counts : ndarray of int, shape [n_classes, n_classes]
        As ``sim.test().predictions.confusion()`` or `confusion` return them.
    title : str, optional

    Returns
    -------
    Figure
        The colour is the share of the items of a class; with few classes, cells have the counts.

    Raises
    ------
    SpikefaError
        If it is no such matrix.
    """
    counts = np.asarray(counts)
    require(
        counts.ndim == 2 and counts.shape[0] == counts.shape[1] > 0,
        f"the confusion matrix has the shape {counts.shape}: give [n_classes, n_classes], of "
        "replicas that of one",
    )
    shares = 100 * counts / np.maximum(1, counts.sum(1, keepdims=True))
    few, colours = len(counts) <= MOST_NUMBERS, style()
    figure = Figure(figsize=(5.6, 4.8), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(
        shares,
        cmap=colours.pixels,
        vmin=0,
        vmax=100,
        interpolation="nearest",
        aspect="auto",  # with cells of equal sides, the layout cuts the label on the left
    )
    if few:
        axes.set_xticks(range(len(counts)))
        axes.set_yticks(range(len(counts)))
        for row, column in zip(*np.nonzero(counts), strict=True):
            colour = colours.paper if shares[row, column] > 50 else colours.ink
            number = f"{counts[row, column]:,}"
            axes.text(column, row, number, ha="center", va="center", fontsize=7.5, color=colour)
    axes.set_xlabel("class guessed", fontsize=9)
    axes.set_ylabel("class shown", fontsize=9)
    scale = figure.colorbar(image, ax=axes, shrink=0.85)
    scale.set_label("share of the class (%)", fontsize=9)
    scale.outline.set_visible(False)
    quiet(axes)
    quiet(scale.ax)
    if title:
        axes.set_title(plain(title), fontsize=10, loc="left")
    return figure
