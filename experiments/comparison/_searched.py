"""What a sweep over trials has found.

The sweep has a run for each circuit and trial, see docs/circuits-compared.md. ``python -m
spikefa.experiments.comparison._searched FOLDER`` prints the table of the search and the best trial
of each circuit, and writes ``search.json`` into the folder.
"""

import json
import sys
from pathlib import Path
from typing import Any

from spikefa.errors import require
from spikefa.experiments.comparison._table import best_trials, search_table
from spikefa.experiments.comparison.circuits import listed
from spikefa.utils.files import read_text, written_whole


def trials_in(folder: Path) -> list[dict[str, Any]]:
    """Return the trials of all runs in a folder, by circuit and number.

    Raises
    ------
    SpikefaError
        If there is none.
    """
    files = sorted(folder.glob("*/results.json"))
    require(len(files) > 0, f"{folder} holds no run of comparison.circuits")
    found = [trial for file in files for trial in json.loads(read_text(file))]
    return sorted(found, key=lambda each: (each["line"], each["trial"], each["seed"]))


def main(folder: Path) -> None:
    """Print the table and the best trials, and write all of them."""
    trials = trials_in(folder)
    print(search_table(trials))
    for line, trial in best_trials(trials).items():
        print(f"{line}: trial {trial}")
    with written_whole(folder / "search.json") as temporary:
        temporary.write_text(listed(trials), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
