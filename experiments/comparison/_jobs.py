"""Many trainings, side by side if asked, each with a file of its own."""

import json
import re
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikefa.experiments.comparison._entries import ENTRIES

if TYPE_CHECKING:
    from spikefa.experiments.comparison.circuits import Settings


@dataclass(frozen=True)
class Job:
    """One training.

    Attributes
    ----------
    entry : str
        Line of the table.
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


def do_jobs(jobs: Iterable[Job], settings: "Settings", folder: Path) -> None:
    """Do the jobs whose file is not in `folder` yet; each file appears whole when its job ends."""
    from spikefa.utils.progress import progress_bar

    left = [job for job in jobs if not (folder / job.file).exists()]
    with progress_bar("trainings", len(left), keep=True) as bar:
        if settings.processes == 1:
            for job in left:
                do_job(job, settings, folder)
                bar.advance(1)
            return
        with ProcessPoolExecutor(
            settings.processes, get_context("spawn"), initializer=_one_thread
        ) as pool:
            for done in as_completed([pool.submit(do_job, job, settings, folder) for job in left]):
                done.result()
                bar.advance(1)


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def do_job(job: Job, settings: "Settings", folder: Path) -> None:
    """Train, and write what was measured."""
    from spikefa import datasets
    from spikefa.experiments.comparison._trial import train
    from spikefa.runs.provenance import provenance
    from spikefa.utils.files import written_whole

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
        **provenance(settings.device),
    }
    with written_whole(folder / job.file) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
