"""Whether a network learns as well on matrix units that round what they multiply.

The network of Lillicrap et al. 2016, figure 4, made small, learns MNIST with the products of the
fused backend in float32, bf16x3, TF32 and bfloat16: weights and changes, errors and feedback
matrices are rounded before each product and nowhere else, as they would be on a GPU. Tests use
float32, as with that backend. First weights, images and random numbers are the same for all.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import BLUE, GREY
from spikefa.experiments.comparison._rounding import RoundedDense, RoundedFA, set_rounding
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, Repeated, dataset_option
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.drawing import name_axes, panels
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import Batch, Count, Epochs, Few, PositiveScale, Rate, Size

PRECISIONS = ("float32", "bf16x3", "tf32", "bf16")
WARMUP_EPOCHS = 1.2


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    dataset: str = dataset_option()
    train_images: Count | None = option(None, "use only the first K training images")
    epochs: Epochs = option(3, "epochs of training")
    hidden: Size = option(300, "neurons of each of three hidden populations")
    outputs: Size = option(200, "output neurons")
    batch_size: Batch = option(100, "independent streams")
    learning_rate: Rate = option(3e-3, "eta, ten times that for the synapses from the input")
    feedback_scale: PositiveScale = option(0.2, "half-range of B")
    repeats: Few = option(3, REPEATS)
    as_well: PositiveScale = bound(0.2, "percentage points above float32, at most, in the mean")


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Train and test with each precision."""
    scores = [_score(settings, seed, precision) for precision in PRECISIONS]
    return {
        "error": np.array([score.error_percent for score in scores]),
        "summed": np.array([score.error_percent_summed for score in scores]),
    }


def _score(settings: Settings, seed: int, precision: str) -> Any:

    dataset = sf.datasets.load(settings.dataset).subset(settings.train_images)
    sizes = {f"hidden{n}": settings.hidden for n in (1, 2, 3)} | {"output": settings.outputs}
    eta = settings.learning_rate
    network = sf.Network(
        dataset.n_inputs,
        {name: sf.StochasticBinary(size) for name, size in sizes.items()},
        RoundedFA(settings.feedback_scale),
        sf.ThreeFactor([10 * eta, eta, eta, eta]),
        synapses=RoundedDense,
        device=choose_device(settings.device),
    )
    schedule = sf.WarmUpAnneal(settings.epochs, min(WARMUP_EPOCHS, 0.4 * settings.epochs))
    simulation = sf.Simulation(
        network,
        dataset,
        batch_size=settings.batch_size,
        seed=seed,
        schedule=schedule,
        backend=settings.backend,
    )
    set_rounding(network, precision)
    simulation.train(settings.epochs)
    set_rounding(network, "float32")
    return simulation.test()


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return what the quantities and the claims are computed from."""
    errors = dict(zip(PRECISIONS, runs["error"].T, strict=True))
    summed = dict(zip(PRECISIONS, runs["summed"].T, strict=True))
    worse = {precision: summed[precision] - summed["float32"] for precision in PRECISIONS[1:]}
    return {"errors": errors, "summed": summed, "worse": worse}


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        *(Quantity(f"test error, last step, {name}", e, "%") for name, e in m.errors.items()),
        *(Quantity(f"test error, steps summed, {name}", e, "%") for name, e in m.summed.items()),
    ]


def _learns_as_well(precision: str) -> Claim:
    return Claim(
        lambda m: (
            f"{precision} learns as well as float32, to {m.settings.as_well:g} percentage points "
            "in the mean"
        ),
        holds=lambda m: m.worse[precision].mean() < m.settings.as_well,
        evidence=lambda m: (
            f"test error more than in float32, steps summed: {spread(m.worse[precision])} points"
        ),
    )


CLAIMS = tuple(map(_learns_as_well, PRECISIONS[1:]))


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the test errors of all seeds."""
    figure, ((axes,),) = panels(1, width=5.2, height=3.2)
    for name, colour in (("error", GREY), ("summed", BLUE)):
        for errors in runs[name]:
            axes.plot(range(len(PRECISIONS)), errors, "o-", color=colour, alpha=0.7, lw=0.8)
        label = "last step" if name == "error" else "steps summed"
        axes.plot([], [], "o-", color=colour, label=label)
    axes.set_xticks(range(len(PRECISIONS)), PRECISIONS)
    axes.set_ylim(0)
    name_axes(axes, "precision of the products", "test error (%)")
    legend_above(axes)
    return figure


EXPERIMENT = Study(
    "comparison.precision",
    Settings,
    id="precision",
    once=once,
    data=lambda settings: sf.datasets.load(settings.dataset),
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={
        "dataset": "digits",
        "hidden": 50,
        "outputs": 50,
        "batch_size": 20,
        "epochs": 2,
        "feedback_scale": 0.5,
        "repeats": 1,
    },
)
