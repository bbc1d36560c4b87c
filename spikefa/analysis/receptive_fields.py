"""A figure of receptive fields: the weights from the input onto single neurons, as images."""

import math
import re
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.field_panels import field_panels
from spikefa.analysis.selection import spread
from spikefa.analysis.style import plain, styled
from spikefa.datasets.arrays import COLOURS
from spikefa.errors import SpikefaError, require
from spikefa.simulation.checkpoint import Checkpoint, load_checkpoint
from spikefa.utils.numbers import is_whole, whole_number

UNIT = "a.u."
FIRST = re.compile(r"network\.synapses\.(.+)\.weight")


@styled
def receptive_fields(
    checkpoint: Path | str, units: int = 32, shape: tuple[int, int] | None = None
) -> Figure:
    """Draw the weights from the input onto some neurons of the first population.

    Red weights excite and blue weights inhibit. All images share one colour scale, which ends at
    the 99.5th percentile of the absolute weights drawn. Of a network with replicas, the first is
    drawn. Fields of images in colours are drawn one below the other: red, green and blue.

    Parameters
    ----------
    checkpoint : path
        The ``checkpoint.pt`` of a run.
    units : int, default 32
        Number of neurons, which are evenly spaced.
    shape : (int, int), optional
        Height and width of the images, by default square; needed for images in colours.

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
        is_whole(height)
        and is_whole(width)
        and height >= 1
        and len(weights) in (height * width, COLOURS * height * width),
        f"{len(weights)} inputs do not make an image of {height} x {width}",
    )
    size = weights.shape[1]
    chosen = spread(size, count)
    largest = float(np.quantile(np.abs(weights[:, chosen]), 0.995)) or 1.0
    fields = weights[:, chosen].T.reshape(len(chosen), -1, width)
    names = [f"unit/{unit}" for unit in chosen]
    figure = field_panels(fields, chosen, names, largest, f"weight ({UNIT})")
    title = _title(name, len(chosen), size, loaded.settings.get("replicas"))
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    return figure


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
