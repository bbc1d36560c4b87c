"""The searches of a sweep, by Optuna: one study for each cell of the grid, in one journal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from statistics import fmean
from typing import Any

from spikefa.errors import SpikefaError
from spikefa.runs.sweeps.objective import objective_of, steps_of
from spikefa.runs.sweeps.plan import Plan
from spikefa.runs.sweeps.planned_run import PlannedRun, name_of
from spikefa.runs.sweeps.pruning import pruner_of
from spikefa.runs.sweeps.values import Bounds, as_text
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
    journal : optuna.storages.JournalStorage
    """

    folder: Path
    plan: Plan
    cell: Mapping[str, Any]
    journal: Any

    def __post_init__(self) -> None:
        self._optuna = optuna_module()
        self._study = self._optuna.create_study(
            storage=self.journal,
            study_name=name_of(self.cell) or "search",
            pruner=pruner_of(self.plan, self._optuna),
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
        pruned = trial.state == self._optuna.trial.TrialState.PRUNED
        return [
            PlannedRun(self.folder, {**self.cell, **found, **own}, trial.number, pruned)
            for own in self.plan.seeding
        ]

    def holds(self, run: PlannedRun) -> bool:
        """Return whether a run belongs to this search, and not to one of another cell."""
        return all(run.values[name] == value for name, value in self.cell.items())

    def left(self) -> Iterator[PlannedRun]:
        """Yield the runs that are left and may be made now.

        With a pruner the runs of a trial are made in order, so of each trial this is the next.
        """
        for trial in self.trials:
            runs = [run for run in self.runs_of(trial) if not run.ended]
            yield from runs[:1] if self.plan.prunes else runs

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
        """Tell Optuna of all trials whose runs have ended since, and prune bad ones between runs.

        Raises
        ------
        SpikefaError
            If a run has no such number as the objective.
        """
        for trial in self.trials:
            if trial.state != self._optuna.trial.TrialState.RUNNING:
                continue
            runs = self.runs_of(trial)
            if self.plan.prunes:
                self._report(trial, runs, under_way=False)
            if all(run.ended for run in runs):
                self._conclude(trial, runs)

    def pruned(self, number: int) -> bool:
        """Report what the run under way of a trial has reached; return whether this prunes it.

        Raises
        ------
        SpikefaError
            If a file of a run is damaged.
        """
        states = self._optuna.trial.TrialState
        trial = self._study.get_trials()[number]
        if trial.state == states.RUNNING:
            self._report(trial, self.runs_of(trial), under_way=True)
        return self._study.get_trials()[number].state == states.PRUNED

    def _report(self, trial: Any, runs: list[PlannedRun], under_way: bool) -> None:
        """Report the steps of a trial that are new, and prune it if they are bad.

        Whoever goes on with a run after a kill reaches some steps again, which are known. They may
        not have been judged yet.
        """
        steps = steps_of(runs, self.plan.objective, under_way)
        new = [number for number in range(len(steps)) if number not in trial.intermediate_values]
        live = self._optuna.trial.Trial(self._study, trial._trial_id)
        for number in new:
            live.report(steps[number], number)
        if (new or under_way) and not all(run.ended for run in runs) and live.should_prune():
            self._study.tell(trial.number, state=self._optuna.trial.TrialState.PRUNED)

    def _conclude(self, trial: Any, runs: list[PlannedRun]) -> None:
        values = [objective_of(run, self.plan.objective) for run in runs]
        known = [value for value in values if value is not None]
        if len(known) < len(runs):
            self._study.tell(trial.number, state=self._optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(trial.number, fmean(known))

    def best(self) -> tuple[int, float, list[PlannedRun]] | None:
        """Return number, objective and runs of the trial with the least objective.

        Only trials all of whose runs have finished count; None if there are none.
        """
        states = self._optuna.trial.TrialState
        complete = [each for each in self.trials if each.state == states.COMPLETE]
        if not complete:
            return None
        least = min(complete, key=lambda each: (each.value, each.number))
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


def journal_in(folder: Path) -> Any:
    """Return the journal of all searches in a folder, a file that several processes may write.

    Raises
    ------
    SpikefaError
        If Optuna is not installed.
    """
    optuna, journal = optuna_module(), import_module("optuna.storages.journal")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path = str(folder / JOURNAL)
    # It holds on network file systems too. A process that is killed leaves it behind.
    lock = journal.JournalFileOpenLock(path, grace_period=KILLED_AFTER)
    return optuna.storages.JournalStorage(journal.JournalFileBackend(path, lock_obj=lock))


def optuna_module() -> Any:
    """Return Optuna.

    Raises
    ------
    SpikefaError
        If it is not installed.
    """
    try:
        return import_module("optuna")
    except ImportError as error:
        raise SpikefaError(
            f"searches need Optuna, which cannot be imported ({error}): "
            "pip install 'spikefa[sweep]', or give a grid alone"
        ) from error
