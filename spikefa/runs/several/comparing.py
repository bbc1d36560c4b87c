"""Compare runs: a table for the terminal, a picture and a page as files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spikefa.analysis.saving import save_figure
from spikefa.errors import SpikefaError, require
from spikefa.runs.pictures import refuse_existing
from spikefa.runs.report import write_page
from spikefa.runs.several.figure import curves_figure
from spikefa.runs.several.finding import find_runs
from spikefa.runs.several.groups import grouped
from spikefa.runs.several.page import comparison_page
from spikefa.runs.several.rows import in_columns, results_of, rows_of_groups, rows_of_runs
from spikefa.runs.several.stored import StoredRun, read_runs
from spikefa.utils import notices

NAME = "comparison.html"
SUFFIXES = (".html", ".htm")


def table_of(runs: Sequence[StoredRun]) -> str:
    """Return the table of runs, the means, and what was not averaged, as text.

    Raises
    ------
    SpikefaError
        If a result file is damaged or was edited.
    """
    groups, notes = grouped(runs)
    tables = [rows_of_runs(runs, results_of(runs)), rows_of_groups(groups)]
    return "\n\n".join(filter(None, [*map(in_columns, tables), *notes]))


@dataclass(frozen=True)
class Comparison:
    """Runs to compare, and the files to write.

    Attributes
    ----------
    runs : list of StoredRun
    page, picture : Path
    """

    runs: list[StoredRun]
    page: Path
    picture: Path

    @classmethod
    def of(cls, paths: Sequence[Path], out: Path | None, force: bool) -> "Comparison":
        """Read the runs, and check that the files can be written.

        Parameters
        ----------
        paths : sequence of Path
            Folders of runs, or folders of such folders.
        out : Path, optional
            The page, or a folder for it; the picture lies beside it. By default
            ``comparison.html`` here.
        force : bool
            Replace both if they exist.

        Raises
        ------
        SpikefaError
            If there are fewer than two runs, one of them is damaged or given twice, or a file
            exists.
        """
        directories = find_runs(paths)
        require(
            len(directories) > 1,
            f"one run alone, {directories[0].path}, cannot be compared: give two or more, or look "
            "at it with spikefa report",
        )
        page = page_at(out, NAME)
        picture = page.with_suffix(".png")
        for file in (page, picture):
            refuse_existing(file, force)
        return cls(read_runs(directories), page, picture)

    def write(self) -> list[Path]:
        """Write the page and, if the runs have learning curves, the picture; return the paths."""
        written = [self.page]
        write_page(comparison_page(self.runs), self.page)
        try:
            figure = curves_figure(grouped(self.runs)[0])
        except SpikefaError as error:
            notices.warn(f"{self.picture} is left out: {error}", stacklevel=2)
            return written
        save_figure(figure, self.picture)
        return [*written, self.picture]


def page_at(out: Path | None, name: str) -> Path:
    """Return the path of a page: `out`, or the file `name` in the folder `out` or here.

    Raises
    ------
    SpikefaError
        If `out` does not end in .html.
    """
    if out is None:
        return Path(name)
    if out.is_dir():
        return out / name
    require(
        out.suffix.lower() in SUFFIXES, f"cannot write the page to {out}: end the name in .html"
    )
    return out


def write_reports(paths: Sequence[Path], out: Path, force: bool = False) -> Path:
    """Write one page with the comparison and the reports of several runs, and return its path.

    Parameters
    ----------
    paths : sequence of Path
        Folders of runs, or folders of such folders.
    out : Path
    force : bool, default False
        Replace `out` if it exists.

    Raises
    ------
    SpikefaError
        If a run is damaged or given twice, or `out` exists or cannot be written.
    """
    page = page_at(out, "report.html")
    refuse_existing(page, force)
    write_page(comparison_page(read_runs(find_runs(paths)), in_full=True), page)
    return page
