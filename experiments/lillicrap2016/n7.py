"""Supplementary note 7: stop consonants of TIMIT.

39-1000-1000-1000-6 networks of tanh neurons tell six stop consonants by one frame of sound. The
corpus is not free: the user brings the features, see `spikefa.datasets.timit`, and without them the
experiment says what is missing.

The paper gives no more of the setting; that of note 5 is taken, see `n5`.
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

CELLS = {
    "backprop": Cell("backprop", 24.3, (1000,) * 3, "backprop"),
    "fa": Cell("FA", 23.1, (1000,) * 3),
}


@dataclass(frozen=True)
class Settings(Teaching):
    """Everything that the result depends on."""

    cells: str = option("all", f"{WHICH}: {', '.join(CELLS)}")
    repeats: int = option(5, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Teach one network; both see the same examples in the same order."""
    from spikefa.datasets.timit import timit_stops
    from spikefa.experiments.lillicrap2016._deep import taught

    train, tests = timit_stops(settings.data_dir)
    return taught(CELLS[cell], settings, train, tests, seed)[1]


def judge(settings: Settings, runs: "CellRuns") -> Findings:
    """Compare the errors at the end, of the cells that were run."""
    from spikefa.experiments.lillicrap2016._deep import ends, errors_told

    end = ends(runs)
    claims = []
    if len(end) == len(CELLS):
        claims.append(
            Claim(
                "feedback alignment has a lower error than backprop",
                bool(end["fa"].mean() < end["backprop"].mean()),
                f"{spread(end['fa'])} %, backprop {spread(end['backprop'])} %",
            )
        )
    return Findings(errors_told(CELLS, runs), claims)


def picture(settings: Settings, runs: "CellRuns") -> "Figure":
    """Draw the errors against the epochs."""
    from spikefa.experiments.lillicrap2016._deep import draw_errors

    return draw_errors(CELLS, runs)


STUDY = Table(
    "L16.n7",
    "lillicrap2016.n7",
    once,
    judge,
    picture,
    quick={"repeats": 1, "fast": 4, "medium": 0, "slow": 0, "shrink": 10},
    cells=tuple(CELLS),
)
run = STUDY.run
draw = STUDY.draw
