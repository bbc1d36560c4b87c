"""Every error circuit on the same spiking network, tuned alike: error, angles, speed, memory.

Small networks of figure 4's neurons learn MNIST, three seeds for each circuit. The settings of
each circuit were chosen on held-out training images, with the same number of trials for all: by a
sweep over ``--trial``, see `spikefa.experiments.comparison._searched`. Writes one file for each run
and a table, as Markdown.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spikefa.errors import require
from spikefa.experiments.comparison._costs import measure_costs
from spikefa.experiments.comparison._entries import ENTRIES, TRIALS, Entry
from spikefa.experiments.comparison._jobs import Job, do_jobs
from spikefa.experiments.comparison._settings import Settings
from spikefa.experiments.comparison._table import best_trials, results_table, search_table
from spikefa.runs.data import keep_data, named_data
from spikefa.runs.directory import RunDirectory
from spikefa.runs.experiment import Experiment, Prepared
from spikefa.runs.provenance import provenance
from spikefa.utils.devices import choose_device
from spikefa.utils.files import read_text, written_whole
from spikefa.utils.suggesting import did_you_mean


@dataclass(frozen=True)
class Comparison(Experiment):
    """Trains many circuits with several seeds, writes a file for each run, and a table."""

    def prepare(self, settings: Settings, resumed: RunDirectory | None) -> Prepared:
        """Return what runs the trainings without a file."""
        jobs = [
            Job(name, _trial(ENTRIES[name], settings), seed)
            for name in lines(settings)
            for seed in range(settings.repeats)
        ]

        def compute(directory: RunDirectory) -> None:
            if not all((directory.path / job.file).exists() for job in jobs):
                keep_data(directory, named_data(settings))
            do_jobs(jobs, settings, directory.path)

        return Prepared(compute)

    def draw_figures(self, settings: Settings, directory: RunDirectory) -> list[Path]:
        """Return no figure: the comparison writes a table."""
        return []

    def conclude(
        self, settings: Settings, directory: RunDirectory, figures: Sequence[Path]
    ) -> None:
        """Write the table and the summary."""
        found = sorted(directory.path.glob("*-trial*.json"))
        results = [json.loads(read_text(file)) for file in found]
        trying = settings.trial is not None
        costs = {} if trying else measure_costs(lines(settings), settings)
        text = search_table(results) if trying else results_table(results, costs)
        table = directory.path / "table.md"
        for file, content in ((table, text), (directory.path / "results.json", listed(results))):
            with written_whole(file) as temporary:
                temporary.write_text(content, encoding="utf-8")
        directory.write_summary(
            {
                "experiment": self.name,
                "headline": f"wrote {table}",
                "best_trials": best_trials(results),
                "costs": costs,
                "runs": len(results),
                **provenance(str(choose_device(settings.device))),
            }
        )


def lines(settings: Settings) -> list[str]:
    """Return the lines of the table that are run."""
    return list(ENTRIES) if settings.circuits is None else settings.circuits


def complete(settings: Settings) -> Settings:
    """Refuse circuits that are not in the table, and a search that looks at test images."""
    choose_device(settings.device)
    for name in lines(settings):
        require(
            name in ENTRIES,
            f"no circuit {name!r} in the table{did_you_mean(name, ENTRIES)}: "
            f"choose {', '.join(ENTRIES)}",
        )
    require(
        settings.trial is None or settings.validation_images > 0,
        "a trial must not look at test images: give --validation-images",
    )
    require(
        settings.trial is None or settings.trial < TRIALS,
        f"--trial {settings.trial}: give a number from 0 to {TRIALS - 1}",
    )
    return settings


def _trial(entry: Entry, settings: Settings) -> int:
    return entry.chosen if settings.trial is None else settings.trial


def listed(results: list[dict[str, Any]]) -> str:
    """Return a JSON list with one line for each result."""
    return "[\n" + ",\n".join(json.dumps(result) for result in results) + "\n]\n"


EXPERIMENT = Comparison(
    "comparison.circuits",
    Settings,
    complete=complete,
    data=named_data,
    may_change=("processes", "data_dir", "circuits", "repeats"),
    quick={
        "dataset": "digits",
        "hidden": 50,
        "outputs": 50,
        "batch_size": 20,
        "epochs": 1,
        "repeats": 1,
    },
)
