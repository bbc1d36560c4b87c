"""Analysis: measures of recordings, read block by block; angles; figures."""

from spikefa.analysis.alignment import angle, weight_alignment
from spikefa.analysis.alignment_figure import alignment_figure
from spikefa.analysis.confusion import Confusion, confusion
from spikefa.analysis.correlation import pairwise_correlation
from spikefa.analysis.curves import learning_curve
from spikefa.analysis.dimensionality import covariance_spectrum, participation_ratio
from spikefa.analysis.figure4 import figure4
from spikefa.analysis.presentations import Presentations, presentations
from spikefa.analysis.raster_figure import raster_figure
from spikefa.analysis.rates import (
    ClassRates,
    class_rates,
    mean_rates,
    population_rate,
    unit_rates,
    window_rates,
)
from spikefa.analysis.rates_figure import rates_figure
from spikefa.analysis.receptive_fields import receptive_fields
from spikefa.analysis.saving import save_figure
from spikefa.analysis.selectivity import Selectivity, selectivity
from spikefa.analysis.synchrony import synchrony
from spikefa.analysis.triggered import TriggeredImages, triggered_images, triggered_trace

__all__ = [
    "ClassRates",
    "Confusion",
    "Presentations",
    "Selectivity",
    "TriggeredImages",
    "alignment_figure",
    "angle",
    "class_rates",
    "confusion",
    "covariance_spectrum",
    "figure4",
    "learning_curve",
    "mean_rates",
    "pairwise_correlation",
    "participation_ratio",
    "population_rate",
    "presentations",
    "raster_figure",
    "rates_figure",
    "receptive_fields",
    "save_figure",
    "selectivity",
    "synchrony",
    "triggered_images",
    "triggered_trace",
    "unit_rates",
    "weight_alignment",
    "window_rates",
]
