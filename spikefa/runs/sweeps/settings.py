"""The settings of the runs of a sweep, and what is wrong with them before any begins."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from spikefa.errors import require
from spikefa.plugins.choices import named_code
from spikefa.plugins.named_code import Code
from spikefa.plugins.option_help import is_list
from spikefa.runs.experiment import Experiment
from spikefa.runs.loading import load_experiment
from spikefa.runs.parsing import planned_settings
from spikefa.runs.sweeps.plan import Plan
from spikefa.runs.sweeps.pruning import pruner_of
from spikefa.runs.sweeps.search import optuna_module
from spikefa.runs.sweeps.values import Bounds
from spikefa.utils.checking import annotations
from spikefa.utils.printable import one_line

BLIND = "look_at_test"
"""Setting of an experiment that can leave the test images alone."""
HELD_OUT = "validation_"
"""How the numbers that are measured on held-out images begin."""


def settings_of(
    experiment: Experiment,
    plan: Plan,
    values: Mapping[str, Any],
    file: Path,
    words: Collection[str] = (),
    trust: bool = False,
) -> Any:
    """Return the settings of one run, not yet completed.

    Parameters
    ----------
    experiment : Experiment
    plan : Plan
    values : mapping
        What varies.
    file : Path
        The file of the plan.
    words : collection of str, optional
        What the user has typed: code that is named there may run.
    trust : bool, default False
        Whether other code that the plan names may run, though it was not run here before.

    Raises
    ------
    SpikefaError
        If an option is unknown or has a value of the wrong type, or code is not trusted.
    """
    kind = experiment.settings
    hints = annotations(kind)  # type: ignore[arg-type]
    blind = {BLIND: False} if plan.search else {}
    single = {
        name: [value] if isinstance(value, str) and is_list(hints.get(name)) else value
        for name, value in {**blind, **values}.items()
    }
    return planned_settings(experiment.name, kind, plan.arguments(single), file, words, trust)


def checked_code(plan: Plan, file: Path, words: Collection[str], trust: bool) -> list[Code]:
    """Return the code of the user that a plan runs, after a check of all values that it has.

    Raises
    ------
    SpikefaError
        If a setting does not exist or is out of range, code is not trusted, or a search would look
        at test images.
    """
    experiment = load_experiment(plan.experiment)
    if plan.search:
        _check_blind(plan, {item.name for item in fields(experiment.settings)})
        pruner_of(plan, optuna_module())
    found = []
    for settings in sampled_settings(experiment, plan, file, words, trust):
        held_out = getattr(experiment.completed(settings), "validation_images", 0)
        require(
            not plan.search or held_out > 0,
            "a search needs images that are held out: give validation_images among the settings",
        )
        found += named_code(settings)
    return found


def sampled_settings(
    experiment: Experiment, plan: Plan, file: Path, words: Collection[str], trust: bool
) -> list[Any]:
    """Return the settings of some runs in which every value of a plan comes once.

    They are not yet completed; `settings_of` has the parameters and the errors.
    """
    return [settings_of(experiment, plan, values, file, words, trust) for values in _samples(plan)]


def _check_blind(plan: Plan, names: Collection[str]) -> None:
    require(
        BLIND in names,
        f"a run of {plan.experiment} looks at the test images, which a search must not: sweep a "
        "grid, or search with lillicrap2016.fig4",
    )
    require(
        BLIND not in (*plan.settings, *plan.varied),
        f"a search never looks at the test images: leave {BLIND} out",
    )
    require(
        plan.objective.startswith(HELD_OUT),
        f"the objective {one_line(plan.objective)} is not measured on held-out images: give one "
        f"that is, such as {HELD_OUT}error_percent",
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
