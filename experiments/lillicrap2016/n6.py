"""Supplementary note 6: house numbers (SVHN) with networks of four hidden layers.

1024-3000-3000-3000-3000-10 networks with tanh outputs learn by feedback alignment to recognise the
digit in the middle of a grey photograph. The second network has a first layer of 8 maps of 10 x 10
fields; the third also has piecewise linear hidden neurons. The user must provide the data set, see
`spikefa.datasets.svhn`; if a file is missing, the experiment names it.

The paper trains on 604,388 images and gives no more of the setting; that of note 5 is taken, see
`n5`.
"""

from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from spikefa.datasets.examples import classification
from spikefa.datasets.svhn import svhn
from spikefa.experiments.lillicrap2016._deep import (
    Cell,
    TrainingSettings,
    draw_errors,
    ends,
    errors_told,
    trained,
)
from spikefa.runs.options import option
from spikefa.runs.settings import REPEATS, WHICH_CELLS
from spikefa.runs.studies import CellRuns, Claim, Measures, Quantity, Study, spread
from spikefa.utils.ranges import Few

WIDE, FIELD = (3000,) * 4, (8, 10)
CELLS = {
    "fa": Cell("FA", 9.7, WIDE),
    "local": Cell("FA, local fields", 8.1, WIDE, field=FIELD),
    "leaky": Cell("FA, local fields, piecewise linear", 7.1, WIDE, "fa", "leaky", field=FIELD),
}


@dataclass(frozen=True, kw_only=True)
class Settings(TrainingSettings):
    """All settings that affect the result."""

    cells: str = option("all", f"{WHICH_CELLS}: {', '.join(CELLS)}")
    extra: bool = option(True, "train on the 531,131 easier images too")
    repeats: Few = option(5, REPEATS)


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Train one network; all cells see the same images in the same order."""
    data = svhn(settings.data_dir, settings.extra)
    data = data.subset(settings.train_images, settings.test_images)
    how: Any = {"inputs": "standardised", "low": -0.9, "high": 0.9}
    train = classification(data.train, **how)
    tests = classification(data.test, **how, like=train)
    return trained(CELLS[cell], settings, train, tests, seed, data.shape)[1]


def measure(settings: Settings, runs: CellRuns) -> dict[str, Any]:
    """Return the final test errors of the cells that were run."""
    return {"end": ends(runs)}


def quantities(m: Measures) -> list[Quantity]:
    """Return the test errors."""
    return errors_told(CELLS, m.runs)


def _is_better(name: str, other: str) -> Claim:
    title, others = CELLS[name].title, CELLS[other].title
    return Claim(
        f"{title}: a lower error than {others}",
        when=lambda m: name in m.end and other in m.end,
        holds=lambda m: m.end[name].mean() < m.end[other].mean(),
        evidence=lambda m: f"{spread(m.end[name])} %, {others} {spread(m.end[other])} %",
    )


CLAIMS = (_is_better("local", "fa"), _is_better("leaky", "local"))


def picture(settings: Settings, runs: CellRuns) -> Figure:
    """Draw the errors against the epoch."""
    return draw_errors(CELLS, runs)


EXPERIMENT = Study(
    "lillicrap2016.n6",
    Settings,
    id="L16.n6",
    once=once,
    data=lambda settings: svhn(settings.data_dir, settings.extra),
    cells=tuple(CELLS),
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
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
)
