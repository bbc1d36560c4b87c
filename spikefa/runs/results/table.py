"""A study of a table, whose cells are run one by one, and need not all be run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikefa.errors import require
from spikefa.runs.results import study

if TYPE_CHECKING:
    from spikefa.runs.results.repeats import Runs
    from spikefa.runs.directory import RunDirectory

MAY_CHANGE_ON_RESUME = (*study.MAY_CHANGE_ON_RESUME, "cells")
ALL = "all"
CELLS = "cells of the table to run, with commas between; --resume adds others"
"""Text of the option that the settings of every table have."""

CellRuns = Mapping[str, "Runs"]
"""What the runs of each cell found, by cell; of those cells alone that have been run."""


@dataclass(frozen=True)
class Table(study.Study):
    """A study that is repeated for every cell of a table, side by side if asked.

    Its settings have the field ``cells`` besides: names with commas between, or "all". `once` is
    called with settings, seed and cell; `judge` and `picture` get `CellRuns`, of the cells that
    were run with all seeds, now or in the run that is resumed. A quantity without values tells the
    page of a cell that was not run.

    Attributes
    ----------
    cells : sequence of str
        All cells of the table.
    """

    cells: Sequence[str] = ()

    def _settled(self, settings: Any) -> Any:
        settings = super()._settled(settings)
        chosen(settings.cells, self.cells)
        return settings

    def _repeat(self, settings: Any, folder: Path) -> None:
        from spikefa.runs.results.repeats import repeat

        cells = chosen(settings.cells, self.cells)
        seeds = range(settings.repeats)
        repeat(self.once, settings, seeds, folder, settings.processes, cells=cells)

    def _runs(self, directory: "RunDirectory", settings: Any) -> CellRuns:
        from spikefa.runs.results.repeats import file_of, load_runs

        folder, seeds = directory.path / "repeats", range(settings.repeats)
        return {
            cell: load_runs(folder, seeds, cell)
            for cell in self.cells
            if all(file_of(folder, seed, cell).exists() for seed in seeds)
        }

    def _seconds(self, runs: Any) -> float:
        return sum(super(Table, self)._seconds(found) for found in runs.values())

    def _commits(self, runs: Any) -> set[str]:
        return set().union(*(super(Table, self)._commits(found) for found in runs.values()))

    def _told(self, settings: Any, runs: Any) -> dict[str, Any]:
        """Return the settings, with the cells that were run, also those of the resumed run."""
        complete = len(runs) == len(self.cells)
        return super()._told(settings, runs) | {"cells": ALL if complete else ",".join(runs)}


def chosen(given: str, cells: Sequence[str]) -> list[str]:
    """Return those of `cells` that are given: names with commas between, or "all".

    Raises
    ------
    SpikefaError
        If there is no such cell.
    """
    if given == ALL:
        return list(cells)
    names = [name.strip() for name in given.split(",")]
    for name in names:
        require(name in cells, f"no cell {name!r}: there is {', '.join(cells)}, or {ALL}")
    return [cell for cell in cells if cell in names]
