"""Drawings of alignment terms for figures 3 and 5."""

import numpy as np
from matplotlib.axes import Axes

from spikefa.analysis.style import PALETTE
from spikefa.runs.studies.drawing import level, name_axes


def draw_terms(axes: Axes, batches: int, values: np.ndarray, title: str) -> None:
    """Draw cosines [n, layers, orders] as points with their sd, larger at whole epochs."""
    orders = np.arange(1, values.shape[-1] + 1)
    among = orders % batches == 0
    level(axes, 0)
    for layer in range(values.shape[1]):
        mean, colour = values[:, layer].mean(0), PALETTE[layer]
        sd = values[:, layer].std(0, ddof=1) if len(values) > 1 else np.zeros_like(mean)
        axes.plot(orders[~among], mean[~among], ".", color=colour, markersize=2)
        axes.errorbar(
            orders[among],
            mean[among],
            sd[among],
            fmt="o",
            color=colour,
            markersize=4,
            linewidth=0.8,
            label=f"l = {layer + 1}",
        )
    axes.set_ylim(-0.1, 0.4)
    name_axes(axes, "order", "cosine to Bᵀ", title)
