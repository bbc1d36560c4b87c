"""Supplementary note 9: feedback alignment fails to train narrow autoencoders.

Networks of tanh neurons learn to reproduce MNIST images, with brightness from -0.9 to 0.9, through
a bottleneck of 10 neurons or without one. The error is the squared error of an image, summed over
its pixels and averaged over the test images.

The paper does not give the learning rate, batch size, number of epochs or scales, and does not
define its squared error. Batches of 100 and a weight decay of 1e-6 are taken from note 5, see `n5`;
with the eta of note 5, 1e-2 for the mean over a batch, outputs saturate. The other settings were
chosen on 10,000 held-out training images after two or three epochs. With an eta of 3e-3 and initial
weights of gain 0.5 all four networks learn (squared error narrow: backprop 83, FA 117; wide: 73,
42). With gain 1 backprop is faster in the wide network (16, FA 40), but in the narrow one it
outputs the mean image for every image (171). With 1e-3 and gain 1 the errors are 82 and 131, wide
31 and 74. Gains of 0.3 and 3 for B were no better than 1.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from matplotlib.figure import Figure

from spikefa.analysis.spacing import legend_above, log_scale
from spikefa.analysis.style import PALETTE
from spikefa.datasets.examples import reconstruction
from spikefa.experiments.lillicrap2016._deep import Cell, TrainingSettings, ends, trained
from spikefa.experiments.lillicrap2016._digits import digits
from spikefa.runs.data import mnist_data
from spikefa.runs.options import bound, option
from spikefa.runs.settings import REPEATS, WHICH_CELLS
from spikefa.runs.studies import CellRuns, Claim, Measures, Quantity, Study, spread
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.utils.ranges import CountOrZero, Few, PositiveScale, Range, Rate, Scale

SHOWN = 8
"""Number of test images to draw."""
UNIT = 1.8
"""Ratio of the brightness range from -0.9 to 0.9 to that from 0 to 1."""
NARROW, WIDE = (1000, 500, 10, 500, 1000), (1000,) * 5
CELLS = {
    "narrow_backprop": Cell("backprop, 10 neurons in the middle", 8.6, NARROW, "backprop"),
    "narrow_fa": Cell("FA, 10 neurons in the middle", 30.2, NARROW),
    "wide_backprop": Cell("backprop, 1,000 in every layer", 1.5, WIDE, "backprop"),
    "wide_fa": Cell("FA, 1,000 in every layer", 0.72, WIDE),
}


@dataclass(frozen=True, kw_only=True)
class Settings(TrainingSettings):
    """All settings that affect the result."""

    rate: Rate = option(3e-3, "eta, of the mean over a batch")
    weight_gain: Scale = option(
        0.5, "g: first weights come from U[-g sqrt(3/n), g sqrt(3/n)], n being the senders"
    )
    feedback_gain: PositiveScale = option(
        1.0, "the same for B into the last hidden layer; 1 for the others"
    )
    cells: str = option("all", f"{WHICH_CELLS}: {', '.join(CELLS)}")
    validation_images: CountOrZero = option(
        0, "hold out the last K training images, and test with them alone"
    )
    test_images: Annotated[int, Range(SHOWN, 1_000_000_000)] | None = option(
        None, "use only the first K test images"
    )
    repeats: Few = option(5, REPEATS)
    no_worse: PositiveScale = bound(
        1.0, "squared error of FA without a bottleneck, at most, by that of backprop"
    )


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Train one network, and keep some images and their reconstructions."""
    data = digits(
        settings.data_dir, settings.train_images, settings.test_images, settings.validation_images
    )
    train = reconstruction(data.train, low=-0.9, high=0.9)
    tests = reconstruction(data.test, low=-0.9, high=0.9)
    simulation, found = trained(CELLS[cell], settings, train, tests, seed)
    return found | {
        "shown": tests.inputs[:SHOWN].numpy(),
        "said": simulation.held_out.answers.outputs[:SHOWN].cpu().numpy(),
    }


