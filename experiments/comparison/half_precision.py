"""Whether circuits learn as well if products read weights rounded to half precision.

The network of Lillicrap et al. 2016, figure 4, made small, learns MNIST with backends that read
forward weights and fixed feedback matrices from copies in bfloat16 or float16, and write float32.
Errors are those of images held out of the training images, read in float32. First weights, images
and random numbers are the same for all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import BLUE, GREY
from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated, dataset_option
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import name_axes, panels
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import Batch, Count, Epochs, Few, PositiveScale, Rate, Size

CIRCUITS: dict[str, Callable[[float], FeedbackCircuit]] = {
    "FA": sf.FA,
    "DFA": sf.DFA,
    "PFA": lambda scale: sf.PFA(4, scale=4 * scale),
    "PFA-o": lambda scale: sf.PFAo(scale=4 * scale),
}
"""With B, or for PFA R, of this half-range.

With the half-range of B, PFA and PFA-o stayed at chance, also in float32. Four times as much was
chosen because they learnt with it (by the test error after 6,000 images, in float32). So the errors
compare what products read, and not circuits.
"""
READS = {
    "float32": "deferred",
    "bfloat16": "deferred-reads-bf16",
    "float16": "deferred-reads-fp16",
}
"""Backends by what the products read."""
WARMUP_EPOCHS = 1.2


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    dataset: str = dataset_option()
    train_images: Count | None = option(None, "use only the first K training images")
    validation_images: Count = option(5000, "judge by the last K training images")
    epochs: Epochs = option(1, "epochs of training")
    hidden: Size = option(100, "neurons of each of three hidden populations")
    outputs: Size = option(100, "output neurons")
    batch_size: Batch = option(10, "independent streams; with more, few changes wait")
    learning_rate: Rate = option(3e-3, "eta, ten times that for the synapses from the input")
    feedback_scale: PositiveScale = option(0.2, "half-range of B; a quarter of that of PFA's R")
    repeats: Few = option(3, REPEATS)
    as_well: PositiveScale = bound(0.2, "percentage points above float32, at most, in the mean")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Train and test each circuit with each copy: a row for each circuit."""
    require(
        settings.backend == "auto",
        f"--backend {settings.backend}: this experiment compares backends, so leave it out",
    )
    scores = [
        [_score(settings, seed, make(settings.feedback_scale), name) for name in READS.values()]
        for make in CIRCUITS.values()
    ]
    return {
        "error": np.array([[score.error_percent for score in row] for row in scores]),
        "summed": np.array([[score.error_percent_summed for score in row] for row in scores]),
    }


def _score(settings: Settings, seed: int, circuit: FeedbackCircuit, backend: str) -> Any:
    whole = sf.datasets.load(settings.dataset).hold_out(settings.validation_images)
    dataset = whole.subset(settings.train_images)
    sizes = {f"hidden{n}": settings.hidden for n in (1, 2, 3)} | {"output": settings.outputs}
    eta = settings.learning_rate
    network = sf.Network(
        dataset.n_inputs,
        {name: sf.StochasticBinary(size) for name, size in sizes.items()},
        circuit,
        sf.ThreeFactor([10 * eta, eta, eta, eta]),
        device=choose_device(settings.device),
    )
    schedule = sf.WarmUpAnneal(settings.epochs, min(WARMUP_EPOCHS, 0.4 * settings.epochs))
    simulation = sf.Simulation(
        network,
        dataset,
        batch_size=settings.batch_size,
        seed=seed,
        schedule=schedule,
        backend=backend,
    )
    simulation.train(settings.epochs)
    return simulation.test(dataset.validation)


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    places = {(c, r): (i, j) for i, c in enumerate(CIRCUITS) for j, r in enumerate(READS)}
    errors, summed = (
        {names: runs[what][:, i, j] for names, (i, j) in places.items()}
        for what in ("error", "summed")
    )
    worse = {(c, r): each - summed[c, "float32"] for (c, r), each in summed.items()}
    return {"errors": errors, "summed": summed, "worse": worse}


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        *(Quantity(f"{c}, {r}, error, last step", e, "%") for (c, r), e in m.errors.items()),
        *(Quantity(f"{c}, {r}, error, summed", e, "%") for (c, r), e in m.summed.items()),
    ]


def _learns_as_well(circuit: str, reads: str) -> Claim:
    return Claim(
        lambda m: (
            f"{circuit} learns as well with weights read in {reads}, to {m.settings.as_well:g} "
            "percentage points"
        ),
        holds=lambda m: m.worse[circuit, reads].mean() < m.settings.as_well,
        evidence=lambda m: (
            f"error more than in float32, summed: {spread(m.worse[circuit, reads])} points"
        ),
    )


CLAIMS = tuple(_learns_as_well(c, reads) for c in CIRCUITS for reads in list(READS)[1:])


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the errors of all seeds, a panel for each circuit."""
    figure, (row,) = panels(len(CIRCUITS), width=2.6, height=2.8)
    for number, (axes, circuit) in enumerate(zip(row, CIRCUITS, strict=True)):
        for name, colour in (("error", GREY), ("summed", BLUE)):
            for errors in runs[name][:, number]:
                axes.plot(range(len(READS)), errors, "o-", color=colour, alpha=0.7, lw=0.8)
            label = "last step" if name == "error" else "steps summed"
            axes.plot([], [], "o-", color=colour, label=label)
        axes.set_xticks(range(len(READS)), READS)
        axes.set_ylim(0)
        name_axes(axes, "weights read in", "error (%)", circuit)
        legend_above(axes)
    return figure


EXPERIMENT = Study(
    "comparison.half_precision",
    Settings,
    id="half-precision",
    once=once,
    data=lambda settings: sf.datasets.load(settings.dataset),
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={
        "dataset": "digits",
        "validation_images": 300,
        "hidden": 50,
        "outputs": 50,
        "batch_size": 5,
        "feedback_scale": 0.5,
        "repeats": 1,
    },
)
