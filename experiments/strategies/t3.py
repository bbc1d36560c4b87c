"""Table 3: the strategies of table 2 with errors of auxiliary guesses, LAFS.

As table 2, but the error that goes directly to a hidden layer is that of the layer's own guess: a
softmax, read from the layer through the matrix that carries the error back; see
`spikefa.Auxiliary`.
"""

from typing import Any

from matplotlib.figure import Figure

import spikefa as sf
from spikefa.experiments.strategies import _networks
from spikefa.experiments.strategies._mnist import classify
from spikefa.experiments.strategies._networks import parts, table
from spikefa.experiments.strategies.t2 import Settings
from spikefa.runs.data import named_data
from spikefa.runs.studies import CellRuns, Study

PAPER = table("""
tanh-200    2.42 2.57 2.40
tanh-400    1.92 2.05 1.99
tanh-800    1.66 1.86 1.87
relu-200    2.45 2.51 2.67
relu-400    2.17 2.27 2.32
relu-800    1.87 2.02 2.13
sigmoid-200 2.43 2.63 2.77
sigmoid-400 2.19 2.36 2.41
sigmoid-800 1.91 2.04 2.11
""")


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Train the network of one cell."""
    activation, width, strategy = parts(cell)
    circuit = sf.Auxiliary(strategy, guess="softmax", scale=settings.feedback_scale, tau=1.0)
    return classify(settings, settings.inputs, width, circuit, activation, seed)


def measure(settings: Settings, runs: CellRuns) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    return _networks.measure(settings, runs, PAPER)


def picture(settings: Settings, runs: CellRuns) -> Figure:
    """Draw the cells (a), and as in figure 5 the errors against the epochs (b)."""
    return _networks.picture(settings, runs, PAPER)


EXPERIMENT = Study(
    "strategies.t3",
    Settings,
    id="G.t3",
    once=once,
    data=named_data,
    cells=tuple(PAPER),
    measure=measure,
    quantities=_networks.quantities,
    claims=_networks.CLAIMS,
    picture=picture,
    quick={"cells": "tanh-200-s1,tanh-200-s2,tanh-200-s3", "epochs": 2, "train_images": 20_000},
)
