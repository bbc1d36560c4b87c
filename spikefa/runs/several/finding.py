"""Find the runs that are meant by folders: runs themselves, or folders of runs."""

from collections.abc import Iterable
from pathlib import Path

from spikefa.errors import MissingFileError, SpikefaError, require
from spikefa.runs.directory import RunDirectory
from spikefa.utils.printable import one_line


def find_runs(paths: Iterable[Path]) -> list[RunDirectory]:
    """Return the runs in the order given; a folder of runs stands for those in it, by name.

    Raises
    ------
    SpikefaError
        If a folder is neither a run nor holds one, or a run is given twice.
    """
    found = [run for path in paths for run in _runs_at(path)]
    known: dict[Path, RunDirectory] = {}
    for run in found:
        place = run.path.resolve()
        require(
            place not in known,
            f"{run.path} is given twice, the other time as {known.get(place, run).path}: "
            "give each run once",
        )
        known[place] = run
    return found


def _runs_at(path: Path) -> list[RunDirectory]:
    run = RunDirectory(path)
    if run.config.is_file():
        return [run]
    if not path.is_dir():
        there = path.exists()
        what = "is a file" if there else "does not exist"
        mistake = SpikefaError if there else MissingFileError
        raise mistake(f"{path} is no run: it {what}; give the folder of a run")
    inside = [RunDirectory(folder) for folder in sorted(path.iterdir())]
    held = [run for run in inside if run.config.is_file()]
    require(
        len(held) > 0, f"{path} holds no run: there is no {run.config.name} in it or in its folders"
    )
    return held


def names_of(runs: Iterable[RunDirectory]) -> list[str]:
    """Return a name for each run: that of its folder or, where two have it, the path as given."""
    paths = [run.path for run in runs]
    short = [path.resolve().name for path in paths]
    return [
        one_line(name if short.count(name) == 1 else path)
        for name, path in zip(short, paths, strict=True)
    ]
