"""One run of a sweep: its settings, its folder, and its state, which its files tell."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from spikefa.runs.directory import RunDirectory
from spikefa.runs.sweeps.values import as_text
from spikefa.utils.files import read_text, written_whole
from spikefa.utils.locks import is_held

State = Literal["waiting", "running", "stopped", "finished", "failed", "pruned"]
CLAIMS, FAILURE = ".claims", "failure.txt"
LONGEST = 100
"""Letters of a folder's name."""
PLAIN, OTHER = re.compile(r"[\w.+-]+"), re.compile(r"[^\w.=,+-]")
"""What stands in such a name as it is, and what never does."""


@dataclass(frozen=True)
class PlannedRun:
    """A run that a plan asks for.

    Attributes
    ----------
    folder : Path
        Of the sweep.
    values : mapping
        What varies.
    trial : int, optional
        Its number within its search.
    pruned : bool, default False
        Whether its trial was pruned, so that nobody makes it or goes on with it.
    directory : RunDirectory
        The folder of the run, whose name says what varies.
    """

    folder: Path
    values: Mapping[str, Any]
    trial: int | None = None
    pruned: bool = False
    directory: RunDirectory = field(init=False)

    def __post_init__(self) -> None:
        place = self.folder / name_of(self.values, self.trial)
        object.__setattr__(self, "directory", RunDirectory(place))

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.directory.path.name

    @property
    def claim(self) -> Path:
        """The lock of whoever makes the run."""
        return self.folder / CLAIMS / self.name

    @property
    def ended(self) -> bool:
        """Whether it is finished, has failed, or will not be made since its trial was pruned."""
        files = self.directory.summary, self.directory.path / FAILURE
        return self.pruned or any(file.is_file() for file in files)

    @property
    def state(self) -> State:
        """What the files tell: a summary, a failure, a claim that is held, a configuration."""
        if self.directory.summary.is_file():
            return "finished"
        if self.ended:
            failed = (self.directory.path / FAILURE).is_file()
            return "failed" if failed else "pruned"
        if is_held(self.claim):
            return "running"
        return "stopped" if self.directory.config.is_file() else "waiting"

    @property
    def failure(self) -> str:
        """Why it failed, or ""."""
        path = self.directory.path / FAILURE
        return " ".join(read_text(path).split()) if path.is_file() else ""

    def fail(self, why: str) -> None:
        """Write down why it failed."""
        self.directory.path.mkdir(parents=True, exist_ok=True)
        with written_whole(self.directory.path / FAILURE) as temporary:
            temporary.write_text(why + "\n", encoding="utf-8")

    def forgive(self) -> None:
        """Let it be tried again."""
        (self.directory.path / FAILURE).unlink(missing_ok=True)


def name_of(values: Mapping[str, Any], trial: int | None = None) -> str:
    """Return a folder's name such as ``learning_rate=0.001,seed=0``.

    It ends in a hash where values cannot stand in a name as they are.
    """
    parts = {**values} if trial is None else {"trial": trial, **values}
    texts = [as_text(value) for value in parts.values()]
    name = ",".join(f"{key}={text}" for key, text in zip(parts, texts, strict=True))
    if len(name) <= LONGEST and all(PLAIN.fullmatch(text) for text in (*parts, *texts)):
        return name
    mark = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:8]
    return f"{re.sub(OTHER, '_', name)[: LONGEST - 9]}-{mark}"
