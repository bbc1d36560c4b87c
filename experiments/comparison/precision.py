"""Whether a network learns as well on matrix units that round what they multiply.

The network of Lillicrap et al. 2016, figure 4, made small, learns MNIST with the products of the
fused backend in float32, bf16x3, TF32 and bfloat16: weights and changes, errors and feedback
matrices are rounded before each product and nowhere else, as they would be on a GPU. Tests are in
float32, as they are beside that backend. The same first weights, images and random numbers.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spikefa.runs.experiment import option
from spikefa.runs.results.findings import Claim, Findings, Quantity, spread
from spikefa.runs.results.study import MAY_CHANGE_ON_RESUME, PROCESSES, QUICK, REPEATS, Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spikefa.runs.results.repeats import Runs

__all__ = ["MAY_CHANGE_ON_RESUME", "Settings", "draw", "run"]

PRECISIONS = ("float32", "bf16x3", "tf32", "bf16")
WARMUP_EPOCHS = 1.2


@dataclass(frozen=True)
class Settings:
    """Everything that the result depends on."""

    dataset: str = option("mnist", "mnist, fashion_mnist, kmnist or digits")
    train_images: int | None = option(None, "use only the first K training images")
    epochs: int = option(3, "epochs of training")
    hidden: int = option(300, "neurons of each of three hidden populations")
    outputs: int = option(200, "output neurons")
    batch_size: int = option(100, "independent streams")
    learning_rate: float = option(3e-3, "eta, ten times that for the synapses from the input")
    feedback_scale: float = option(0.2, "half-range of B")
    repeats: int = option(3, REPEATS)
    processes: int = option(1, PROCESSES)
    quick: bool = option(False, QUICK)


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Train and test with each precision."""
    import numpy as np

    scores = [_score(settings, seed, precision) for precision in PRECISIONS]
    return {
        "error": np.array([score.error_percent for score in scores]),
        "summed": np.array([score.error_percent_summed for score in scores]),
    }


def _score(settings: Settings, seed: int, precision: str) -> Any:
    import spikefa as sf
    from spikefa.experiments.comparison._rounding import RoundedDense, RoundedFA, set_rounding

    dataset = sf.datasets.load(settings.dataset).subset(settings.train_images)
    sizes = {f"hidden{n}": settings.hidden for n in (1, 2, 3)} | {"output": settings.outputs}
    eta = settings.learning_rate
    network = sf.Network(
        dataset.n_inputs,
        {name: sf.StochasticBinary(size) for name, size in sizes.items()},
        RoundedFA(settings.feedback_scale),
        sf.ThreeFactor([10 * eta, eta, eta, eta]),
        synapses=RoundedDense,
    )
    schedule = sf.WarmUpAnneal(settings.epochs, min(WARMUP_EPOCHS, 0.4 * settings.epochs))
    simulation = sf.Simulation(
        network, dataset, batch_size=settings.batch_size, seed=seed, schedule=schedule
    )
    set_rounding(network, precision)
    simulation.train(settings.epochs)
    set_rounding(network, "float32")
    return simulation.test()


def judge(settings: Settings, runs: "Runs") -> Findings:
    """Compare the test errors with those of float32."""
    errors = dict(zip(PRECISIONS, runs["error"].T, strict=True))
    summed = dict(zip(PRECISIONS, runs["summed"].T, strict=True))
    claims = []
    for precision in PRECISIONS[1:]:
        worse = summed[precision] - summed["float32"]
        claims.append(
            Claim(
                f"{precision} learns as well as float32, to 0.2 percentage points in the mean",
                bool(worse.mean() < 0.2),
                f"test error more than in float32, steps summed: {spread(worse)} points",
            )
        )
    return Findings(
        [Quantity(f"test error, last step, {name}", e, "%") for name, e in errors.items()]
        + [Quantity(f"test error, steps summed, {name}", e, "%") for name, e in summed.items()],
        claims,
    )


def picture(settings: Settings, runs: "Runs") -> "Figure":
    """Draw the test errors of all seeds."""
    from spikefa.analysis.style import BLUE, GREY
    from spikefa.runs.results.drawing import legend, name_axes, panels

    figure, ((axes,),) = panels(1, width=5.2, height=3.2)
    for name, colour in (("error", GREY), ("summed", BLUE)):
        for errors in runs[name]:
            axes.plot(range(len(PRECISIONS)), errors, "o-", color=colour, alpha=0.7, lw=0.8)
        label = "last step" if name == "error" else "steps summed"
        axes.plot([], [], "o-", color=colour, label=label)
    axes.set_xticks(range(len(PRECISIONS)), PRECISIONS)
    axes.set_ylim(0)
    name_axes(axes, "precision of the products", "test error, %")
    legend(axes)
    return figure


QUICK_SETTINGS = {
    "dataset": "digits",
    "hidden": 50,
    "outputs": 50,
    "batch_size": 20,
    "epochs": 2,
    "feedback_scale": 0.5,
    "repeats": 1,
}
NO_PAPERS = Study("precision", "comparison.precision", once, judge, picture, quick=QUICK_SETTINGS)
run = NO_PAPERS.run
draw = NO_PAPERS.draw
