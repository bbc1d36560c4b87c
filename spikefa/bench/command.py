"""The command `spikefa bench`: measure, print, and write JSON if asked."""

import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import torch

from spikefa.bench import overhead, startup
from spikefa.bench.limits import measure_limits
from spikefa.bench.networks import figure_4
from spikefa.bench.peers import ON_A_GPU, explanation, time_apart, time_peers
from spikefa.bench.ranks import time_ranks
from spikefa.bench.rate import SIZES, time_rate
from spikefa.bench.recorder import backends_to_record, time_recording
from spikefa.bench.replicas import COUNTS, time_replicas
from spikefa.bench.residual import time_residual
from spikefa.bench.scaling import BATCHES, WIDTHS, ScalingPoint, scaling, scaling_figure
from spikefa.bench.steps import time_steps
from spikefa.bench.threads import time_threads
from spikefa.errors import require
from spikefa.runs.provenance import provenance
from spikefa.utils.files import written_whole
from spikefa.utils.progress import progress_bar
from spikefa.utils.threads import cores
from spikefa.utils.timing import spread

Benchmark = Callable[[torch.device, int, bool], dict[str, Any]]
"""Measures on a device with a batch, quickly or not; prints; returns numbers as plain data."""


def bench(
    what: str, device: torch.device, batch: int, out: Path | None, quick: bool = False
) -> None:
    """Run a benchmark and print what it measured.

    Parameters
    ----------
    what : str
        One of `BENCHMARKS`.
    device : torch.device
    batch : int
        Number of streams. "scaling" and "startup" ignore it; "peers" and "replicas" also measure a
        single stream.
    out : Path, optional
        JSON file for all numbers. "scaling" also draws a figure beside it.
    quick : bool, default False
        Whether to rehearse with tiny networks and few repetitions, which says nothing about speed.

    Raises
    ------
    SpikefaError
        If the batch is impossible, or `out` exists or cannot be written.
    """
    require(batch >= 1, f"the batch must be at least 1, {batch} given")
    require(out is None or not out.exists(), f"{out} exists already: give another name")
    origin = provenance(str(device))
    print(f"{what}, {origin['hardware']}, torch {origin['torch_version']}")
    measured = BENCHMARKS[what](device, batch, quick)
    if out is not None:
        with written_whole(out) as temporary:
            content = {"benchmark": what, "quick": quick, **origin, **measured}
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        if what == "scaling":
            scaling_figure(measured["points"], out.with_suffix(".png"), measured["limit_flops"])
        print(f"wrote {out}")


def _steps(size: str, device: torch.device, batch: int, quick: bool) -> dict[str, Any]:
    network = figure_4("tiny" if quick else size, device)
    print(f"{network}, batch {batch}")
    if quick:
        times = time_steps(network, batch, steps=5, repetitions=1, compiled=False)
    else:
        times = time_steps(network, batch, steps=200 if device.type == "cuda" else 10)
    print(times)
    return {"network": repr(network), **times.as_json()}


def _peers(size: str, device: torch.device, batch: int, quick: bool) -> dict[str, Any]:
    size, repetitions = ("tiny", 1) if quick else (size, 9)
    network, batches = figure_4(size), sorted({1, batch})
    print(network)
    if device.type == "cuda":
        rows = _printed(time_apart(device, batches, size, repetitions))
        print(explanation(ON_A_GPU))
    else:
        rows = _printed(time_peers(network, batches))
        print(explanation())
    return {"network": repr(network), "rows": rows}


