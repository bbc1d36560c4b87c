"""What makes a spiking network generalise: seven options, one by one and together.

The network of Lillicrap et al. 2016, figure 4, made small, learns a twelfth of MNIST, so that it
soon knows its training images by heart. Errors are those on images that are held out of the
training images; the test images are not looked at. First weights, order of the images and spikes
are the same for all. Strengths are usual ones, and were not tuned.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import spikefa as sf
from spikefa.analysis.spacing import log_scale
from spikefa.analysis.style import INK, PALETTE
from spikefa.datasets import Dataset
from spikefa.feedback import FeedbackCircuit
from spikefa.models.lillicrap2016 import spiking_mnist
from spikefa.runs.data import named_data
from spikefa.runs.options import option
from spikefa.runs.settings import DATA_DIR, REPEATS, Repeated, dataset_option
from spikefa.runs.studies import Claim, Measures, Quantity, Runs, Study, spread
from spikefa.runs.studies.claims import full_version
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.utils.devices import choose_device
from spikefa.utils.ranges import Batch, Count, Epochs, Few, PositiveScale, Rate, Size

CIRCUITS: dict[str, Callable[..., FeedbackCircuit]] = {
    "FA": sf.FA,
    "DFA": sf.DFA,
    "PFA-o": sf.PFAo,
}
WARMUP_EPOCHS = 1.2
MNIST_SIDE = 28


@dataclass(frozen=True)
class Option:
    """What a network is trained and tested with.

    Attributes
    ----------
    changes : callable, optional
        Returns the augmentation of images of a height and width.
    dropout : Dropout, optional
        Of hidden neurons.
    shown : mapping
        Further arguments of `Simulation`.
    """

    changes: Callable[[tuple[int, int]], sf.Augmentation] | None = None
    dropout: sf.Dropout | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)


def distortion(shape: tuple[int, int]) -> sf.Distortion:
    """Return the distortions of MNIST, made as much smaller as the images are."""
    size = shape[0] / MNIST_SIDE
    return sf.Distortion(shape, shift=size, strength=37 * size**2, smoothness=5.5 * size)


def _silent(shape: tuple[int, int]) -> sf.Augmentation:
    return sf.InputDropout(0.2)


def _both(shape: tuple[int, int]) -> sf.Augmentation:
    return sf.InOrder((distortion(shape), sf.InputDropout(0.1)))


NONE, ALL = "none", "distortions, input dropout, mean, 20 steps"
OPTIONS: dict[str, Option] = {
    NONE: Option(),
    "distortions": Option(distortion),
    "input noise": Option(lambda shape: sf.InputNoise(0.2)),
    "input dropout": Option(_silent),
    "hidden dropout": Option(dropout=sf.Dropout(0.2)),
    "label smoothing": Option(shown={"label_smoothing": 0.1}),
    "mean of weights": Option(shown={"average_epochs": 2.0}),
    "20 steps in tests": Option(shown={"test_steps": 20}),
    ALL: Option(_both, shown={"average_epochs": 2.0, "test_steps": 20}),
}


@dataclass(frozen=True, kw_only=True)
class Settings(Repeated):
    """Everything that the result depends on."""

    dataset: str = dataset_option()
    data_dir: str | None = option(None, DATA_DIR)
    train_images: Count = option(5000, "training images")
    validation_images: Count = option(5000, "images held out, which errors are of")
    epochs: Epochs = option(10, "epochs of training")
    hidden: Size = option(200, "neurons of each of two hidden populations")
    outputs: Size = option(100, "output neurons")
    batch_size: Batch = option(100, "independent streams; updates are summed over them")
    learning_rate: Rate = option(6e-3, "eta, ten times that for the synapses from the input")
    feedback_scale: PositiveScale = option(0.2, "half-range of B")
    repeats: Few = option(3, REPEATS)


def network(
    settings: Settings, circuit: str, given: Option, n_inputs: int, replicas: int
) -> sf.Network:
    """Return the networks of some seeds, side by side."""
    eta = settings.learning_rate
    return spiking_mnist(
        [settings.hidden] * 2,
        outputs=settings.outputs,
        n_inputs=n_inputs,
        feedback=CIRCUITS[circuit](**_scales(settings, circuit)),
        rule=sf.ThreeFactor([10 * eta, eta, eta]),
        dropout=given.dropout,
        device=choose_device(settings.device),
        replicas=replicas,
    )


def _scales(settings: Settings, circuit: str) -> dict[str, float]:
    return {} if circuit == "PFA-o" else {"scale": settings.feedback_scale}


def together(settings: Settings, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """Train all seeds side by side, with each circuit and each option."""
    data = named_data(settings).hold_out(settings.validation_images)
    data = data.subset(settings.train_images)
    places = [(c, name) for c in CIRCUITS for name in OPTIONS]
    curves = [_curves(settings, data, circuit, OPTIONS[name], seeds) for circuit, name in places]
    shape = len(CIRCUITS), len(OPTIONS), settings.epochs
    return [
        {
            what: np.reshape([each[what][seed] for each in curves], shape)
            for what in ("held_out", "training")
        }
        for seed in range(len(seeds))
    ]


def _curves(
    settings: Settings, data: Dataset, circuit: str, given: Option, seeds: Sequence[int]
) -> dict[str, np.ndarray]:
    """Return the errors [seeds, epochs] after each epoch, from all steps summed."""
    simulation = sf.Simulation(
        network(settings, circuit, given, data.n_inputs, len(seeds)),
        data,
        batch_size=settings.batch_size,
        seed=list(seeds),
        augmentation=None if given.changes is None else given.changes(data.shape),
        schedule=sf.WarmUpAnneal(settings.epochs, min(WARMUP_EPOCHS, 0.4 * settings.epochs)),
        backend=settings.backend,
        progress="none",
        **given.shown,
    )
    simulation.train(settings.epochs)
    columns = {"held_out": "validation_error_percent_summed", "training": "train_error_percent"}
    return {
        what: np.array([[row[column] for row in own] for own in simulation.histories])
        for what, column in columns.items()
    }


def once(settings: Settings, seed: int) -> dict[str, Any]:
    """Return the errors of a single seed."""
    return together(settings, [seed])[0]


def measure(settings: Settings, runs: Runs) -> dict[str, Any]:
    """Return the errors after the last epoch, and how they differ from those without options."""
    last = runs["held_out"][..., -1].transpose(1, 2, 0)
    errors = {
        (circuit, name): last[row, column]
        for row, circuit in enumerate(CIRCUITS)
        for column, name in enumerate(OPTIONS)
    }
    fewer = {(c, name): errors[c, NONE] - each for (c, name), each in errors.items()}
    return {"errors": errors, "fewer": fewer}


def quantities(m: Measures) -> list[Quantity]:
    """Return the numbers of the result."""
    return [
        Quantity(f"{circuit}, {name}, error on held-out images, summed", errors, "%")
        for (circuit, name), errors in m.errors.items()
    ]


def _helps(text: str, name: str) -> Claim:
    """Return the claim that an option lowers the error with every circuit and seed."""
    return Claim(
        f"{text} lower the error with every circuit and seed",
        holds=lambda m: all((m.fewer[c, name] > 0).all() for c in CIRCUITS),
        evidence=lambda m: "; ".join(
            f"{c}: {spread(m.fewer[c, name])} points fewer" for c in CIRCUITS
        ),
        when=full_version,
    )


CLAIMS = (
    _helps("distortions", "distortions"),
    _helps("20 steps in tests", "20 steps in tests"),
    Claim(
        "several options together are better than each alone",
        holds=lambda m: all(
            m.errors[c, ALL].mean() < m.errors[c, name].mean()
            for c in CIRCUITS
            for name in OPTIONS
            if name != ALL
        ),
        evidence=lambda m: "; ".join(
            f"{c}: {spread(m.errors[c, ALL])} %, "
            f"distortions alone {spread(m.errors[c, 'distortions'])} %"
            for c in CIRCUITS
        ),
        reason=lambda m: (
            "input dropout, which is in them, changes the error by itself by "
            + ", ".join(f"{-m.fewer[c, 'input dropout'].mean():+.2f}" for c in CIRCUITS)
            + f" points ({', '.join(CIRCUITS)}): the training is too short for it"
        ),
        when=full_version,
    ),
)


def picture(settings: Settings, runs: Runs) -> Figure:
    """Draw the errors after each epoch, a panel for each circuit."""
    figure, grid = panels(len(CIRCUITS), height=4.2)
    epochs = np.arange(1, settings.epochs + 1)
    for row, (axes, circuit) in enumerate(zip(grid.flat, CIRCUITS, strict=True)):
        for column, name in enumerate(OPTIONS):
            errors, colour = runs["held_out"][:, row, column], _colour(column)
            style = "--" if name == NONE else "-"
            band(axes, epochs, errors, colour, name if row == 0 else "", style)
        log_scale(axes)
        name_axes(axes, "epoch", "error on held-out images (%)" if row == 0 else "", circuit)
    figure.legend(loc="outside upper left", ncols=3, frameon=False, fontsize=8)
    return figure


def _colour(number: int) -> str:
    """Return the colour of an option: those without and with all in ink, others of the palette."""
    return INK if number in (0, len(OPTIONS) - 1) else PALETTE[number - 1]


EXPERIMENT = Study(
    "comparison.generalisation",
    Settings,
    id="gen.options",
    once=once,
    together=together,
    data=named_data,
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={
        "dataset": "digits",
        "train_images": 600,
        "validation_images": 300,
        "epochs": 4,
        "hidden": 50,
        "outputs": 50,
        "batch_size": 20,
        "learning_rate": 2e-2,
        "repeats": 1,
    },
)
