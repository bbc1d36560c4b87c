"""The experiments by name. Listing experiments does not import them."""

import ast
import pkgutil
from importlib.util import find_spec
from pathlib import Path

from spikefa.errors import SpikefaError
from spikefa.utils.files import read_text
from spikefa.utils.suggesting import did_you_mean

PACKAGE = "spikefa.experiments"


def experiment_names() -> list[str]:
    """Return the names of all experiments, ``paper.figure``, in alphabetical order."""
    return sorted(_files())


def description(name: str) -> str:
    """Return the module docstring of an experiment, read from its file.

    Raises
    ------
    SpikefaError
        If there is no experiment with that name.
    """
    return ast.get_docstring(ast.parse(read_text(file_of(name)))) or ""


def summary_line(name: str) -> str:
    """Return the first line of the description of an experiment."""
    return description(name).split("\n")[0]


def file_of(name: str) -> Path:
    """Return the file of an experiment.

    Raises
    ------
    SpikefaError
        If there is no experiment with that name; the message lists all names.
    """
    files = _files()
    if name not in files:
        known = ", ".join(sorted(files))
        raise SpikefaError(
            f"no experiment called {name!r}{did_you_mean(name, files)}: there is {known}"
        )
    return files[name]


def _files() -> dict[str, Path]:
    """Return the file of each experiment. Modules whose names start with ``_`` are helpers."""
    spec = find_spec(PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    return {
        f"{paper.name}.{figure.name}": Path(folder) / paper.name / f"{figure.name}.py"
        for folder in folders or ()
        for paper in pkgutil.iter_modules([folder])
        if paper.ispkg
        for figure in pkgutil.iter_modules([str(Path(folder) / paper.name)])
        if not figure.name.startswith("_")
    }
