"""The folder of a run. Files are written atomically and never overwritten silently."""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from spikefa.errors import SpikefaError, require, require_there
from spikefa.runs.lock import NAME as LOCK
from spikefa.utils.files import read_text, remove_leftovers, write_error, written_whole
from spikefa.utils.json_text import parse_mapping
from spikefa.utils.scalars import plain
from spikefa.utils.yaml_text import parse_named

_FILES = {
    "config": "config.yaml",
    "data": "data.json",
    "start": "start.csv",
    "metrics": "metrics.csv",
    "replicas": "replicas.csv",
    "recording": "recording.h5",
    "checkpoint": "checkpoint.pt",
    "summary": "summary.json",
    "figures": "figures",
    "tensorboard": "tensorboard",
}


@dataclass(frozen=True)
class RunDirectory:
    """The folder of one run; names, reads and writes its files.

    Attributes
    ----------
    path : Path
        The folder.
    config, data, start, metrics, replicas, recording, checkpoint, summary : Path
        ``config.yaml``, ``data.json``, ``start.csv``, ``metrics.csv``, ``replicas.csv``,
        ``recording.h5``, ``checkpoint.pt`` and ``summary.json``.
    figures, tensorboard : Path
        The folders of these names.
    """

    path: Path
    config: Path = field(init=False)
    data: Path = field(init=False)
    start: Path = field(init=False)
    metrics: Path = field(init=False)
    replicas: Path = field(init=False)
    recording: Path = field(init=False)
    checkpoint: Path = field(init=False)
    summary: Path = field(init=False)
    figures: Path = field(init=False)
    tensorboard: Path = field(init=False)

    def __post_init__(self) -> None:
        for name, file in _FILES.items():
            object.__setattr__(self, name, self.path / file)

    @classmethod
    def create(cls, path: Path) -> "RunDirectory":
        """Make the folder of a new run, or take an existing one without a run; see `claim`.

        Raises
        ------
        SpikefaError
            If it cannot be made.
        """
        run = cls(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(path, error) from error
        return run

    def written_elsewhere(self, path: Path) -> "RunDirectory":
        """Return a folder that takes what is written, but for the recording and the checkpoint."""
        other = RunDirectory.create(path)
        for name in ("recording", "checkpoint"):
            object.__setattr__(other, name, getattr(self, name))
        return other

    def claim(self) -> None:
        """Begin a new run in the folder, whose lock this process holds.

        Raises
        ------
        SpikefaError
            If the folder holds a run already, or cannot be written.
        """
        files = (self.config, self.metrics, self.recording, self.checkpoint, self.summary)
        require(
            not any(file.exists() for file in files),
            f"{self.path} holds a run already: continue it with --resume {self.path}, "
            "or give another folder with --out",
        )
        try:
            self.figures.mkdir(exist_ok=True)
        except OSError as error:
            raise write_error(self.path, error) from error

    def clear(self) -> None:
        """Remove the temporary files of processes that were killed here."""
        for folder in (self.path, *filter(Path.is_dir, self.path.glob("*"))):
            remove_leftovers(folder)

    @classmethod
    def open(cls, path: Path) -> "RunDirectory":
        """Return the folder of an existing run.

        Raises
        ------
        SpikefaError
            If the folder holds no run.
        """
        run = cls(path)
        require_there(
            run.config.is_file(), f"{path} holds no run: there is no {run.config.name} in it"
        )
        return run

    @contextmanager
    def emptied_if_refused(self) -> Iterator[None]:
        """Remove the configuration of a run that a `SpikefaError` ends before its first result."""
        try:
            yield
        except SpikefaError:
            mine = (self.config, self.data, self.start, self.path / LOCK)
            if all(path.is_dir() or path in mine for path in self.path.rglob("*")):
                self.config.unlink(missing_ok=True)
                self.data.unlink(missing_ok=True)
                self.start.unlink(missing_ok=True)
                for folder in (self.figures, self.path / "repeats"):
                    with suppress(OSError):  # there is none
                        folder.rmdir()
            raise

    @property
    def experiment(self) -> str:
        """Name of the experiment, from the first line of the configuration."""
        found = re.match(r"# spikefa run ([\w.]+)", read_text(self.config))
        if found is None:
            raise SpikefaError(f"{self.config} does not begin with '# spikefa run EXPERIMENT'")
        return found[1]

    def write_config(self, experiment: str, settings: dict[str, Any]) -> None:
        """Write the complete settings in the format that ``--config`` reads."""
        with written_whole(self.config) as temporary:
            text = yaml.safe_dump(plain(settings), sort_keys=False)
            heading = f"# spikefa run {experiment} --config THIS_FILE"
            temporary.write_text(f"{heading}\n{text}", encoding="utf-8")

    def write_start(self, row: dict[str, float]) -> None:
        """Write what is measured before training: a line of epoch 0, like those of the metrics."""
        self._write_rows(self.start, [row])

    def write_metrics(self, rows: Sequence[dict[str, float]]) -> None:
        """Write one line per epoch; integers have no decimal point, missing numbers are empty."""
        self._write_rows(self.metrics, rows)

    def write_replicas(
        self, seeds: Sequence[int], histories: Sequence[Sequence[dict[str, float]]]
    ) -> None:
        """Write the metrics of each replica, one line per seed and epoch."""
        rows = [
            {"seed": seed, **row}
            for seed, history in zip(seeds, histories, strict=True)
            for row in history
        ]
        self._write_rows(self.replicas, rows)

    def _write_rows(self, path: Path, rows: Sequence[Mapping[str, float]]) -> None:
        names = list(rows[-1])  # in a run started by an older version, the first rows lack columns
        names += [name for name in rows[0] if name not in names]
        with written_whole(path) as temporary, open(temporary, "w", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)

    def write_summary(self, summary: dict[str, Any]) -> None:
        """Write the results of the finished run as JSON."""
        with written_whole(self.summary) as temporary:
            temporary.write_text(json.dumps(plain(summary), indent=2) + "\n", encoding="utf-8")

    def read_summary(self) -> dict[str, Any]:
        """Return the results, or {} if the run has not finished.

        Raises
        ------
        SpikefaError
            If the file is damaged.
        """
        if not self.summary.is_file():
            return {}
        return parse_mapping(read_text(self.summary), self.summary)

    def read_config(self) -> dict[str, Any]:
        """Return the settings as ``config.yaml`` has them, unchecked.

        Raises
        ------
        SpikefaError
            If the file is damaged.
        """
        return parse_named(read_text(self.config), self.config)


def _cell(value: float) -> str:
    """Return a number as text; NaN, such as the error of an epoch without images, is no number."""
    return "" if value != value else f"{value:.8g}"
