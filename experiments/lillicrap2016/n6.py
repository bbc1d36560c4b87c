"""Supplementary note 6: house numbers (SVHN) by networks of four hidden layers.

1024-3000-3000-3000-3000-10 networks with tanh outputs learn to tell the digit in the middle of a
grey photograph, by feedback alignment; then with a first layer of 8 maps of 10 x 10 fields; then
with piecewise linear hidden neurons too. The data set is the user's, see `spikefa.datasets.svhn`:
without its files the experiment says which is missing.

The paper trains on 604,388 images and gives no more of the setting; that of note 5 is taken, see
`n5`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikefa.experiments.lillicrap2016._deep import Cell

from spikefa.experiment import option
from spikefa.results.findings import Claim, Findings, spread
from spikefa.results.study import MAY_CHANGE_ON_RESUME, PROCESSES, QUICK, REPEATS, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.results.repeats import Runs

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]

WIDE, FIELD = (3000,) * 4, (8, 10)
CELLS = {
    "fa": Cell("FA", 9.7, WIDE),
    "local": Cell("FA, local fields", 8.1, WIDE, field=FIELD),
    "leaky": Cell("FA, local fields, piecewise linear", 7.1, WIDE, "fa", "leaky", field=FIELD),
}


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    cells: str = option("all", f"which, of {', '.join(CELLS)}; or all")
    fast: int = option(30, "epochs at the full learning rate")
    medium: int = option(10, "epochs at a tenth of it")
    slow: int = option(10, "epochs at a hundredth of it")
    batch: int = option(100, "examples for each update")
    rate: float = option(1e-2, "eta, of the mean over a batch")
    decay: float = option(1e-6, "weight decay per update")
    weight_gain: float = option(1.0, "first weights come from U[-g sqrt(3/n), g sqrt(3/n)]")
    feedback_gain: float = option(0.3, "the same for B into the last hidden layer; other B: 1")
    extra: bool = option(True, "train on the 531,131 easier images too")
    train: int = option(0, "training images, 0: all")
    test: int = option(0, "test images, 0: all")
    shrink: int = option(1, "divide the number of hidden neurons by this")
    repeats: int = option(5, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Teach the chosen networks, all with the same images in the same order."""
    from spikefa.experiments.lillicrap2016._deep import Teaching, chosen, deep_lesson
    from spikefa.experiments.lillicrap2016._digits import by_epochs

    from spikefa.datasets.examples import classification
    from spikefa.datasets.svhn import svhn

    data = svhn(extra=settings.extra).subset(settings.train or None, settings.test or None)
    how: Any = {"inputs": "standardised", "low": -0.9, "high": 0.9}
    train = classification(data.train, data.full_scale, data.n_classes, **how)
    tests = classification(data.test, data.full_scale, data.n_classes, **how, like=train)
    teaching = Teaching.of(settings)
    paces = teaching.paces
    found: dict[str, Any] = {"epochs": range(len(paces) + 1)}
    for name in chosen(CELLS, settings.cells):
        lesson = deep_lesson(CELLS[name], teaching, train, tests, seed, data.shape, settings.shrink)
        found |= by_epochs(lesson, len(paces), {name: lesson.error_percent}, paces)
    return found


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Compare the errors at the end, of the cells that were run."""
    from spikefa.experiments.lillicrap2016._deep import quantities

    end = {name: runs[name][:, -1] for name in CELLS if name in runs}
    claims = [
        Claim(
            f"{CELLS[name].title}: a lower error than {CELLS[other].title}",
            bool(end[name].mean() < end[other].mean()),
            f"{spread(end[name])} %, {CELLS[other].title} {spread(end[other])} %",
        )
        for name, other in {"local": "fa", "leaky": "local"}.items()
        if name in end and other in end
    ]
    return Findings(quantities(CELLS, runs, "test error", "%"), claims)


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the errors against the epochs."""
    from spikefa.experiments.lillicrap2016._deep import draw_errors

    return draw_errors(CELLS, runs)


STUDY = Study(
    "L16.n6",
    "lillicrap2016.n6",
    once,
    judge,
    picture,
    quick={
        "repeats": 1,
        "train": 3000,
        "test": 1000,
        "fast": 6,
        "medium": 0,
        "slow": 0,
        "shrink": 20,
        "extra": False,
    },
)
run = STUDY.run
draw = STUDY.draw
