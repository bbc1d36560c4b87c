"""Supplementary note 7: stop consonants of TIMIT.

39-1000-1000-1000-6 networks of tanh neurons classify six stop consonants from one frame of sound.
The corpus is not free, so the user must provide the features, see `spikefa.datasets.timit`; if they
are missing, the experiment says so.

The paper gives no further settings; those of note 5 are used, see `n5`.
"""

from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from spikefa.datasets.timit import timit_stops
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

CELLS = {
    "backprop": Cell("backprop", 24.3, (1000,) * 3, "backprop"),
    "fa": Cell("FA", 23.1, (1000,) * 3),
}


@dataclass(frozen=True, kw_only=True)
class Settings(TrainingSettings):
    """All settings that affect the result."""

    cells: str = option("all", f"{WHICH_CELLS}: {', '.join(CELLS)}")
    repeats: Few = option(5, REPEATS)


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Train one network; both cells see the same examples in the same order."""
    train, tests = timit_stops(settings.data_dir)
    return trained(CELLS[cell], settings, train, tests, seed)[1]


def measure(settings: Settings, runs: CellRuns) -> dict[str, Any]:
    """Return the final test errors of the cells that were run."""
    return {"end": ends(runs)}


def quantities(m: Measures) -> list[Quantity]:
    """Return the test errors."""
    return errors_told(CELLS, m.runs)


CLAIMS = (
    Claim(
        "feedback alignment has a lower error than backprop",
        when=lambda m: len(m.end) == len(CELLS),
        holds=lambda m: m.end["fa"].mean() < m.end["backprop"].mean(),
        evidence=lambda m: f"{spread(m.end['fa'])} %, backprop {spread(m.end['backprop'])} %",
    ),
)


def picture(settings: Settings, runs: CellRuns) -> Figure:
    """Draw the errors against the epoch."""
    return draw_errors(CELLS, runs)


EXPERIMENT = Study(
    "lillicrap2016.n7",
    Settings,
    id="L16.n7",
    once=once,
    data=lambda settings: timit_stops(settings.data_dir),
    cells=tuple(CELLS),
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={"repeats": 1, "fast": 4, "medium": 0, "slow": 0, "shrink": 10},
)
