"""Many trainings, in parallel if requested, each with its own file."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from spikefa import datasets
from spikefa.experiments.comparison._entries import ENTRIES
from spikefa.experiments.comparison._settings import Settings
from spikefa.experiments.comparison._trial import train
from spikefa.runs.provenance import provenance
from spikefa.runs.studies.repeats import in_processes
from spikefa.utils.devices import choose_device
from spikefa.utils.files import written_whole
from spikefa.utils.progress import progress_bar


@dataclass(frozen=True)
class Job:
    """One training.

    Attributes
    ----------
    entry : str
        The line of the table.
    trial : int
        Number of the setting, see `Entry.choices`.
    seed : int
    """

    entry: str
    trial: int
    seed: int

    @property
    def file(self) -> str:
        """Name of the file with its result."""
        line = re.sub(r"\W+", "-", self.entry)
        return f"{line}-trial{self.trial}-seed{self.seed}.json"


def do_jobs(jobs: Iterable[Job], settings: Settings, folder: Path) -> None:
    """Do the jobs without a file in `folder`; each job writes its file when it ends."""
    left = [job for job in jobs if not (folder / job.file).exists()]
    with progress_bar("trainings", len(left), keep=True) as bar:
        for count in in_processes(partial(do_job, settings, folder), left, settings.processes):
            bar.advance(count)


def do_job(settings: Settings, folder: Path, job: Job) -> int:
    """Train, and write the measurements; return 1, the number of jobs done."""
    dataset = datasets.load(settings.dataset, settings.data_dir)
    dataset = dataset.hold_out(settings.validation_images).subset(settings.train_images)
    entry = ENTRIES[job.entry]
    choice = entry.choices()[job.trial]
    result: dict[str, Any] = {
        "line": job.entry,
        "trial": job.trial,
        "chosen": job.trial == entry.chosen,
        "seed": job.seed,
        **asdict(choice),
        **train(entry, choice, settings, dataset, job.seed),
        **provenance(str(choose_device(settings.device))),
    }
    with written_whole(folder / job.file) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 1
