"""Figure 3: what past updates add to alignment, by how long ago they were.

The network of `_digits` learns by feedback alignment from 60 mini-batches. The update of W_l is
taken apart into alignment terms by their order (eq. 4), and each is compared with B_l^T, early and
late in learning: (b) the mini-batches come in the same order in every epoch, so that orders 60, 120
and so on are of the same images; (c) the images are shuffled for every epoch.

The paper is silent on the learning rate and on when it looks. Of 0.3, 1 and 3, 0.3 gave feedback
alignment the lowest error on the training images.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikefa.runs.experiment import option
from spikefa.runs.results.findings import Claim, Findings, Quantity, spread
from spikefa.runs.results.study import MAY_CHANGE_ON_RESUME, PROCESSES, QUICK, REPEATS, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.runs.results.repeats import Runs

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]

CONDITIONS = {"fixed": "not shuffled", "shuffled": "shuffled"}


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    batches: int = option(60, "mini-batches of an epoch")
    early: int = option(5, "epochs before the first look")
    late: int = option(20, "epochs before the second")
    epochs_back: int = option(4, "highest order, in epochs")
    rate: float = option(0.3, "eta, for the mean over a mini-batch")
    data_dir: str | None = option(None, "where the data set lies; else $SPIKEFA_DATA, else fetched")
    repeats: int = option(30, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return the cosine of the terms with B^T, [2 looks, 3 layers, orders], in both conditions."""
    from spikefa.experiments.panjehpour2022._digits import feedback_alignment
    from spikefa.experiments.panjehpour2022._terms import terms_along

    at = [settings.batches * epochs for epochs in (settings.early, settings.late)]
    return {
        condition: terms_along(
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


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Compare the orders of whole epochs with all others, over the layers together."""
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
    return Findings(
        [
            Quantity(text, values[:, when])
            for (text, values), when in zip(rows, [0, 1] * 4, strict=True)
        ],
        [
            Claim(
                "not shuffled, orders that are multiples of an epoch stand out, and more so later",
                bool((fixed[:, 0] > 0).all() and fixed[:, 1].mean() > fixed[:, 0].mean()),
                f"by {spread(fixed[:, 0])} early, by {spread(fixed[:, 1])} late",
            ),
            Claim(
                "shuffled, they are like the others",
                abs(mixed[:, 1].mean()) < 0.2 * fixed[:, 1].mean(),
                f"by {spread(mixed[:, 0])} early, by {spread(mixed[:, 1])} late",
            ),
            Claim(
                "early all orders are aligned, in both conditions",
                all(bool((other[condition][:, 0] > 0.05).all()) for condition in CONDITIONS),
                "; ".join(f"{CONDITIONS[name]} {spread(other[name][:, 0])}" for name in CONDITIONS),
                "the bound is 0.05 in every single run, and ours; some runs are just below it",
            ),
            Claim(
                "the others become less aligned",
                all(other[name][:, 1].mean() < other[name][:, 0].mean() for name in CONDITIONS),
                "; ".join(f"{CONDITIONS[name]} {spread(other[name][:, 1])}" for name in CONDITIONS),
            ),
            Claim(
                "the multiples of an epoch become more aligned, not shuffled",
                whole["fixed"][:, 1].mean() > whole["fixed"][:, 0].mean(),
                f"from {spread(whole['fixed'][:, 0])} to {spread(whole['fixed'][:, 1])}",
                "they keep what alignment they have while the others lose theirs; when the paper "
                "looks, and at which learning rate, it does not say",
            ),
        ],
    )


def multiples(settings: Settings, orders: int) -> Any:
    """Return which orders are whole epochs, ndarray of bool."""
    import numpy as np

    return np.arange(1, orders + 1) % settings.batches == 0


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the cosines against the order: (b) not shuffled, (c) shuffled, by layer."""
    from spikefa.experiments.panjehpour2022._pictures import draw_terms
    from spikefa.runs.results.drawing import legend, panels

    figure, axes = panels(4, width=3.1)
    for column, (letter, condition) in enumerate(zip("bc", CONDITIONS, strict=True)):
        for look, when in enumerate((settings.early, settings.late)):
            here = axes[0, 2 * column + look]
            title = f"{letter}  {CONDITIONS[condition]}, after {when} epochs"
            draw_terms(here, settings.batches, runs[condition][:, look], title)
    legend(axes[0, 0])
    return figure


STUDY = Study(
    "P22.fig3",
    "panjehpour2022.fig3",
    once,
    judge,
    picture,
    quick={"repeats": 2, "batches": 15, "early": 4, "late": 25, "epochs_back": 3},
)
run = STUDY.run
draw = STUDY.draw
