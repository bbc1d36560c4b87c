"""What `spikefa bench` does: measure, print, and write JSON if asked."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from spikefa.bench.timing import spread
from spikefa.errors import require
from spikefa.runs.provenance import provenance
from spikefa.utils.files import written_whole

BENCHMARKS = (
    "fig4",
    "fig4.small",
    "peers",
    "peers.small",
    "scaling",
    "replicas",
    "recorder",
    "startup",
)


def bench(what: str, device: torch.device, batch: int, out: Path | None) -> None:
    """Run a benchmark and print what it measured.

    Parameters
    ----------
    what : str
        One of `BENCHMARKS`.
    device : torch.device
    batch : int
        Streams; "scaling" and "startup" take no notice of it, "peers" and "replicas" measure one
        stream too.
    out : Path, optional
        JSON file for all numbers; with "scaling" a figure is drawn beside it.

    Raises
    ------
    SpikefaError
        If the batch is impossible, or `out` exists or cannot be written.
    """
    require(batch >= 1, f"the batch must be at least 1, {batch} given")
    require(out is None or not out.exists(), f"{out} exists already: give another name")
    origin = provenance(str(device))
    print(f"{what}, {origin['hardware']}, torch {origin['torch_version']}")
    measured = _MEASURES[what](device, batch)
    if out is not None:
        with written_whole(out) as temporary:
            content = {"benchmark": what, **origin, **measured}
            temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        if what == "scaling":
            from spikefa.bench.scaling import scaling_figure

            scaling_figure(measured["points"], out.with_suffix(".png"), measured["limit_flops"])
        print(f"wrote {out}")


def _steps(device: torch.device, batch: int, **sizes: int) -> dict[str, Any]:
    from spikefa.bench.steps import time_steps
    from spikefa.models.lillicrap2016 import spiking_mnist

    network = spiking_mnist(device=device, **sizes)
    print(f"{network}, batch {batch}")
    times = time_steps(network, batch, steps=200 if device.type == "cuda" else 10)
    print(times)
    return {"network": repr(network), **times.as_json()}


def _small(device: torch.device, batch: int) -> dict[str, Any]:
    return _steps(device, batch, hidden=300, outputs=200)


def _peers(device: torch.device, batch: int, **sizes: int) -> dict[str, Any]:
    from spikefa.bench.peers import explanation, time_peers
    from spikefa.models.lillicrap2016 import spiking_mnist

    require(device.type == "cpu", "peers are timed on a CPU: give --device cpu")
    network = spiking_mnist(device=device, **sizes)
    print(network)
    rows = []
    for row in time_peers(network, sorted({1, batch})):
        rows.append(asdict(row))
        print(row)
        sys.stdout.flush()
    print(explanation())
    return {"network": repr(network), "rows": rows}


def _small_peers(device: torch.device, batch: int) -> dict[str, Any]:
    return _peers(device, batch, hidden=300, outputs=200)


def _recorder(device: torch.device, batch: int) -> dict[str, Any]:
    from spikefa.bench.recorder import time_recording
    from spikefa.models.lillicrap2016 import spiking_mnist

    cost = time_recording(spiking_mnist(device=device), batch)
    print(cost)
    return asdict(cost) | {"batch_size": batch, "slowdown_percent": cost.slowdown}


def _scaling(device: torch.device, batch: int) -> dict[str, Any]:
    from spikefa.bench.limits import measure_limits
    from spikefa.bench.scaling import scaling
    from spikefa.utils.progress import progress_bar

    limits = measure_limits(device)
    print(limits)
    points = []
    with progress_bar("widths and batches", 28) as bar:
        for point in scaling(device, limits=limits):
            points.append(asdict(point))
            took = (
                f"{spread(point.milliseconds)}, {point.share:.2f} of the limit"
                if point.milliseconds
                else f"left out: {point.left_out}"
            )
            print(f"hidden {point.width:5}, batch {point.batch:4}: {took}")
            sys.stdout.flush()
            bar.advance(1)
    return {
        "limit_flops": limits.flops,
        "limit_bytes_per_second": limits.bandwidth,
        "points": points,
    }


def _replicas(device: torch.device, batch: int) -> dict[str, Any]:
    from spikefa.bench.replicas import time_replicas

    rows = []
    for row in time_replicas(device, sorted({1, batch})):
        rows.append(asdict(row))
        print(row)
        sys.stdout.flush()
    return {"rows": rows}


def _startup(device: torch.device, batch: int) -> dict[str, Any]:
    from spikefa.bench.around import evaluation_seconds, progress_cost
    from spikefa.bench.startup import said, time_startup

    seconds = time_startup()
    print(said(seconds))
    progress = progress_cost()
    print(f"progress bar: {100 * progress.share():.2f} % of a loop of presentations of 1 ms")
    tests = {streams: evaluation_seconds(device, streams) for streams in (1000, 10_000)}
    for streams, taken in tests.items():
        print(f"{taken:6.2f} s  10,000 images tested in batches of {streams} (figure 4, 5 steps)")
    shares = {"progress": asdict(progress), "progress_share": progress.share()}
    return {"seconds": seconds, **shares, "test_seconds": tests}


_MEASURES: dict[str, Callable[[torch.device, int], dict[str, Any]]] = {
    "fig4": _steps,
    "fig4.small": _small,
    "peers": _peers,
    "peers.small": _small_peers,
    "scaling": _scaling,
    "replicas": _replicas,
    "recorder": _recorder,
    "startup": _startup,
}