def _printed(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Print each row as soon as it is measured; return all as plain data."""
    kept = []
    for row in rows:
        kept.append(asdict(row))
        print(row)
        sys.stdout.flush()
    return kept


def _recorder(device: torch.device, batch: int, quick: bool) -> dict[str, Any]:
    network, rows = figure_4("tiny" if quick else "full", device), []
    steps, pairs = (1000, 15) if device.type == "cuda" else (10, 9)
    alone = 8000
    if quick:
        steps, pairs, alone = 5, 1, 8
    for backend in backends_to_record(network, batch):
        cost = time_recording(network, batch, steps, pairs, alone, backend)
        print(cost)
        rows.append(asdict(cost) | {"slowdown_percent": cost.slowdown})
    return {"batch_size": batch, "rows": rows}


def _threads(device: torch.device, batch: int, quick: bool) -> dict[str, Any]:
    policy = os.environ.get("OMP_WAIT_POLICY", "of OpenMP")
    print(f"{cores()} cores may be used; how threads wait: {policy.lower()}")
    times = time_threads((16,), (1,), turns=1) if quick else time_threads()
    return {"wait_policy": policy, "rows": _printed(times)}


def _scaling(device: torch.device, batch: int, quick: bool) -> dict[str, Any]:
    limits = measure_limits(device)
    print(limits)
    widths, batches = ((16, 32), (1, 4)) if quick else (WIDTHS, BATCHES)
    on_gpu = device.type == "cuda"
    measured = scaling(device, widths, batches, patience=5 if on_gpu else 60, limits=limits)
    # Stored feedback matrices of the widest layers take as much room as their weights.
    drawn = scaling(device, widths[-1:], (1, 100), limits=limits, procedural=True)
    points = []
    number = len(widths) * len(batches) + 2 * on_gpu
    with progress_bar("widths and batches", number) as bar:
        for point in chain(measured, drawn if on_gpu else ()):
            points.append(asdict(point))
            print(_line(point))
            sys.stdout.flush()
            bar.advance(1)
    return {
        "limit_flops": limits.flops,
        "limit_bytes_per_second": limits.bandwidth,
        "points": points,
    }


def _line(point: ScalingPoint) -> str:
    if point.milliseconds:
        result = f"{spread(point.milliseconds)}, {point.share:.2f} of the limit, {point.backend}"
    else:
        result = f"left out: {point.left_out}"
    drawn = ", procedural" if point.procedural else ""
    return f"hidden {point.width:5}, batch {point.batch:4}{drawn}: {result}"


def _replicas(device: torch.device, batch: int, quick: bool) -> dict[str, Any]:
    counts, repetitions = ((1, 2), 1) if quick else (COUNTS, 9)
    batches = sorted({1, batch})
    return {"rows": _printed(time_replicas(device, batches, counts, repetitions))}


def _ranks(device: torch.device, batch: int, quick: bool) -> dict[str, Any]:
    require(device.type == "cpu", "the ranks of one machine are timed on its cores: --device cpu")
    if quick:
        return {"rows": _printed(time_ranks(batch, 16, (1, 2), 1))}
    return {"rows": _printed(time_ranks(batch))}


def _rate(device: torch.device, batch: int, quick: bool) -> dict[str, Any]:
    sizes, repetitions = ((20, 10, 10, 5), 1) if quick else (SIZES, 9)
    updates = 200 if device.type == "cuda" and not quick else 3
    return {
        "rows": _printed(time_rate(device, batch, sizes, updates=updates, repetitions=repetitions))
    }


def _residual(device: torch.device, batch: int, quick: bool) -> dict[str, Any]:
    if quick:
        return {"rows": _printed(time_residual(device, 2, (1, 8, 8), (2, 4), 1, 1))}
    return {"rows": _printed(time_residual(device, batch))}


def _startup(device: torch.device, batch: int, quick: bool) -> dict[str, Any]:
    seconds = startup.time_startup(1 if quick else 5)
    print(startup.summary(seconds))
    progress = overhead.progress_cost()
    print(f"progress bar: {100 * progress.share():.2f} % of a loop of presentations of 1 ms")
    streams = (1000,) if quick else (1000, 10_000)
    tests = {number: overhead.evaluation_seconds(device, number) for number in streams}
    for number, taken in tests.items():
        print(f"{taken:6.2f} s  10,000 images tested in batches of {number} (figure 4, 5 steps)")
    shares = {"progress": asdict(progress), "progress_share": progress.share()}
    return {"seconds": seconds, **shares, "test_seconds": tests}


BENCHMARKS: dict[str, Benchmark] = {
    "fig4": partial(_steps, "full"),
    "fig4.small": partial(_steps, "small"),
    "peers": partial(_peers, "full"),
    "peers.small": partial(_peers, "small"),
    "scaling": _scaling,
    "replicas": _replicas,
    "ranks": _ranks,
    "rate": _rate,
    "residual": _residual,
    "recorder": _recorder,
    "threads": _threads,
    "startup": _startup,
}
"""What measures each benchmark, by its name."""
