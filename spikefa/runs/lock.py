"""One process at a time in the folder of a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spikefa.utils.locks import Lock

NAME = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep everybody else from running in a folder, see `Lock`.

    Raises
    ------
    SpikefaError
        If another run holds the folder, or it cannot be written.
    """
    with Lock(folder / NAME, f"the run in {folder}"):
        yield
