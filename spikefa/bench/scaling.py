"""The time of a step for several widths of the layers and numbers of streams."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from spikefa.analysis.saving import PAGE_WIDTH, save_figure
from spikefa.analysis.style import quiet, style, styled
from spikefa.backends import choose_backend
from spikefa.bench.limits import Limits, fraction, free_memory, measure_limits
from spikefa.bench.step_times import ENGINE, STEPS_PER_IMAGE
from spikefa.bench.steps import engine_step
from spikefa.bench.work import Work, work_of_sizes
from spikefa.errors import SpikefaError
from spikefa.feedback import FA
from spikefa.models.lillicrap2016 import spiking_mnist
from spikefa.network.network import Network
from spikefa.utils.timing import interleaved

WIDTHS = (256, 512, 1024, 2048, 4096, 8192, 16384)
BATCHES = (1, 16, 256, 4096)


@dataclass(frozen=True)
class ScalingPoint:
    """The time of a step for one width and batch.

    Attributes
    ----------
    width, batch : int
    milliseconds : list of float
        Time of a step, for each repetition; empty if it was left out.
    flops, bytes : int
        The work of a step, see `Work`.
    backend : str
        What executed the step; "" if it was left out.
    procedural : bool
        Whether the feedback matrices are drawn where they are used, and never stored.
    share : float
        The least time for this work by the limits of the machine, divided by the measured time.
    left_out : str
        Why it was not measured; "" if it was.
    """

    width: int
    batch: int
    milliseconds: list[float]
    flops: int
    bytes: int
    backend: str = ""
    procedural: bool = False
    share: float = 0.0
    left_out: str = ""


def scaling(
    device: torch.device,
    widths: Sequence[int] = WIDTHS,
    batches: Sequence[int] = BATCHES,
    patience: float = 60.0,
    repetitions: int = 5,
    limits: Limits | None = None,
    procedural: bool = False,
) -> Iterator[ScalingPoint]:
    """Measure a step of 784-n-n-n-1000 for all widths n and batches, small ones first.

    The backend is the one that "auto" chooses. A point is left out, with the reason, if its
    repetitions would take more than `patience` seconds by the limits of the machine, or if it does
    not fit into memory.

    Parameters
    ----------
    device : torch.device
    widths, batches : sequence of int
    patience : float, default 60
        Most seconds for one point.
    repetitions : int, default 5
        After a first one that is not counted.
    limits : Limits, optional
        The limits of the machine, by default measured.
    procedural : bool, default False
        Whether the feedback matrices are drawn where they are used instead of stored.
    """
    limits = limits or measure_limits(device)
    for width in widths:
        # Drawing the weights of a wide network takes longer than its steps.
        network = cache(partial(_network, device, width, procedural))
        for batch in batches:
            work, memory = _needed(width, batch, procedural)
            point = ScalingPoint(width, batch, [], work.flops, work.bytes, procedural=procedural)
            steps = _steps(work, limits)
            seconds = (repetitions + 1) * steps * work.milliseconds(limits) / 1e3
            reason = _obstacle(device, work.milliseconds(limits), memory, seconds, patience)
            if reason:
                yield replace(point, left_out=reason)
            else:
                yield _measured(point, network, work, limits, steps, repetitions)


def _obstacle(
    device: torch.device, least: float, memory: float, seconds: float, patience: float
) -> str:
    """Return why a point cannot be measured; "" if it can."""
    if seconds > patience:
        return f"a step takes at least {least / 1e3:.0f} s"
    free = free_memory(device)
    if memory > free:
        return f"it needs {memory / 1e9:.1f} GB, {free / 1e9:.1f} are free"
    return ""


def _steps(work: Work, limits: Limits) -> int:
    """Return the steps of a repetition: a tenth of a second, where that is several images."""
    images = max(1, min(10, int(100 / work.milliseconds(limits) / STEPS_PER_IMAGE)))
    return STEPS_PER_IMAGE * images


def _measured(
    point: ScalingPoint,
    make: Callable[[], Network],
    work: Work,
    limits: Limits,
    steps: int,
    repetitions: int,
) -> ScalingPoint:
    try:
        network = make()
        backend = choose_backend("auto", network, point.batch).name
        target = torch.zeros(point.batch, network.n_outputs, device=network.device)
        probability = target.new_full((point.batch, network.n_inputs), 0.13)
        at_once = 1 if backend == ENGINE else STEPS_PER_IMAGE
        step = engine_step(backend, network, probability, target, at_once)
        times = interleaved({backend: step}, steps, repetitions, network.device)[backend]
    except torch.cuda.OutOfMemoryError:
        torch.cuda.empty_cache()
        return replace(point, left_out="it does not fit into the memory of the device")
    share = fraction(work.milliseconds(limits), times)
    return replace(point, milliseconds=times, backend=backend, share=share)


def _needed(width: int, batch: int, procedural: bool) -> tuple[Work, int]:
    """Return the work of a step, and the bytes of weights, their drawing, and state."""
    sizes = [784, width, width, width, 1000]
    work = work_of_sizes(sizes, batch)
    neurons = sum(sizes[1:])
    weights = work.plastic - neurons
    if procedural:  # the products are the same, but nothing is read
        work = replace(work, bytes=work.bytes - 4 * work.fixed, fixed=0)
    return work, 4 * (weights + work.fixed + width * max(width, 1000) + 9 * batch * neurons)


def _network(device: torch.device, width: int, procedural: bool) -> Network:
    network = spiking_mnist(hidden=width, feedback=FA(procedural=procedural), device=device)
    network.initialise(0)
    return network


@styled
def scaling_figure(
    points: Sequence[Mapping[str, Any]], path: Path, limit_flops: float | None = None
) -> None:
    """Draw time against work and the share of the limit against width, with a curve per batch.

    Parameters
    ----------
    points : sequence of mapping
        The fields of each `ScalingPoint`.
    path : Path
        PNG, PDF or SVG.
    limit_flops : float, optional
        Operations per second in a large product, drawn as a line.
    """
    measured = [point for point in points if point["milliseconds"]]
    if not measured:
        raise SpikefaError("nothing was measured: give smaller widths or more patience")
    figure = Figure(figsize=(PAGE_WIDTH, 3.6), layout="constrained")
    cost, share = figure.subplots(1, 2)
    cost.set(xlabel="GFLOP in a step", ylabel="ms a step", xscale="log", yscale="log")
    share.set(xlabel="hidden neurons in a layer", ylabel="share of the limit", xscale="log")
    palette = style().palette
    for batch, color in zip(sorted({p["batch"] for p in measured}), palette, strict=False):
        mine = [point for point in measured if point["batch"] == batch]
        look = {"marker": "o", "markersize": 4, "color": color, "label": f"batch {batch}"}
        medians = [statistics.median(point["milliseconds"]) for point in mine]
        cost.plot([point["flops"] / 1e9 for point in mine], medians, **look)
        share.plot([point["width"] for point in mine], [point["share"] for point in mine], **look)
    if limit_flops is not None:
        _draw_limit(cost, [point["flops"] for point in measured], limit_flops)
    share.set_ylim(0, None)
    share.set_xticks(sorted({p["width"] for p in measured}))
    share.xaxis.set_major_formatter("{x:.0f}")
    share.minorticks_off()
    drawn = cost.get_legend_handles_labels()
    figure.legend(*drawn, loc="outside upper left", ncols=5, frameon=False, fontsize=8)
    quiet(cost)
    quiet(share)
    save_figure(figure, path)


def _draw_limit(axes: Axes, flops: Sequence[float], limit_flops: float) -> None:
    """Draw the time that the machine needs for this work in one large product."""
    ends = [min(flops), max(flops)]
    axes.plot(
        [flops / 1e9 for flops in ends],
        [1e3 * flops / limit_flops for flops in ends],
        "--",
        color=style().grey,
        label="one large product",
    )
