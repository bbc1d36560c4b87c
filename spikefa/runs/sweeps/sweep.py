"""A sweep: a folder with a plan, a folder for each of its runs, and a table of them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from spikefa.errors import SpikefaError, require
from spikefa.plugins.choices import named_code
from spikefa.plugins.option_help import is_list
from spikefa.plugins.trust import seal
from spikefa.runs.experiment import Experiment
from spikefa.runs.loading import load_experiment
from spikefa.runs.parsing import planned_settings
from spikefa.runs.sweeps.plan import NAME, Plan
from spikefa.runs.sweeps.planned_run import PlannedRun
from spikefa.runs.sweeps.search import Search
from spikefa.runs.sweeps.values import Bounds
from spikefa.utils.checking import annotations
from spikefa.utils.files import write_error
from spikefa.utils.locks import Lock
from spikefa.utils.printable import one_line

BLIND = "look_at_test"
"""Setting of an experiment that can leave the test images alone."""
PATIENCE = 60.0
"""Seconds to wait for the lock of a sweep, which others hold for moments."""


@dataclass
class Sweep:
    """The folder of a sweep.

    Attributes
    ----------
    folder : Path
    plan : Plan
    experiment : Experiment
    searches : list of Search
        One for each cell of the grid, if the plan has a search.
    """

    folder: Path
    plan: Plan
    experiment: Experiment = field(init=False)
    searches: list[Search] = field(init=False)

    def __post_init__(self) -> None:
        self.experiment = load_experiment(self.plan.experiment)
        cells = self.plan.cells() if self.plan.search else ()
        self.searches = [Search(self.folder, self.plan, cell) for cell in cells]

    @classmethod
    def open(cls, folder: Path) -> "Sweep":
        """Return the sweep in a folder.

        Raises
        ------
        SpikefaError
            If there is none, or its plan is damaged.
        """
        require((folder / NAME).is_file(), f"{folder} holds no sweep: there is no {NAME} in it")
        return cls(folder, Plan.read(folder / NAME))

    @classmethod
    def begin(cls, folder: Path, plan: Plan, trust: bool = False, words: Any = ()) -> "Sweep":
        """Write a plan into a new folder, or extend the plan of the sweep that is there.

        Parameters
        ----------
        folder : Path
        plan : Plan
        trust : bool, default False
            Whether the user trusts the code that the plan names.
        words : collection of str, optional
            What the user has typed, which is trusted.

        Raises
        ------
        SpikefaError
            If a setting does not exist or is out of range, or another sweep is in the folder.
        """
        _check(plan, folder, trust, words)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(folder, error) from error
        with _sweep_lock(folder):
            if (folder / NAME).is_file():
                wrong = plan.extends(Plan.read(folder / NAME))
                require(
                    not wrong,
                    f"{folder} holds a sweep with other {one_line(', '.join(wrong))}: give another "
                    "folder with --out, or a plan with the same and more values or trials",
                )
            plan.write(folder)
            seal([each for code in _codes(plan, folder, trust, words) for each in code], folder)
        return cls(folder, plan)

    def runs(self) -> list[PlannedRun]:
        """Return all runs that are known: those of the grid, or of the trials so far."""
        if self.plan.search:
            return [run for search in self.searches for run in search.runs()]
        cells, seeding = self.plan.cells(), self.plan.seeding
        return [PlannedRun(self.folder, {**cell, **own}) for cell in cells for own in seeding]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let nobody else change what the sweep knows, for a moment."""
        with _sweep_lock(self.folder):
            yield

    def settings(self, run: PlannedRun) -> Any:
        """Return the settings of a run, whose code was trusted when the sweep began."""
        return _settings(self.experiment, self.plan, run.values, self.folder, False, ())


@contextmanager
def _sweep_lock(folder: Path) -> Iterator[None]:
    lock, until = None, time.monotonic() + PATIENCE
    while lock is None:
        try:
            lock = Lock(folder / ".sweep.lock", f"the sweep in {folder}")
        except SpikefaError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    with lock:
        yield


def _check(plan: Plan, folder: Path, trust: bool, words: Any) -> None:
    """Check the settings of all runs of a grid, or of the ends of a search, before any begins."""
    experiment = load_experiment(plan.experiment)
    names = {item.name for item in fields(experiment.settings)}
    if plan.search:
        require(
            BLIND in names,
            f"a run of {plan.experiment} looks at the test images, which a search must not: sweep "
            "a grid, or search with lillicrap2016.fig4",
        )
        require(
            not plan.objective.startswith("test"),
            f"the objective {one_line(plan.objective)} looks at the test images, which a search "
            "must not: give one such as validation_error_percent",
        )
    for values in _samples(plan):
        settings = experiment.completed(_settings(experiment, plan, values, folder, trust, words))
        held = getattr(settings, "validation_images", 0)
        require(
            not plan.search or held > 0 or not plan.objective.startswith("validation"),
            "a search needs images that are held out: give validation_images among the settings",
        )


def _samples(plan: Plan) -> Iterator[dict[str, Any]]:
    """Yield the values of some runs in which every value comes once, also the ends of bounds."""
    found: dict[str, list[Any]] = dict(plan.grid)
    for name, each in plan.search.items():
        found[name] = [each.low, each.high] if isinstance(each, Bounds) else each
    first = {name: values[0] for name, values in found.items()} | plan.seeding[0]
    yield first
    for name, values in found.items():
        for value in values[1:]:
            yield {**first, name: value}


def _codes(plan: Plan, folder: Path, trust: bool, words: Any) -> Iterator[list[Any]]:
    experiment = load_experiment(plan.experiment)
    for values in _samples(plan):
        yield list(named_code(_settings(experiment, plan, values, folder, trust, words)))


def _settings(
    experiment: Experiment, plan: Plan, values: Any, folder: Path, trust: bool, words: Any
) -> Any:
    blind = {BLIND: False} if plan.search else {}
    kind = experiment.settings
    hints = annotations(kind)  # type: ignore[arg-type]
    single = {
        name: [value] if isinstance(value, str) and is_list(hints.get(name)) else value
        for name, value in {**blind, **values}.items()
    }
    arguments = plan.arguments(single)
    return planned_settings(experiment.name, kind, arguments, folder / NAME, words, trust)
