"""Spoken digits as spikes of a model of the inner ear, SHD, learnt online by FA, DFA and PFA-o.

The data are those of Cramer et al. 2020, which must be put in place first, see
`spikefa.datasets.shd`. Events are sorted into 100 steps of 10 ms. Two hidden populations of 500
stochastic binary neurons learn at every step, and nothing is reset between samples. The accuracy to
compare with, published for DFA, is 73.29 %.
"""

from dataclasses import dataclass

from spikefa.datasets.own import names_function
from spikefa.experiments.events import _published
from spikefa.experiments.events._learning import CIRCUITS
from spikefa.experiments.events._published import data, once
from spikefa.experiments.events._results import claims, measure, picture, quantities
from spikefa.runs.options import bound, option
from spikefa.runs.studies import Study
from spikefa.utils.ranges import Epochs, PositiveScale, PositiveShare, Steps

PUBLISHED = 73.29
"""Accuracy in percent."""


@dataclass(frozen=True, kw_only=True)
class Settings(_published.Settings):
    """Everything that the result depends on."""

    dataset: str = option("shd", _published.DATASET, names_code=names_function)
    dt: PositiveScale = option(0.01, "seconds of a step")
    steps: Steps = option(100, "steps of a sample; what comes later is left out")
    epochs: Epochs = option(20, "epochs of training")
    tau: PositiveShare = option(0.2, "weight of the new drive in all populations")
    reached: PositiveScale = bound(
        round(100 - PUBLISHED, 2), "test error in percent of each circuit, at most"
    )


EXPERIMENT = Study(
    "events.shd",
    Settings,
    id="shd",
    once=once,
    data=data,
    cells=tuple(CIRCUITS),
    measure=measure,
    quantities=quantities,
    claims=claims("which is published for DFA"),
    picture=picture,
    quick={"train_samples": 1000, "epochs": 1},
)
