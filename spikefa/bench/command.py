"""The command `spikefa bench`: measure, print, and write JSON if asked."""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from spikefa.bench import overhead, startup
from spikefa.bench.limits import measure_limits
from spikefa.bench.peers import explanation, time_peers
from spikefa.bench.recorder import time_recording
from spikefa.bench.replicas import time_replicas
from spikefa.bench.scaling import BATCHES, WIDTHS, ScalingPoint, scaling, scaling_figure
from spikefa.bench.steps import time_steps
from spikefa.errors import require
from spikefa.models.lillicrap2016 import spiking_mnist
from spikefa.network.network import Network
from spikefa.runs.provenance import provenance
from spikefa.utils.files import written_whole
from spikefa.utils.progress import progress_bar
from spikefa.utils.timing import spread

Benchmark = Callable[[torch.device, int], dict[str, Any]]
"""Measures on a device with a batch, prints, and returns the numbers as plain data."""
MakeNetwork = Callable[[torch.device], Network]


def bench(what: str, device: torch.device, batch: int, out: Path | None) -> None:
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

    Raises
    ------
    SpikefaError
        If the batch is impossible, or `out` exists or cannot be written.
    """
    require(batch >= 1, f"the batch must be at least 1, {batch} given")
    require(out is None or not out.exists(), f"{out} exists already: give another name")
    origin = provenance(str(device))
    print(f"{what}, {origin['hardware']}, torch {origin['torch_version']}")
    measured = BENCHMARKS[what](device, batch)
    if out is not None:
        with written_whole(out) as temporary:
            content = {"benchmark": what, **origin, **measured}
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        if what == "scaling":
            scaling_figure(measured["points"], out.with_suffix(".png"), measured["limit_flops"])
        print(f"wrote {out}")


def _full(device: torch.device) -> Network:
    return spiking_mnist(device=device)


def _small(device: torch.device) -> Network:
    return spiking_mnist(hidden=300, outputs=200, device=device)


def _steps(make: MakeNetwork, device: torch.device, batch: int) -> dict[str, Any]:
    network = make(device)
    print(f"{network}, batch {batch}")
    times = time_steps(network, batch, steps=200 if device.type == "cuda" else 10)
    print(times)
    return {"network": repr(network), **times.as_json()}


def _peers(make: MakeNetwork, device: torch.device, batch: int) -> dict[str, Any]:
    require(device.type == "cpu", "peers are timed on a CPU: give --device cpu")
    network = make(device)
    print(network)
    rows = _printed(time_peers(network, sorted({1, batch})))
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


def _recorder(device: torch.device, batch: int) -> dict[str, Any]:
    cost = time_recording(_full(device), batch)
    print(cost)
    return asdict(cost) | {"batch_size": batch, "slowdown_percent": cost.slowdown}


def _scaling(device: torch.device, batch: int) -> dict[str, Any]:
    limits = measure_limits(device)
    print(limits)
    points = []
    with progress_bar("widths and batches", len(WIDTHS) * len(BATCHES)) as bar:
        for point in scaling(device, limits=limits):
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
        result = f"{spread(point.milliseconds)}, {point.share:.2f} of the limit"
    else:
        result = f"left out: {point.left_out}"
    return f"hidden {point.width:5}, batch {point.batch:4}: {result}"


def _replicas(device: torch.device, batch: int) -> dict[str, Any]:
    return {"rows": _printed(time_replicas(device, sorted({1, batch})))}


def _startup(device: torch.device, batch: int) -> dict[str, Any]:
    seconds = startup.time_startup()
    print(startup.summary(seconds))
    progress = overhead.progress_cost()
    print(f"progress bar: {100 * progress.share():.2f} % of a loop of presentations of 1 ms")
    tests = {streams: overhead.evaluation_seconds(device, streams) for streams in (1000, 10_000)}
    for streams, taken in tests.items():
        print(f"{taken:6.2f} s  10,000 images tested in batches of {streams} (figure 4, 5 steps)")
    shares = {"progress": asdict(progress), "progress_share": progress.share()}
    return {"seconds": seconds, **shares, "test_seconds": tests}


BENCHMARKS: dict[str, Benchmark] = {
    "fig4": partial(_steps, _full),
    "fig4.small": partial(_steps, _small),
    "peers": partial(_peers, _full),
    "peers.small": partial(_peers, _small),
    "scaling": _scaling,
    "replicas": _replicas,
    "recorder": _recorder,
    "startup": _startup,
}
"""What measures each benchmark, by its name."""
