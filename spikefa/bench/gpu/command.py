"""Run the chosen parts one after the other and write the table."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from spikefa.bench.gpu.parts import Part, chosen_parts
from spikefa.bench.gpu.results import Origin, Result, read_result, write_result
from spikefa.bench.gpu.running import run_part
from spikefa.bench.gpu.table import write_table
from spikefa.bench.processes import REPOSITORY
from spikefa.datasets import folders
from spikefa.datasets.sources import MNIST
from spikefa.errors import require
from spikefa.runs.provenance import code_version, provenance
from spikefa.utils.devices import choose_device

DOCS = Path("docs/benchmarks/gpu")
REHEARSAL = Path("runs/gpu-rehearsal")


def execute(given: argparse.Namespace) -> int:
    """Run the parts that the command line asks for; return 1 if any has not passed."""
    if given.only_table:
        print(f"wrote {write_table(given.out or DOCS, given.page)}")
        return 0
    parts = chosen_parts(given.parts.split())
    origin = _origin(given.device, given.commit)
    out = given.out or (REHEARSAL if origin.rehearsal else DOCS)
    _check(parts, origin, out, given.budget)
    out.mkdir(parents=True, exist_ok=True)
    results = run_all(parts, origin, out, given.budget, given.goes_on)
    if not origin.rehearsal:
        print(f"wrote {write_table(out, given.page)}")
    return 0 if all(result.passed for result in results) else 1


def _origin(device: str, commit: str) -> Origin:
    chosen = choose_device(device)
    found = provenance(str(chosen))
    return Origin(
        card=found["hardware"],
        commit=code_version() or commit,
        date=time.strftime("%Y-%m-%d"),
        torch=found["torch_version"],
        device=str(chosen),
        rehearsal=chosen.type != "cuda",
    )


def _check(parts: Sequence[Part], origin: Origin, out: Path, budget: float) -> None:
    """Refuse what would fail, or spoil something, only after minutes."""
    require(budget > 0, f"the factor on the time must be above 0, {budget} given")
    require(
        bool(origin.commit) or origin.rehearsal,
        "the commit is not known, since there is no .git here: give COMMIT=..., which "
        "`git rev-parse HEAD` prints where the checkout is from",
    )
    docs = REPOSITORY / "docs"
    require(
        not (origin.rehearsal and out.resolve().is_relative_to(docs)),
        f"{out} is part of the documentation, in which a rehearsal has no place: give another OUT",
    )
    learns = any(part.goes_on for part in parts) and not origin.rehearsal
    require(
        not learns or folders.find_folder(MNIST, folders.cache_folder()) is not None,
        "the files of MNIST are missing: name their folder, SPIKEFA_DATA=FOLDER make gpu",
    )


def run_all(
    parts: Sequence[Part], origin: Origin, out: Path, budget: float, goes_on: bool
) -> list[Result]:
    """Run the parts and return their results, those that were kept too."""
    results = []
    print(f"{origin.card}, torch {origin.torch}, commit {origin.short_commit}")
    for part in parts:
        kept = read_result(out / f"{part.name}.json") if goes_on else None
        if kept is not None and not kept.origin.same_as(origin):
            kept = None
        if kept is not None and kept.passed:
            print(f"{part.name}: kept")
            results.append(kept)
            continue
        print(f"{part.name}: {part.what}, at most {budget * part.seconds:.0f} s", flush=True)
        result = run_part(part, origin, out, budget * part.seconds, kept)
        write_result(out, result)
        print(f"{part.name}: {result.verdict}, {result.seconds:.0f} s", flush=True)
        results.append(result)
    bad = [result.part for result in results if not result.passed]
    print(
        f"{len(results) - len(bad)} of {len(results)} parts have passed"
        + (f"; not: {', '.join(bad)}" if bad else "")
    )
    return results
