"""A figure of receptive fields: the weights from the input onto single neurons, as images."""

import math
import re
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikefa.analysis.saving import PAGE_WIDTH
from spikefa.analysis.selection import spread
from spikefa.analysis.style import plain, quiet, style, styled
from spikefa.errors import SpikefaError, require
from spikefa.simulation.checkpoint import Checkpoint, load_checkpoint
from spikefa.utils.numbers import is_whole, whole_number

COLUMNS = 8
NUMBER, TITLE, EDGE = 0.21, 0.35, 0.05
"""Inches above each panel, above all of them, and below."""
UNIT = "a.u."
FIRST = re.compile(r"network\.synapses\.(.+)\.weight")


@styled
def receptive_fields(
    checkpoint: Path | str, units: int = 32, shape: tuple[int, int] | None = None
) -> Figure:
    """Draw the weights from the input onto some neurons of the first population.

    Red weights excite and blue weights inhibit. All images share one colour scale, which ends at
    the 99.5th percentile of the absolute weights drawn. Of a network with replicas, the first is
    drawn.

    Parameters
    ----------
    checkpoint : path
        The ``checkpoint.pt`` of a run.
    units : int, default 32
        Number of neurons, which are evenly spaced.
    shape : (int, int), optional
        Height and width of the images, by default square.

    Returns
    -------
    Figure
        Its panels have the labels ``"unit/<number>"``.

    Raises
    ------
    SpikefaError
        If the file is not a checkpoint or damaged, or the inputs do not make an image.
    """
    count = whole_number(units, "the number of units", 1)
    loaded = load_checkpoint(Path(checkpoint))
    name, weights = first_weights(loaded)
    height, width = _square(len(weights)) if shape is None else shape
    require(
        is_whole(height) and is_whole(width) and height >= 1 and height * width == len(weights),
        f"{len(weights)} inputs do not make an image of {height} x {width}",
    )
    size = weights.shape[1]
    chosen = spread(size, count)
    largest = float(np.quantile(np.abs(weights[:, chosen]), 0.995)) or 1.0
    figure, panels, beside = _panels(len(chosen), height / width)
    for axes, unit in zip(panels, chosen, strict=False):
        axes.set_label(f"unit/{unit}")
        field = weights[:, unit].reshape(height, width)
        image = axes.imshow(field, cmap="RdBu_r", vmin=-largest, vmax=largest)
        axes.set_title(f"{unit}", fontsize=7.5, color=style().grey, pad=2)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
    for axes in panels[len(chosen) :]:
        axes.set_axis_off()
    scale = figure.colorbar(image, cax=beside)
    scale.set_label(f"weight ({UNIT})", fontsize=8.5)
    scale.outline.set_visible(False)
    quiet(scale.ax)
    title = _title(name, len(chosen), size, loaded.settings.get("replicas"))
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


def _panels(count: int, aspect: float) -> tuple[Figure, list[Axes], Axes]:
    """Return a figure with room for this many images, its panels, and one for the colour bar.

    The places are computed: to let Matplotlib find them takes longer than all the rest.
    """
    rows = -(-count // COLUMNS)
    tall = 0.86 * aspect  # inches of a panel; above each are those of its number
    needed = rows * (tall + NUMBER) + TITLE + EDGE
    figure = Figure(figsize=(PAGE_WIDTH, max(1.6, needed)))
    inches = float(figure.get_figheight())
    low, high = EDGE / inches, 1 - (TITLE + NUMBER) / inches
    places = {"left": 0.01, "right": 0.88, "bottom": low, "top": high, "wspace": 0.06}
    panels = figure.subplots(
        rows, COLUMNS, squeeze=False, gridspec_kw={**places, "hspace": NUMBER / tall}
    )
    beside = figure.add_axes((0.9, low + 0.1 * (high - low), 0.014, 0.8 * (high - low)))
    return figure, panels.flatten().tolist(), beside


def _title(population: str, count: int, size: int, replicas: int | None) -> str:
    units = f"{count:,} of {size:,} units" if count < size else f"{size:,} units"
    first = f", the first of {replicas} replicas" if replicas else ""
    return plain(f"weights from the input onto {population}, {units}{first}")


def first_weights(checkpoint: Checkpoint) -> tuple[str, np.ndarray]:
    """Return the name of the first population and its weights from the input, [n_in, n].

    Of a network with replicas, the weights of the first are returned.

    Raises
    ------
    SpikefaError
        If the checkpoint holds no dense weights.
    """
    for key, tensor in checkpoint.tensors.items():
        found = FIRST.fullmatch(key)
        if found and tensor.ndim in (2, 3):
            return found[1], (tensor[0] if tensor.ndim == 3 else tensor).double().numpy()
    raise SpikefaError("the checkpoint holds no weights of all inputs onto a population")


def _square(n_inputs: int) -> tuple[int, int]:
    side = math.isqrt(n_inputs)
    require(side * side == n_inputs, f"{n_inputs} inputs do not make a square image: give shape")
    return side, side