def measure(settings: Settings, runs: CellRuns) -> dict[str, Any]:
    """Return the final squared errors of the cells that were run."""
    return {
        "end": {name: 2 * loss for name, loss in ends(runs, "loss").items()},
        "epochs": f"{settings.fast} + {settings.medium} + {settings.slow} epochs",
    }


def quantities(m: Measures) -> list[Quantity]:
    """Return the squared errors, also in units of brightness from 0 to 1."""
    return [
        *(
            Quantity(
                f"squared error of a test image, {cell.title}",
                m.end.get(name, ()),
                paper=cell.paper,
            )
            for name, cell in CELLS.items()
        ),
        *(
            Quantity(f"the same, of brightness from 0 to 1, {CELLS[name].title}", each / UNIT**2)
            for name, each in m.end.items()
        ),
    ]


def _allowed(m: Measures) -> str:
    where = " in this quick version" if m.settings.quick else ""
    factor = m.settings.no_worse
    return f", or at most {factor:g} times worse{where}" if factor > 1 else ""


def _better(width: str, better: str, worse: str) -> dict[str, Any]:
    """Return the arguments of a `Claim` that one error is lower than the other."""
    return {
        "when": lambda m: f"{width}_fa" in m.end and f"{width}_backprop" in m.end,
        "evidence": lambda m: (
            f"squared error by {better} {spread(m.end[f'{width}_{better}'])}, by {worse} "
            f"{spread(m.end[f'{width}_{worse}'])}, after {m.epochs}"
        ),
        "reason": "the paper tells neither rates, first weights nor epochs; one that says the "
        "mean image to every image, an error of 171, has not begun to learn its task",
    }


CLAIMS = (
    Claim(
        "with 10 neurons in the middle backprop is better",
        holds=lambda m: m.end["narrow_backprop"].mean() < m.end["narrow_fa"].mean(),
        **_better("narrow", "backprop", "fa"),
    ),
    Claim(
        lambda m: f"without a bottleneck FA is better{_allowed(m)}",
        holds=lambda m: (
            m.end["wide_fa"].mean() < m.settings.no_worse * m.end["wide_backprop"].mean()
        ),
        **_better("wide", "fa", "backprop"),
    ),
)


def picture(settings: Settings, runs: CellRuns) -> Figure:
    """Draw the errors against the epoch (a), and some images with their reconstructions (b)."""
    figure, ((left,), (right,)) = panels(1, 2, width=7.0, height=3.0)
    for (name, found), colour in zip(runs.items(), PALETTE, strict=False):
        band(left, found["epochs"][0], 2 * found["loss"], colour, CELLS[name].title)
    log_scale(left)
    name_axes(left, "epochs", "squared error of a test image", "a")
    legend_above(left)
    rows = [next(iter(runs.values()))["shown"][0], *(found["said"][0] for found in runs.values())]
    strips = [row.reshape(SHOWN, 28, 28).swapaxes(0, 1).reshape(28, -1) for row in rows]
    right.imshow(np.concatenate(strips), "gray", vmin=-1, vmax=1)
    right.set_xticks([])
    titles = ["shown", *(CELLS[name].title for name in runs)]
    right.set_yticks([14 + 28 * k for k in range(len(rows))], titles, fontsize=8)
    right.spines[:].set_visible(False)
    right.set_title("b", loc="left", fontsize=9.5)
    return figure


EXPERIMENT = Study(
    "lillicrap2016.n9",
    Settings,
    id="L16.n9",
    once=once,
    data=mnist_data,
    cells=tuple(CELLS),
    measure=measure,
    quantities=quantities,
    claims=CLAIMS,
    picture=picture,
    quick={
        "repeats": 1,
        "train_images": 4000,
        "test_images": 1000,
        "fast": 8,
        "medium": 0,
        "slow": 0,
        "shrink": 10,
        "batch": 20,
        "rate": 1e-2,
        "weight_gain": 1.0,
        "no_worse": 1.5,
    },
)
