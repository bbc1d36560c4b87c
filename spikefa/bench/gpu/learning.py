"""Train the network of figure 4 with several seeds, and write the errors as they come.

``python -m spikefa.bench.gpu.learning FA --device cuda --json FILE [--kept FILE]``
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from spikefa.errors import SpikefaError
from spikefa.runs.directory import RunDirectory
from spikefa.runs.loading import load_experiment
from spikefa.runs.parsing import parse_settings
from spikefa.utils.devices import enough_memory
from spikefa.utils.files import read_text, written_whole

EXPERIMENT = "lillicrap2016.fig4"
OPTIONS = {"FA": [], "DFA": ["--feedback-scale", "0.1"], "PFAo": []}
"""Options of each circuit, beside its name."""
SEEDS = 5
TINY = (
    "--dataset digits --train-images 40 --test-images 20 --hidden 12 --outputs 10 --epochs 1 "
    "--batch-size 4"
).split()
KEPT = (
    "test_error_percent test_error_percent_summed train_error_percent wall_seconds epochs seed "
    "backend"
).split()
"""What is kept of the summary of a run."""


def runs(circuit: str, device: str, seeds: list[int], quick: bool) -> Iterator[dict[str, Any]]:
    """Train a network with each seed; the first is recorded and draws its pictures."""
    experiment = load_experiment(EXPERIMENT)
    for seed in seeds:
        recorded = seed == 0
        with TemporaryDirectory() as folder:
            options = ["--feedback", circuit, "--device", device, "--seed", str(seed)]
            options += ["--record", str(recorded).lower(), "--out", f"{folder}/run"]
            options += [*OPTIONS[circuit], *(TINY if quick else ())]
            given = parse_settings(EXPERIMENT, experiment.settings, options)
            started = time.perf_counter()
            with enough_memory():
                run: RunDirectory = experiment.run(given.settings, given.out)
            seconds = time.perf_counter() - started
            summary = run.read_summary()
        yield {key: summary[key] for key in KEPT} | {"seconds": seconds, "recorded": recorded}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train with all seeds that are not in the kept file; write the file after each."""
    parser = argparse.ArgumentParser(prog="python -m spikefa.bench.gpu.learning")
    parser.add_argument("circuit", choices=OPTIONS)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args(arguments)
    seeds = 2 if given.quick else SEEDS
    done = json.loads(read_text(given.kept))["measured"]["runs"] if given.kept else []
    todo = [seed for seed in range(seeds) if seed not in [run["seed"] for run in done]]
    try:
        for row in runs(given.circuit, given.device, todo, given.quick):
            done = [*done, row]
            print(row, flush=True)
            _write(given.json, {"circuit": given.circuit, "seeds": seeds, "runs": done})
    except SpikefaError as error:
        print(f"spikefa: {error}", file=sys.stderr)
        return 2
    return 0


def _write(path: Path, content: dict[str, Any]) -> None:
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
