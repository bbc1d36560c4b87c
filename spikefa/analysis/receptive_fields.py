"""Receptive fields: the weights from the input onto some neurons, as images."""

import math
import re
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from spikefa.analysis.style import GREY, INK, quiet
from spikefa.errors import SpikefaError, require
from spikefa.simulation.checkpoint import Checkpoint, load_checkpoint

COLUMNS = 8
FIRST = re.compile(r"network\.synapses\.(.+)\.weight")


def receptive_fields(
    checkpoint: Path | str, units: int = 32, shape: tuple[int, int] | None = None
) -> Figure:
    """Draw the weights from the input onto some neurons of the first population.

    Of a network with replicas, those of the first. All have one scale of colours, blue inhibits and
    red excites, which ends at the 99.5th percentile of the absolute weights drawn.

    Parameters
    ----------
    checkpoint : path
        The ``checkpoint.pt`` of a run.
    units : int, default 32
        How many neurons, evenly spaced.
    shape : (int, int), optional
        Height and width of the images. Default: square.

    Returns
    -------
    Figure
        Each panel has the label ``"unit/<number>"``.

    Raises
    ------
    SpikefaError
        If the file is no checkpoint or damaged, or the inputs do not make an image.
    """
    require(units >= 1, f"units: {units} given, at least 1 is needed to draw something")
    loaded = load_checkpoint(Path(checkpoint))
    name, weights = first_weights(loaded)
    height, width = shape or _square(len(weights))
    require(
        height * width == len(weights),
        f"{len(weights)} inputs do not make an image of {height} x {width}",
    )
    size = weights.shape[1]
    chosen = np.unique(np.round(np.linspace(0, size - 1, min(units, size))).astype(np.int64))
    largest = float(np.quantile(np.abs(weights[:, chosen]), 0.995)) or 1.0
    lines = -(-len(chosen) // COLUMNS)
    tall = 1.13 * height / width * lines + 0.5
    figure = Figure(
        figsize=(9.6, max(1.6, tall)), layout=ConstrainedLayoutEngine(h_pad=0.02, w_pad=0.02)
    )
    panels = figure.subplots(lines, COLUMNS, squeeze=False).flatten()
    for axes, unit in zip(panels, chosen, strict=False):
        axes.set_label(f"unit/{unit}")
        field = weights[:, unit].reshape(height, width)
        drawn = axes.imshow(field, cmap="RdBu_r", vmin=-largest, vmax=largest)
        axes.set_title(f"{unit}", fontsize=7, color=GREY, pad=2)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
    for axes in panels[len(chosen) :]:
        axes.set_axis_off()
    bar = figure.colorbar(drawn, ax=panels.tolist(), shrink=0.8, aspect=30, pad=0.015)
    bar.outline.set_visible(False)
    quiet(bar.ax)
    count = f"{len(chosen):,} of {size:,} units" if len(chosen) < size else f"{size:,} units"
    replicas = loaded.settings.get("replicas")
    which = "" if replicas is None else f", the first of {replicas} replicas"
    title = f"weights from the input onto {name}, {count}{which}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, color=INK)
    return figure


def first_weights(checkpoint: Checkpoint) -> tuple[str, np.ndarray]:
    """Return the name of the first population and its weights from the input, [n_in, n].

    Of a network with replicas, those of the first.

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
    require(
        side * side == n_inputs, f"{n_inputs} inputs do not make a square image: give its shape"
    )
    return side, side
