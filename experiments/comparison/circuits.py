"""Every error circuit on the same spiking network, tuned alike: error, angles, speed, memory.

Small networks of figure 4's neurons learn MNIST, three seeds for each circuit. The settings of
each circuit were chosen on held-out training images, with the same number of trials for all
(``--tune true``). Writes one file for each run and a table, as Markdown.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from spikefa.errors import require
from spikefa.runs.experiment import option
from spikefa.utils.files import read_text

if TYPE_CHECKING:
    from spikefa.experiments.comparison._entries import Entry
    from spikefa.runs.directory import RunDirectory

MAY_CHANGE_ON_RESUME = ("processes", "data_dir", "circuits", "repeats")


@dataclass(frozen=True)
class Settings:
    """Everything that the results depend on."""

    circuits: list[str] | None = option(None, "lines of the table; default: all")
    repeats: int = option(3, "runs of each circuit, with seeds 0, 1, 2 and so on")
    tune: bool = option(False, "search the settings of each circuit instead, with seed 0")
    epochs: int = option(3, "epochs of training")
    train_images: int | None = option(None, "use only the first K training images")
    validation_images: int = option(0, "test on the last K training images, not on the test set")
    batch_size: int = option(100, "independent streams; updates are summed over them")
    hidden: int = option(300, "neurons of each hidden population")
    hidden_layers: int = option(3, "hidden populations")
    outputs: int = option(200, "output neurons, an equal share for each class")
    dataset: str = option("mnist", "mnist, fashion_mnist, kmnist or digits")
    data_dir: str | None = option(None, "where the data set lies; else $SPIKEFA_DATA, else fetched")
    device: Literal["cpu", "cuda", "auto"] = option("auto", "auto: a GPU if there is one")
    processes: int = option(1, "runs side by side, one thread each; 1 on a GPU")


def run(settings: Settings, out: Path | None, resume: Path | None) -> "RunDirectory":
    """Run what is not there yet, and write the table of what is.

    Parameters
    ----------
    settings : Settings
    out : Path, optional
        Folder to make; default ``runs/comparison.circuits``.
    resume : Path, optional
        Folder of a comparison to go on with: runs whose file is there are not repeated.

    Returns
    -------
    RunDirectory

    Raises
    ------
    SpikefaError
        If a circuit is not in the table, or a number is out of range.
    """
    from spikefa.experiments.comparison._entries import ENTRIES
    from spikefa.experiments.comparison._jobs import Job, do_jobs
    from spikefa.runs.directory import RunDirectory

    names = list(ENTRIES) if settings.circuits is None else settings.circuits
    for name in names:
        require(name in ENTRIES, f"no circuit {name!r} in the table: there is {', '.join(ENTRIES)}")
    require(settings.repeats >= 1, f"repeats must be at least 1, {settings.repeats} given")
    require(settings.processes >= 1, f"processes must be at least 1, {settings.processes} given")
    require(
        not settings.tune or settings.validation_images > 0,
        "the search must not look at test images: give --validation-images",
    )
    default = Path("runs") / "comparison.circuits"
    folder = RunDirectory(resume) if resume else RunDirectory.create(out or default)
    folder.write_config("comparison.circuits", asdict(settings))
    jobs = [
        Job(name, trial, seed)
        for name in names
        for seed in range(1 if settings.tune else settings.repeats)
        for trial in _trials(ENTRIES[name], settings)
    ]
    do_jobs(jobs, settings, folder.path)
    _conclude(folder, names, settings)
    return folder


def _trials(entry: "Entry", settings: Settings) -> list[int]:
    return list(range(len(entry.choices()))) if settings.tune else [entry.chosen]


def _conclude(folder: "RunDirectory", names: list[str], settings: Settings) -> None:
    """Write the table, and the summary that says where it is."""
    from spikefa.experiments.comparison._costs import measure_costs
    from spikefa.experiments.comparison._table import best_trials, results_table, search_table
    from spikefa.runs.provenance import provenance
    from spikefa.utils.files import written_whole

    results = [json.loads(read_text(file)) for file in sorted(folder.path.glob("*-trial*.json"))]
    costs = {} if settings.tune else measure_costs(names, settings)
    text = search_table(results) if settings.tune else results_table(results, costs)
    table = folder.path / "table.md"
    for file, content in ((table, text), (folder.path / "results.json", _lines(results))):
        with written_whole(file) as temporary:
            temporary.write_text(content, encoding="utf-8")
    folder.write_summary(
        {
            "experiment": "comparison.circuits",
            "headline": f"wrote {table}",
            "best_trials": best_trials(results),
            "costs": costs,
            "runs": len(results),
            **provenance(settings.device),
        }
    )


def _lines(results: list[dict[str, Any]]) -> str:
    """Return a JSON list with one line for each result."""
    return "[\n" + ",\n".join(json.dumps(result) for result in results) + "\n]\n"
