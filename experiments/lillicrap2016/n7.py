"""Supplementary note 7: stop consonants of TIMIT.

39-1000-1000-1000-6 networks of tanh neurons tell six stop consonants by one frame of sound. The
corpus is not free: the user brings the features, see `spikefa.datasets.timit`, and without them the
experiment says what is missing.

The paper gives no more of the setting; that of note 5 is taken, see `n5`.
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

CELLS = {
    "backprop": Cell("backprop", 24.3, (1000,) * 3, "backprop"),
    "fa": Cell("FA", 23.1, (1000,) * 3),
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
    shrink: int = option(1, "divide the number of hidden neurons by this")
    repeats: int = option(5, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Teach the chosen networks, all with the same examples in the same order."""
    from spikefa.experiments.lillicrap2016._deep import Teaching, chosen, deep_lesson
    from spikefa.experiments.lillicrap2016._digits import by_epochs

    from spikefa.datasets.timit import timit_stops

    train, tests = timit_stops()
    teaching = Teaching.of(settings)
    paces = teaching.paces
    found: dict[str, Any] = {"epochs": range(len(paces) + 1)}
    for name in chosen(CELLS, settings.cells):
        lesson = deep_lesson(CELLS[name], teaching, train, tests, seed, None, settings.shrink)
        found |= by_epochs(lesson, len(paces), {name: lesson.error_percent}, paces)
    return found


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Compare the errors at the end, of the cells that were run."""
    from spikefa.experiments.lillicrap2016._deep import quantities

    end = {name: runs[name][:, -1] for name in CELLS if name in runs}
    claims = []
    if len(end) == len(CELLS):
        claims.append(
            Claim(
                "feedback alignment has a lower error than backprop",
                bool(end["fa"].mean() < end["backprop"].mean()),
                f"{spread(end['fa'])} %, backprop {spread(end['backprop'])} %",
            )
        )
    return Findings(quantities(CELLS, runs, "test error", "%"), claims)


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the errors against the epochs."""
    from spikefa.experiments.lillicrap2016._deep import draw_errors

    return draw_errors(CELLS, runs)


STUDY = Study(
    "L16.n7",
    "lillicrap2016.n7",
    once,
    judge,
    picture,
    quick={"repeats": 1, "fast": 4, "medium": 0, "slow": 0, "shrink": 10},
)
run = STUDY.run
draw = STUDY.draw
