"""Studies: turn settings into a run directory with numbers, verdicts and a figure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from matplotlib.figure import Figure

from spikefa.analysis.saving import save_figure
from spikefa.analysis.style import on_white
from spikefa.errors import SpikefaError, require
from spikefa.runs.data import keep_data
from spikefa.runs.directory import RunDirectory
from spikefa.runs.experiment import Experiment, Prepared
from spikefa.runs.provenance import provenance
from spikefa.runs.settings import ALL, Backend
from spikefa.runs.studies.claims import Claim, Measures, Quantity, Verdict, judge_all
from spikefa.runs.studies.file import NAME, result_of, write_result
from spikefa.runs.studies.grid import Grid, chosen
from spikefa.runs.studies.repeats import Once, Together, repeat
from spikefa.utils.devices import choose_device, enough_memory
from spikefa.utils.printable import one_line

WITHOUT_BACKEND = ("auto", "eager")
"""`Study.backends` for a study that calls the steps of its networks directly."""


def _nothing(settings: Any, runs: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Study(Experiment):
    """An experiment that is repeated over seeds, judged and drawn.

    Its settings are a `Repeated`. A study with cells is a table: it is repeated for each cell, and
    its settings have an additional field ``cells`` with the names of the cells to run.

    Attributes
    ----------
    id : str
        Id of the paper's figure or table in the list of targets, such as ``L16.fig2``.
    once : callable
        Makes one run: takes settings and seed, and the cell if there are cells, and returns numbers
        and arrays by name.
    measure : callable, optional
        Takes settings and runs and returns the values that quantities and claims need, by name.
        The runs are `Runs`, or `CellRuns` if there are cells.
    quantities : callable
        Takes `Measures` and returns the quantities of the result. A quantity without values belongs
        to a cell that was not run.
    claims : sequence of Claim
        The claims of the paper.
    picture : callable
        Takes settings and runs and returns a figure.
    together : callable, optional
        Makes all runs in parallel, as replicas of one network: takes settings and seeds and returns
        a list with the result of `once` for each seed.
    cells : sequence of str, optional
        All cells of a table.
    backends : sequence of str, optional
        Backends that can execute the study; `WITHOUT_BACKEND` for a study that makes no
        `Simulation`. Default: all.
    """

    _: KW_ONLY
    may_change: tuple[str, ...] = ("repeats", "processes", "cells")
    id: str
    once: Once
    measure: Callable[[Any, Any], Mapping[str, Any]] = _nothing
    quantities: Callable[[Any], Sequence[Quantity]]
    claims: Sequence[Claim] = ()
    picture: Callable[[Any, Any], Figure]
    together: Together | None = None
    cells: Sequence[str] = ()
    backends: Sequence[str] = get_args(Backend)

    def completed(self, settings: Any) -> Any:
        """Return the complete settings; raise an error if device, backend or cells do not exist."""
        settings = super().completed(settings)
        choose_device(settings.device)
        require(
            settings.backend in self.backends,
            f"--backend {settings.backend} has no effect on {self.name}: "
            f"leave it out, or give {' or '.join(self.backends)}",
        )
        if self.cells:
            chosen(settings.cells, self.cells)
        return settings

    def folder(self, settings: Any) -> str:
        """Return the default name of the run's folder in ``runs``."""
        return f"{self.name}-quick" if settings.quick else self.name

    def prepare(self, settings: Any, resumed: RunDirectory | None) -> Prepared:
        """Return what makes the runs that have no file yet."""

        def compute(directory: RunDirectory) -> None:
            cells = chosen(settings.cells, self.cells) if self.cells else ()
            grid = Grid(_repeats(directory), range(settings.repeats), cells)
            grid.folder.mkdir(exist_ok=True)
            with enough_memory():
                if self.data is not None and grid.missing():
                    keep_data(directory, self.data(settings))
                repeat(self.once, settings, grid, settings.processes, self.together)

        return Prepared(compute)

    def draw_figures(self, settings: Any, directory: RunDirectory) -> list[Path]:
        """Draw the picture from the files of the runs, on white."""
        path = directory.figures / f"{self.name.split('.')[1]}.png"
        runs = self._grid(settings, directory).load()
        with on_white():
            with self._fitting(directory):
                picture = self.picture(settings, runs)
            save_figure(picture, path)
        return [path]

    def conclude(self, settings: Any, directory: RunDirectory, figures: Sequence[Path]) -> None:
        """Judge the claims, and write the result and the summary."""
        grid = self._grid(settings, directory)
        runs = grid.load()
        with self._fitting(directory):
            measures = self.measures(settings, runs)
            verdicts = judge_all(self.claims, measures)
            quantities = self.quantities(measures)
        place = choose_device(settings.device)
        plain = place.type == "cpu" or self.backends == WITHOUT_BACKEND
        backend = "eager" if settings.backend == "auto" and plain else settings.backend
        origin = provenance(str(place), backend)
        result = result_of(
            id=self.id,
            experiment=self.name,
            quick=settings.quick,
            settings=asdict(settings) | self._cells_run(runs),
            n=settings.repeats,
            quantities=quantities,
            verdicts=verdicts,
            figures=figures,
            seconds=round(grid.seconds(runs), 1),
        )
        computed_by = {"computed_by": grid.commits(runs)}
        write_result(directory.path / NAME, result | computed_by | origin)
        headline = _headline(verdicts, settings.repeats, [*figures, directory.path / NAME])
        directory.write_summary({"experiment": self.name, "headline": headline, **origin})

    def measures(self, settings: Any, runs: Any) -> Measures:
        """Return the values from which quantities and claims are computed."""
        return Measures(settings=settings, runs=runs, **self.measure(settings, runs))

    @contextmanager
    def _fitting(self, directory: RunDirectory) -> Iterator[None]:
        """Raise errors of a study that meets arrays it did not write as a `SpikefaError`."""
        try:
            yield
        except (LookupError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
            raise SpikefaError(
                f"{self.name} cannot use the runs in {_repeats(directory)}: if a file in it is "
                f"damaged, delete it and resume ({type(error).__name__}: {one_line(error)})"
            ) from error

    def _grid(self, settings: Any, directory: RunDirectory) -> Grid:
        return Grid(_repeats(directory), range(settings.repeats), self.cells)

    def _cells_run(self, runs: Any) -> dict[str, str]:
        """Return the setting ``cells`` for all cells that were run, including before a resume."""
        if not self.cells:
            return {}
        return {"cells": ALL if len(runs) == len(self.cells) else ",".join(runs)}


def _repeats(directory: RunDirectory) -> Path:
    return directory.path / "repeats"


def _headline(verdicts: Sequence[Verdict], n: int, written: Sequence[Path]) -> str:
    lines = [f"{each.text}: {'yes' if each.holds else 'NO'} ({each.evidence})" for each in verdicts]
    held = sum(each.holds for each in verdicts)
    lines += [f"{held} of {len(verdicts)} claims hold, n = {n}"]
    return "\n".join([*lines, *(f"wrote {path}" for path in written)])
