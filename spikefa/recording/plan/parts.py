"""Recordings of a network over ranks: each rank records its own neurons into its own file."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from spikefa.errors import require
from spikefa.recording.plan.channels import draw_units
from spikefa.recording.plan.probes import Probe
from spikefa.recording.plan.variables import Variables, state_of

RANK, RANKS, PADDING, WHOLE = "rank", "ranks", "padding_json", "whole_json"
"""Attributes of the file of one rank: its number, how many there are, and, as lists of [population,
variable], those of which it has no neuron that was asked for, and those that all ranks have."""


class Share(NamedTuple):
    """What one rank records.

    Attributes
    ----------
    rank, ranks : int
        Its number, and how many record: those of the first group, if streams are divided.
    part : callable
        Returns which neurons of a population of a size are on this rank.
    sizes : mapping of str to int
        Neurons of each whole population.
    whole : collection of (str, str)
        Variables, as (population, name), that every rank has whole.
    first_stream : bool
        Whether only the first stream can be recorded.
    """

    rank: int
    ranks: int
    part: Callable[[int], slice]
    sizes: Mapping[str, int]
    whole: Collection[tuple[str, str]]
    first_stream: bool

    def path(self, path: Path) -> Path:
        """Return the file of this rank, beside that of the first."""
        return path_of_rank(path, self.rank)

    def probes(
        self, probes: Sequence[Probe], variables: Variables, seed: int
    ) -> tuple[list[Probe], dict[str, Any]]:
        """Return the probes of this rank, and attributes that say what they are.

        All ranks have the same variables, so that their files can be read as one. Where a rank has
        none of the neurons, it records its first one, and says that this was not asked for.
        """
        found: list[Probe] = []
        padding: list[tuple[str, str]] = []
        for probe in probes:
            require(
                probe.stream == 0 or not self.first_stream,
                f"the probe of {probe.population!r} asks for stream {probe.stream!r}, but streams "
                "are divided among ranks: leave stream out, which is the first",
            )
            units = self._units(probe, variables, seed)
            if units is not None and not units:
                padding.append((probe.population, probe.variable))
            chosen = probe.units if units is None else [*units] or [0]
            found.append(replace(probe, units=chosen))
        lists = {PADDING: json.dumps(padding), WHOLE: json.dumps(sorted(self.whole))}
        return found, {RANK: self.rank, RANKS: self.ranks, **lists}

    def _units(self, probe: Probe, variables: Variables, seed: int) -> list[int] | None:
        """Return the units of a probe in this rank's numbers; None for all that were given."""
        population, variable = probe.population, probe.variable
        if self.rank >= self.ranks:
            return []
        elements = state_of(variables, population, variable).shape[-1]
        if (population, variable) in self.whole:
            return None if self.rank == 0 else []
        neurons = self.sizes[population]
        part = self.part(neurons)
        width = part.stop - part.start
        require(
            elements % width == 0,
            f"{variable!r} of {population!r} has {elements} elements for {width} neurons of this "
            "rank, and cannot be recorded over ranks: record another variable",
        )
        chosen = draw_units(probe.units, population, elements // width * neurons, seed)
        pre, post = divmod(chosen, neurons)
        here = (part.start <= post) & (post < part.stop)
        return (pre[here] * width + post[here] - part.start).tolist()


def path_of_rank(path: Path, rank: int) -> Path:
    """Return where a rank records, if the first one records into `path`."""
    return path if rank == 0 else path.with_name(f"{path.stem}.rank{rank}{path.suffix}")
