"""The learning curves of several runs in one figure."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from spikefa.analysis.compared_curves import Curves, compared_curves
from spikefa.runs.several.groups import Group


def curves_figure(groups: Sequence[Group]) -> Figure:
    """Draw the learning curves of the runs that have epochs, one colour for each group.

    Raises
    ------
    SpikefaError
        If no run has an error of an epoch, or there are too many groups for one figure.
    """
    return compared_curves([_curves(group) for group in groups if _has_epochs(group)])


def _has_epochs(group: Group) -> bool:
    return any(network.epochs for network in group.networks)


def _curves(group: Group) -> Curves:
    networks = group.networks
    tests: list[Any] = [
        network.numbers["test_error_percent"]
        for run in group.runs
        if run.finished
        for network in run.networks
        if "test_error_percent" in network.numbers
    ]
    several = f" (n = {len(networks)})" if len(networks) > 1 else ""
    return Curves(
        label=group.label + several, runs=[network.epochs for network in networks], tests=tests
    )
