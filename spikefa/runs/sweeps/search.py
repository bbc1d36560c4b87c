"""The searches of a sweep, by Optuna: one study for each cell of the grid, in one journal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from math import isfinite
from pathlib import Path
from statistics import fmean
from typing import Any

from spikefa.errors import SpikefaError, require
from spikefa.runs.sweeps.plan import Plan
from spikefa.runs.sweeps.planned_run import PlannedRun, name_of
from spikefa.runs.sweeps.values import Bounds, as_text
from spikefa.utils.printable import one_line
from spikefa.utils.seeding import derive

JOURNAL = "journal.log"
SAMPLERS = {
    "tpe": ("TPESampler", {"constant_liar": True}),  # trials under way count as bad ones
    "random": ("RandomSampler", {}),
}
KILLED_AFTER = 5
"""Seconds after which the journal's lock belongs to nobody; it is held for milliseconds."""


@dataclass
class Search:
    """The trials of one cell of the grid.

    Optuna keeps the trials in the journal, and samples new ones. What became of them is in the
    folders of their runs, and is told to Optuna from there. Whoever calls `ask` or `settle` holds
    the lock of the sweep.

    Attributes
    ----------
    folder : Path
        Of the sweep.
    plan : Plan
    cell : mapping
        The settings of the grid that all trials share.

    Raises
    ------
    SpikefaError
        If Optuna is not installed.
    """

    folder: Path
    plan: Plan
    cell: Mapping[str, Any]

    def __post_init__(self) -> None:
        self._optuna = _needed("optuna")
        journal = import_module("optuna.storages.journal")
        self._optuna.logging.set_verbosity(self._optuna.logging.WARNING)
        path = str(self.folder / JOURNAL)
        # It holds on network file systems too. A process that is killed leaves it behind.
        opened = journal.JournalFileOpenLock(path, grace_period=KILLED_AFTER)
        backend = journal.JournalFileBackend(path, lock_obj=opened)
        self._study = self._optuna.create_study(
            storage=self._optuna.storages.JournalStorage(backend),
            study_name=name_of(self.cell) or "search",
            direction="minimize",
            load_if_exists=True,
        )

    @property
    def trials(self) -> list[Any]:
        """Optuna's trials that have all their parameters, which a kill may have cut short."""
        return [
            each for each in self._study.get_trials() if set(self.plan.search) <= set(each.params)
        ]

    def runs(self) -> Iterator[PlannedRun]:
        """Yield the runs of all trials, one for each seed."""
        for trial in self.trials:
            yield from self.runs_of(trial)

    def runs_of(self, trial: Any) -> list[PlannedRun]:
        """Return the runs of one trial."""
        found = {name: self._value(name, trial.params[name]) for name in self.plan.search}
        return [
            PlannedRun(self.folder, {**self.cell, **found, **own}, trial.number)
            for own in self.plan.seeding
        ]

    def ask(self) -> bool:
        """Let Optuna sample a trial, if the search has not had all; return whether it did.

        The sampler is seeded by the number of the trial, so that a random search tries the same
        whoever asks, and when.
        """
        known = len(self.trials)
        if known >= (self.plan.trials or 0):
            return False
        name, options = SAMPLERS[self.plan.sampler]
        sampler = getattr(self._optuna.samplers, name)
        seed = derive(self.plan.sampler_seed, self._study.study_name, known) % 2**32
        self._study.sampler = sampler(seed=seed, **options)
        self._study.ask({name: self._distribution(name) for name in self.plan.search})
        return True

    def settle(self) -> None:
        """Tell Optuna of all trials whose runs have ended since.

        Raises
        ------
        SpikefaError
            If a run has no such number as the objective.
        """
        states = self._optuna.trial.TrialState
        for trial in self.trials:
            runs = self.runs_of(trial)
            ended = {run.state for run in runs} <= {"finished", "failed"}
            if trial.state != states.RUNNING or not ended:
                continue
            values = [objective_of(run, self.plan.objective) for run in runs]
            if any(value is None or not isfinite(value) for value in values):
                self._study.tell(trial.number, state=states.FAIL)
            else:
                self._study.tell(trial.number, fmean(map(float, values)))  # type: ignore[arg-type]

    def best(self) -> tuple[int, float, list[PlannedRun]] | None:
        """Return number, objective and runs of the trial with the least objective, if any ended."""
        ended = [each for each in self.trials if each.value is not None]
        if not ended:
            return None
        least = min(ended, key=lambda each: (each.value, each.number))
        return least.number, least.value, self.runs_of(least)

    def _distribution(self, name: str) -> Any:
        given, kinds = self.plan.search[name], self._optuna.distributions
        if not isinstance(given, Bounds):
            return kinds.CategoricalDistribution([as_text(value) for value in given])
        kind = kinds.IntDistribution if given.whole else kinds.FloatDistribution
        return kind(given.low, given.high, log=given.log)

    def _value(self, name: str, found: Any) -> Any:
        given = self.plan.search[name]
        if isinstance(given, Bounds):
            return found
        return next(value for value in given if as_text(value) == found)


def objective_of(run: PlannedRun, name: str) -> float | None:
    """Return the objective of a finished run; None of a failed one.

    Raises
    ------
    SpikefaError
        If its summary has no such number.
    """
    if run.state != "finished":
        return None
    summary = run.directory.read_summary()
    value = summary.get(name)
    numbers = [key for key, each in summary.items() if isinstance(each, int | float)]
    require(
        isinstance(value, int | float) and not isinstance(value, bool),
        f"the summary of {run.directory.path} has no number {one_line(name)}: let the objective be "
        f"one of {one_line(', '.join(numbers))}",
    )
    return value


def _needed(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise SpikefaError(
            f"searches need Optuna, which cannot be imported ({error}): "
            "pip install 'spikefa[sweep]', or give a grid alone"
        ) from error
