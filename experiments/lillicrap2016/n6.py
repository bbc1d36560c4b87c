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

from spikefa.experiments.lillicrap2016._deep import Cell, Teaching
from spikefa.runs.experiment import option
from spikefa.runs.results.findings import Claim, Findings, spread
from spikefa.runs.results.study import PROCESSES, QUICK, REPEATS
from spikefa.runs.results.table import CELLS as WHICH
from spikefa.runs.results.table import MAY_CHANGE_ON_RESUME, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.runs.results.table import CellRuns

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]

WIDE, FIELD = (3000,) * 4, (8, 10)
CELLS = {
    "fa": Cell("FA", 9.7, WIDE),
    "local": Cell("FA, local fields", 8.1, WIDE, field=FIELD),
    "leaky": Cell("FA, local fields, piecewise linear", 7.1, WIDE, "fa", "leaky", field=FIELD),
}


@dataclass(frozen=True)
class Settings(Teaching):
    """Everything that the result depends on."""

    cells: str = option("all", f"{WHICH}: {', '.join(CELLS)}")
    extra: bool = option(True, "train on the 531,131 easier images too")
    repeats: int = option(5, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Teach one network; all see the same images in the same order."""
    from spikefa.datasets.examples import classification
    from spikefa.datasets.svhn import svhn
    from spikefa.experiments.lillicrap2016._deep import taught

    data = svhn(settings.data_dir, settings.extra)
    data = data.subset(settings.train_images, settings.test_images)
    how: Any = {"inputs": "standardised", "low": -0.9, "high": 0.9}
    train = classification(data.train, data.full_scale, data.n_classes, **how)
    tests = classification(data.test, data.full_scale, data.n_classes, **how, like=train)
    return taught(CELLS[cell], settings, train, tests, seed, data.shape)[1]


def judge(settings: Settings, runs: "CellRuns") -> Findings:
    """Compare the errors at the end, of the cells that were run."""
    from spikefa.experiments.lillicrap2016._deep import ends, errors_told

    end = ends(runs)
    claims = [
        Claim(
            f"{CELLS[name].title}: a lower error than {CELLS[other].title}",
            bool(end[name].mean() < end[other].mean()),
            f"{spread(end[name])} %, {CELLS[other].title} {spread(end[other])} %",
        )
        for name, other in {"local": "fa", "leaky": "local"}.items()
        if name in end and other in end
    ]
    return Findings(errors_told(CELLS, runs), claims)


def picture(settings: Settings, runs: "CellRuns") -> "Figure":
    """Draw the errors against the epochs."""
    from spikefa.experiments.lillicrap2016._deep import draw_errors

    return draw_errors(CELLS, runs)


STUDY = Table(
    "L16.n6",
    "lillicrap2016.n6",
    once,
    judge,
    picture,
    quick={
        "repeats": 1,
        "train_images": 3000,
        "test_images": 1000,
        "fast": 6,
        "medium": 0,
        "slow": 0,
        "shrink": 20,
        "extra": False,
    },
    cells=tuple(CELLS),
)
run = STUDY.run
draw = STUDY.draw
