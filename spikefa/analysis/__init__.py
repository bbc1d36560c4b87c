"""Analysis: angles and figures."""

from spikefa.analysis.alignment import angle, weight_alignment
from spikefa.analysis.alignment_figure import alignment_figure
from spikefa.analysis.curves import learning_curve
from spikefa.analysis.figure4 import figure4
from spikefa.analysis.raster_figure import raster_figure
from spikefa.analysis.rates_figure import rates_figure
from spikefa.analysis.receptive_fields import receptive_fields
from spikefa.analysis.saving import save_figure

__all__ = [
    "alignment_figure",
    "angle",
    "figure4",
    "learning_curve",
    "raster_figure",
    "rates_figure",
    "receptive_fields",
    "save_figure",
    "weight_alignment",
]
