"""Figure 3: what past updates add to alignment, by how long ago they were.

The network of `_digits` learns by feedback alignment from 60 mini-batches. The update of W_l is
decomposed into alignment terms by order (eq. 4), and each term is compared with B_l^T, early and
late in learning: (b) the mini-batches come in the same order in every epoch, so that orders 60, 120
and so on belong to the same images; (c) the images are shuffled for every epoch.

The paper gives neither the learning rate nor the times of measurement. Of 0.3, 1 and 3, 0.3 gave
feedback alignment the lowest error on the training images.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.spacing import legend_above
from spikefa.errors import require
from spikefa.experiments.panjehpour2022._digits import feedback_alignment
from spikefa.experiments.panjehpour2022._pictures import draw_terms
from spikefa.experiments.panjehpour2022._terms import terms_along
from spikefa.runs.data import mnist_data
from spikefa.runs.options import bound, option
from spikefa.runs.settings import DATA_DIR, REPEATS, Repeated
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import panels
from spikefa.utils.ranges import Correlation, Count, Epochs, EpochsOrZero, Few, PositiveScale, Rate

CONDITIONS = {"fixed": "not shuffled", "shuffled": "shuffled"}


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    batches: Count = option(60, "mini-batches of an epoch")
    early: EpochsOrZero = option(5, "epochs before the first look")
    late: Epochs = option(20, "epochs before the second")
    epochs_back: Epochs = option(4, "highest order, in epochs")
    rate: Rate = option(0.3, "eta, for the mean over a mini-batch")
    data_dir: str | None = option(None, DATA_DIR)
    repeats: Few = option(30, REPEATS)
    alike: PositiveScale = bound(
        0.2, "excess of whole-epoch orders if shuffled, at most, by that if not"
    )
    aligned: Correlation = bound(0.05, "cosine of the terms of other orders to B^T early, at least")


def complete(settings: Settings) -> Settings:
    """Return the settings, if there are enough updates before the first look for all orders."""
    require(
        settings.epochs_back <= settings.early < settings.late,
        f"--epochs-back {settings.epochs_back}, --early {settings.early}, --late {settings.late}: "
        "give them in ascending order, the last two different",
    )
    return settings


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return the cosine of the terms with B^T, [2 looks, 3 layers, orders], in both conditions."""
    at = [settings.batches * epochs for epochs in (settings.early, settings.late)]
    return {
        condition: terms_along(
            settings,
            at,
            settings.batches * settings.epochs_back,
            feedback_alignment(),
            settings.rate,
            seed,
            batches=settings.batches,
            shuffled=condition == "shuffled",
            data_dir=settings.data_dir,
        )
        for condition in CONDITIONS
    }


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    whole, other = {}, {}
    for condition in CONDITIONS:
        values = runs[condition].mean(2)
        among = multiples(settings, values.shape[-1])
        whole[condition] = values[..., among].mean(-1)
        other[condition] = values[..., ~among].mean(-1)
    fixed = whole["fixed"] - other["fixed"]
    mixed = whole["shuffled"] - other["shuffled"]
    rows = [
        (f"cosine of terms of {kind} orders, {CONDITIONS[condition]}, {when}", values[condition])
        for condition in CONDITIONS
        for kind, values in (("whole-epoch", whole), ("other", other))
        for when in ("early", "late")
    ]
    return {"whole": whole, "other": other, "fixed": fixed, "mixed": mixed, "rows": rows}


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        Quantity(text, values[:, when])
        for (text, values), when in zip(m.rows, [0, 1] * 4, strict=True)
    ]


CLAIMS = (
    Claim(
        "not shuffled, orders that are multiples of an epoch stand out, and more so later",
        holds=lambda m: (m.fixed[:, 0] > 0).all() and m.fixed[:, 1].mean() > m.fixed[:, 0].mean(),
        evidence=lambda m: f"by {spread(m.fixed[:, 0])} early, by {spread(m.fixed[:, 1])} late",
    ),
    Claim(
        "shuffled, they are like the others",
        holds=lambda m: abs(m.mixed[:, 1].mean()) < m.settings.alike * m.fixed[:, 1].mean(),
        evidence=lambda m: f"by {spread(m.mixed[:, 0])} early, by {spread(m.mixed[:, 1])} late",
    ),
    Claim(
        "early all orders are aligned, in both conditions",
        holds=lambda m: all(
            bool((m.other[condition][:, 0] > m.settings.aligned).all()) for condition in CONDITIONS
        ),
        evidence=lambda m: "; ".join(
            f"{CONDITIONS[name]} {spread(m.other[name][:, 0])}" for name in CONDITIONS
        ),
        reason=lambda m: (
            f"the bound is {m.settings.aligned:g} in every single run, and ours; some runs are "
            "just below it"
        ),
    ),
    Claim(
        "the others become less aligned",
        holds=lambda m: all(
            m.other[name][:, 1].mean() < m.other[name][:, 0].mean() for name in CONDITIONS
        ),
        evidence=lambda m: "; ".join(
            f"{CONDITIONS[name]} {spread(m.other[name][:, 1])}" for name in CONDITIONS
        ),
    ),
    Claim(
        "the multiples of an epoch become more aligned, not shuffled",
        holds=lambda m: m.whole["fixed"][:, 1].mean() > m.whole["fixed"][:, 0].mean(),
        evidence=lambda m: (
            f"from {spread(m.whole['fixed'][:, 0])} to {spread(m.whole['fixed'][:, 1])}"
        ),
        reason="they keep what alignment they have while the others lose theirs; when the paper "
        "looks, and at which learning rate, it does not say",
    ),
)


def multiples(settings: Settings, orders: int) -> Any:
    """Return which orders are whole epochs, ndarray of bool."""
    return np.arange(1, orders + 1) % settings.batches == 0


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the cosines against the order: (b) not shuffled, (c) shuffled, by layer."""
    figure, axes = panels(2, 2, height=2.9)
    for column, (letter, condition) in enumerate(zip("bc", CONDITIONS, strict=True)):
        for look, when in enumerate((settings.early, settings.late)):
            here = axes[column, look]
            title = f"{letter}  {CONDITIONS[condition]}, after {when} epochs"
            draw_terms(here, settings.batches, runs[condition][:, look], title)
            legend_above(here)
    return figure


EXPERIMENT = Study(
    "panjehpour2022.fig3",
    Settings,
    complete=complete,
    id="P22.fig3",
    once=once,
    data=mnist_data,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 2, "batches": 15, "early": 4, "late": 25, "epochs_back": 3},
)
