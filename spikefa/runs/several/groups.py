"""Runs of one configuration but for the seed: their mean and spread."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spikefa.runs.several.differences import REPEATED, described, differing, learned_with
from spikefa.runs.several.stored import StoredNetwork, StoredRun
from spikefa.runs.studies.claims import summary


@dataclass(frozen=True)
class Group:
    """Runs with the same settings but for the seed.

    Attributes
    ----------
    label : str
        The settings that tell the group from the others, or the name of its only run.
    runs : list of StoredRun
    """

    label: str
    runs: list[StoredRun]

    @property
    def networks(self) -> list[StoredNetwork]:
        """The networks of all runs; replicas are networks like any other."""
        return [network for run in self.runs for network in run.networks]

    def finished(self, name: str) -> dict[str, Any]:
        """Return mean, standard deviation and number n of a result of the finished runs."""
        networks = [network for run in self.runs if run.finished for network in run.networks]
        return summary(network.numbers.get(name) for network in networks)


def grouped(runs: Sequence[StoredRun]) -> tuple[list[Group], list[str]]:
    """Return the groups in the order of their first runs, and what was not averaged, in words.

    Runs of which two have the same seed stay apart: the mean would count one twice.
    """
    gathered: list[tuple[Any, list[StoredRun]]] = []
    for run in runs:
        own = learned_with(run)
        same = next((held for key, held in gathered if key == own), None)
        if same is None:
            gathered.append((own, [run]))
        else:
            same.append(run)
    apart, notes = [], []
    for _, held in gathered:
        twice = _seed_twice(held)
        notes += [twice] if twice else []
        apart += [[run] for run in held] if twice else [held]
    return _labelled(apart), notes


def _seed_twice(runs: Sequence[StoredRun]) -> str:
    """Return a sentence about two runs with the same seed, or "" if there are none."""
    holders: dict[int | None, str] = {}
    for run in runs:
        for network in run.networks:
            if network.seed in holders and holders[network.seed] != run.name:
                seed = "" if network.seed is None else f" and seed {network.seed}"
                pair = f"{holders[network.seed]} and {run.name}"
                return f"{pair} have the same settings{seed}: they are not averaged"
            holders[network.seed] = run.name
    return ""


def _labelled(held: Sequence[list[StoredRun]]) -> list[Group]:
    """Name groups of several runs after the settings in which these groups differ."""
    several = [own for own in held if len(own) > 1]
    differ = differing([own[0] for own in several])
    groups = []
    for own in held:
        first = own[0]
        label = first.name
        if len(own) > 1:
            names = [name for name in differ[first.experiment] if name not in REPEATED]
            label = described(first.settings, names) or f"as {first.name}"
            if len(differ) > 1:
                label = f"{first.experiment}: {label}"
        groups.append(Group(label, own))
    return groups
