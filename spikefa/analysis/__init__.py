"""Analysis: angles and figures."""

from spikefa.analysis.alignment import angle, weight_alignment
from spikefa.analysis.curves import learning_curve
from spikefa.analysis.figure4 import figure4
from spikefa.analysis.raster_figure import raster_figure
from spikefa.analysis.saving import save_figure

__all__ = ["angle", "figure4", "learning_curve", "raster_figure", "save_figure", "weight_alignment"]
