"""Whether the seeds of a sweep run side by side as replicas: where that is faster."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from spikefa.runs.experiment import Experiment
from spikefa.runs.sweeps.plan import Plan
from spikefa.utils.devices import choose_device

WIDEST = 300
"""Neurons of the widest layer up to which replicas were faster on a CPU, see docs/sweeps.md."""


class Choice(NamedTuple):
    """Whether there are replicas, and in one line why."""

    replicas: bool
    reason: str


def choose_replicas(experiment: Experiment, plan: Plan, several: Sequence[Any]) -> Choice:
    """Return whether the seeds of a plan had better run side by side.

    Parameters
    ----------
    experiment : Experiment
    plan : Plan
    several : sequence of settings
        Complete settings of some runs, in which every value of the plan comes once.
    """
    if not plan.has_consecutive_seeds:
        return Choice(False, "the grid has no consecutive seeds")
    widths = [experiment.widest(settings) for settings in several]
    known = [width for width in widths if width is not None]
    if len(known) < len(widths):
        return Choice(False, f"a run of {experiment.name} cannot have them with these settings")
    if all(choose_device(settings.device).type == "cuda" for settings in several):
        return Choice(True, "the runs are on a GPU")
    widest = max(known)
    more = widest > WIDEST
    compared = "more" if more else "not more"
    return Choice(not more, f"the widest layer has {widest} neurons, {compared} than {WIDEST}")
