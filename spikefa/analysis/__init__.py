"""Analysis: measures of recordings, read block by block; angles; figures."""

from spikefa.analysis.alignment import angle, weight_alignment
from spikefa.analysis.alignment_figure import alignment_figure
from spikefa.analysis.animation import animate
from spikefa.analysis.class_raster import ClassRaster, class_raster
from spikefa.analysis.class_raster_figure import class_raster_figure
from spikefa.analysis.confusion import Confusion, confusion
from spikefa.analysis.confusion_figure import confusion_figure
from spikefa.analysis.correlation import pairwise_correlation
from spikefa.analysis.curves import learning_curve
from spikefa.analysis.decoding import Decoding, decode
from spikefa.analysis.dimensionality import covariance_spectrum, participation_ratio
from spikefa.analysis.energy import ENERGY_TABLES, Energy, EnergyTable, estimate_energy
from spikefa.analysis.figure4 import figure4
from spikefa.analysis.intervals import Intervals, intervals
from spikefa.analysis.paths_figure import paths_figure
from spikefa.analysis.population_paths import PopulationPaths, population_paths
from spikefa.analysis.presentations import Presentations, presentations
from spikefa.analysis.psth import Psth, psth
from spikefa.analysis.psth_figure import psth_figure
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
from spikefa.analysis.triggered_figures import triggered_images_figure, triggered_trace_figure
from spikefa.analysis.tuning import FanoFactors, Tuning, fano, tuning
from spikefa.analysis.tuning_figure import tuning_figure

__all__ = [
    "ENERGY_TABLES",
    "ClassRaster",
    "ClassRates",
    "Confusion",
    "Decoding",
    "Energy",
    "EnergyTable",
    "FanoFactors",
    "Intervals",
    "PopulationPaths",
    "Presentations",
    "Psth",
    "Selectivity",
    "TriggeredImages",
    "Tuning",
    "alignment_figure",
    "angle",
    "animate",
    "class_raster",
    "class_raster_figure",
    "class_rates",
    "confusion",
    "confusion_figure",
    "covariance_spectrum",
    "decode",
    "estimate_energy",
    "fano",
    "figure4",
    "intervals",
    "learning_curve",
    "mean_rates",
    "pairwise_correlation",
    "participation_ratio",
    "paths_figure",
    "population_paths",
    "population_rate",
    "presentations",
    "psth",
    "psth_figure",
    "raster_figure",
    "rates_figure",
    "receptive_fields",
    "save_figure",
    "selectivity",
    "synchrony",
    "triggered_images",
    "triggered_images_figure",
    "triggered_trace",
    "triggered_trace_figure",
    "tuning",
    "tuning_figure",
    "unit_rates",
    "weight_alignment",
    "window_rates",
]
