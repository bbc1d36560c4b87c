"""A sweep: a folder with a plan, a folder for each of its runs, and a table of them."""

import logging
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from spikefa.errors import require
from spikefa.plugins.trust import seal
from spikefa.runs.experiment import Experiment
from spikefa.runs.loading import load_experiment
from spikefa.runs.sweeps.plan import AUTO, NAME, Plan
from spikefa.runs.sweeps.planned_run import PlannedRun
from spikefa.runs.sweeps.search import Search, journal_in
from spikefa.runs.sweeps.settings import checked_code, sampled_settings, settings_of
from spikefa.runs.sweeps.side_by_side import Choice, choose_replicas
from spikefa.utils.files import write_error
from spikefa.utils.locks import Held, Lock
from spikefa.utils.printable import one_line

LOG = logging.getLogger(__name__)
PATIENCE = 60.0
"""Seconds to wait for the lock of a sweep, which others hold for moments."""


@dataclass
class Sweep:
    """The folder of a sweep, which `open` or `begin` return.

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
    searches: list[Search] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.experiment = load_experiment(self.plan.experiment)
        if self.plan.search:
            journal = journal_in(self.folder)
            cells = self.plan.cells()
            self.searches = [Search(self.folder, self.plan, cell, journal) for cell in cells]

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
    def begin(
        cls,
        folder: Path,
        plan: Plan,
        *,
        words: Collection[str] = (),
        trust: bool = False,
        say: Callable[[str], None] = LOG.info,
    ) -> "Sweep":
        """Write a plan into a new folder, or extend the plan of the sweep that is there.

        Parameters
        ----------
        folder : Path
        plan : Plan
        words : collection of str, optional
            What the user has typed: code that is named there may run.
        trust : bool, default False
            Whether other code that the plan names may run, though it was not run here before.
        say : callable, optional
            Told what was chosen where the plan leaves it open; by default Python's logging.

        Raises
        ------
        SpikefaError
            If a setting does not exist or is out of range, or another sweep is in the folder.
        """
        if plan.replicas == AUTO:
            chosen = _chosen_replicas(plan, folder / NAME, words, trust)
            say(f"replicas {str(chosen.replicas).lower()}: {chosen.reason}")
            plan = replace(plan, replicas=chosen.replicas)
        code = checked_code(plan, folder / NAME, words, trust)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(folder, error) from error
        with _lock(folder):
            if (folder / NAME).is_file():
                wrong = plan.extends(Plan.read(folder / NAME))
                require(
                    not wrong,
                    f"{folder} holds a sweep with other {one_line(', '.join(wrong))}: give another "
                    "folder with --out, or a plan with the same and more values or trials",
                )
            plan.write(folder)
            seal(code, folder)
        return cls(folder, plan)

    def runs(self) -> list[PlannedRun]:
        """Return all runs that are known: those of the grid, or of the trials so far."""
        if self.plan.search:
            return [run for search in self.searches for run in search.runs()]
        cells, seeding = self.plan.cells(), self.plan.seeding
        return [PlannedRun(self.folder, {**cell, **own}) for cell in cells for own in seeding]

    def left(self) -> list[PlannedRun]:
        """Return the runs that are left and may be made now."""
        if self.plan.search:
            return [run for search in self.searches for run in search.left()]
        return [run for run in self.runs() if not run.ended]

    def prunes(self, run: PlannedRun) -> bool:
        """Return whether a run under way is to end, since its trial has been pruned."""
        own = (search for search in self.searches if search.holds(run))
        with self.locked():
            return any(search.pruned(run.trial or 0) for search in own)

    def settings(self, run: PlannedRun) -> Any:
        """Return the settings of a run, whose code was trusted when the sweep began."""
        return settings_of(self.experiment, self.plan, run.values, self.folder / NAME)

    def settle(self) -> None:
        """Tell the searches what became of their trials."""
        for search in self.searches:
            search.settle()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let nobody else change what the sweep knows, for a moment."""
        with _lock(self.folder):
            yield


def _chosen_replicas(plan: Plan, file: Path, words: Collection[str], trust: bool) -> Choice:
    """Return what the sweep began with, which its plan says, or choose."""
    if file.is_file():
        return Choice(Plan.read(file).replicas is True, "the sweep began so")
    experiment = load_experiment(plan.experiment)
    sampled = sampled_settings(experiment, plan, file, words, trust)
    return choose_replicas(experiment, plan, [experiment.completed(each) for each in sampled])


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            lock = Lock(folder / ".sweep.lock", f"the sweep in {folder}")
            break
        except Held:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    with lock:
        yield
