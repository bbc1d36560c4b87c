"""``spikefa run TABLE --all``: run every cell that is missing, in the folder of the table."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

from spikefa.errors import require
from spikefa.runs.directory import RunDirectory
from spikefa.runs.experiment import Experiment
from spikefa.runs.parsing import parse_settings
from spikefa.runs.settings import ALL

WORD = "--all"
CELLS = f"--cells={ALL}"


def whole_table(experiment: Experiment, options: Sequence[str]) -> list[str]:
    """Return the options with ``--all`` replaced by those that it stands for.

    These are ``--cells all`` and, if the folder of the run is there already, ``--resume`` of it.

    Raises
    ------
    SpikefaError
        If ``--cells`` or ``--resume`` is given too.
    """
    is_table = "cells" in {item.name for item in fields(experiment.settings)}
    if WORD not in options or not is_table:  # of no table, the parser refuses it
        return list(options)
    for other in ("--cells", "--resume"):
        require(
            all(word.partition("=")[0] != other for word in options),
            f"{WORD} runs all cells and resumes the run in --out: leave out {other}",
        )
    others = [word for word in options if word != WORD]
    asked = parse_settings(experiment.name, experiment.settings, [*others, CELLS])
    folder = asked.out or Path("runs") / experiment.folder(asked.settings)
    if not RunDirectory(folder).config.is_file():
        return [*others, CELLS]
    return [*_without_out(others), CELLS, f"--resume={folder}"]


def _without_out(options: Sequence[str]) -> Iterator[str]:
    """Yield the options except ``--out FOLDER``."""
    words = iter(options)
    for word in words:
        if word == "--out":
            next(words, None)
        elif not word.startswith("--out="):
            yield word
