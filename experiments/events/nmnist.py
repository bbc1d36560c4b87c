"""N-MNIST, handwritten digits before an event camera, learnt online by FA, DFA and PFA-o.

The data are those of Orchard et al. 2015, which must be put in place first, see
`spikefa.datasets.nmnist`. Events are sorted into steps of 20 ms. Two hidden populations of 500
stochastic binary neurons learn at every step, and nothing is reset between samples. The accuracy to
compare with, published for DFA, is 97.97 %.
"""

from dataclasses import dataclass

from spikefa.experiments.events import _published
from spikefa.experiments.events._learning import CIRCUITS
from spikefa.experiments.events._published import data, once
from spikefa.experiments.events._results import claims, measure, picture, quantities
from spikefa.runs.options import bound
from spikefa.runs.studies import Study
from spikefa.utils.ranges import PositiveScale

PUBLISHED = 97.97
"""Accuracy in percent."""


@dataclass(frozen=True, kw_only=True)
class Settings(_published.Settings):
    """Everything that the result depends on."""

    reached: PositiveScale = bound(
        round(100 - PUBLISHED, 2), "test error in percent of each circuit, at most"
    )


EXPERIMENT = Study(
    "events.nmnist",
    Settings,
    id="nmnist",
    once=once,
    data=data,
    cells=tuple(CIRCUITS),
    measure=measure,
    quantities=quantities,
    claims=claims("which is published for DFA"),
    picture=picture,
    quick={"train_samples": 2000, "epochs": 1},
)
