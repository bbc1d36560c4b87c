"""The runs of a study: one file for each seed, or for each seed and cell of a table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spikefa.errors import require
from spikefa.runs.settings import ALL
from spikefa.utils.npz import read_arrays
from spikefa.utils.printable import one_line
from spikefa.utils.suggesting import did_you_mean

Runs = dict[str, np.ndarray]
"""The results of all runs by name, stacked: `[n, ...]`."""

CellRuns = Mapping[str, Runs]
"""The results of the runs by cell, without the cells that have not been run."""

SECONDS = "seconds"
COMMIT = "commit"
"""Every run also stores its computing time and the commit that computed it."""


@dataclass(frozen=True)
class Grid:
    """The runs of a study and the folder of their files.

    Parameters
    ----------
    folder : Path
        Folder of the files.
    seeds : sequence of int
    cells : sequence of str
        Cells of a table; empty otherwise.
    """

    folder: Path
    seeds: Sequence[int]
    cells: Sequence[str] = ()

    def missing(self) -> list[tuple[int, str]]:
        """Return seed and cell of the runs that have no file yet; without cells, the cell is ""."""
        return [
            (seed, cell)
            for seed in self.seeds
            for cell in self.cells or ("",)
            if not file_of(self.folder, seed, cell).exists()
        ]

    def load(self) -> Any:
        """Return `Runs` or, for a table, `CellRuns` of the cells that were run with all seeds."""
        if not self.cells:
            return load_runs(self.folder, self.seeds)
        return {
            cell: load_runs(self.folder, self.seeds, cell)
            for cell in self.cells
            if all(file_of(self.folder, seed, cell).exists() for seed in self.seeds)
        }

    def seconds(self, runs: Any) -> float:
        """Return the total computing time of all runs."""
        return sum(float(found[SECONDS].sum()) for found in self._stacks(runs))

    def commits(self, runs: Any) -> list[str]:
        """Return the commits that computed the runs, see `code_version`."""
        return sorted({commit for found in self._stacks(runs) for commit in found[COMMIT].tolist()})

    def _stacks(self, runs: Any) -> Iterator[Runs]:
        yield from runs.values() if self.cells else [runs]


def chosen(given: str, cells: Sequence[str]) -> list[str]:
    """Return the selected `cells`, given as names separated by commas or as "all".

    Raises
    ------
    SpikefaError
        If a name is not in `cells`.
    """
    if given == ALL:
        return list(cells)
    names = [name.strip() for name in given.split(",")]
    for name in names:
        require(
            name in cells,
            f"no cell {name!r}{did_you_mean(name, cells)}: there is {', '.join(cells)}, or {ALL}",
        )
    return [cell for cell in cells if cell in names]


def file_of(folder: Path, seed: int, cell: str = "") -> Path:
    """Return the file of the run with this seed, and of this cell if there are cells."""
    return folder / (f"seed{seed}-{cell}.npz" if cell else f"seed{seed}.npz")


def load_runs(folder: Path, seeds: Sequence[int], cell: str = "") -> Runs:
    """Return the stacked results of the runs with these seeds, of one cell if there are cells.

    Raises
    ------
    SpikefaError
        If the file of a run is missing or damaged.
    """
    found: dict[str, list[np.ndarray]] = {}
    for seed in seeds:
        path = file_of(folder, seed, cell)
        stored = {COMMIT: np.array(""), **read_arrays(path)}  # older runs do not store it
        for name, values in stored.items():
            found.setdefault(name, []).append(values)
    return {name: _stacked(folder, name, values, len(seeds)) for name, values in found.items()}


def _stacked(folder: Path, name: str, values: Sequence[np.ndarray], runs: int) -> np.ndarray:
    """Stack the values of all runs, which must be of one kind."""
    kinds = {(each.shape, each.dtype.kind) for each in values}
    require(
        len(values) == runs and len(kinds) == 1,
        f"the runs in {folder} do not go together: {one_line(name)!r} is missing or of another "
        "shape in some; delete these and resume the run",
    )
    return np.stack(values)
