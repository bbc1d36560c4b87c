"""Digits that move before a camera: MNIST as events of three saccades, learnt online.

Images of MNIST make three saccades, and a network sees nothing but where it becomes darker or
brighter, step by step; see `spikefa.datasets.saccades`. Two hidden populations of 500 stochastic
binary neurons learn at every step, by FA, DFA or PFA-o, and nothing is reset between images.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from spikefa.datasets.saccades import Brightness, saccade_dataset
from spikefa.experiments.events._learning import CIRCUITS, Learning, split, train
from spikefa.experiments.events._results import claims, measure, picture, quantities
from spikefa.runs.data import named_data
from spikefa.runs.options import bound, option
from spikefa.runs.settings import dataset_option
from spikefa.runs.studies import Study
from spikefa.stimulus.events import EventStimulus
from spikefa.utils.ranges import PositiveScale, Size, Steps


@dataclass(frozen=True, kw_only=True)
class Settings(Learning):
    """Everything that the result depends on."""

    dataset: str = dataset_option()
    saccade_steps: Steps = option(4, "steps of each of the three saccades")
    amplitude: PositiveScale = option(7.0, "height and width of the path, in pixels")
    threshold: PositiveScale = option(0.2, "change of brightness that causes an event")
    brightness: Brightness = option("linear", "linear, or log: changes are ratios")
    size: Size | None = option(None, "pixels of the camera on each side; default: the image's")
    reached: PositiveScale = bound(
        4.0, "test error in percent of each circuit on all of MNIST, at most"
    )


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Train and test one circuit."""
    moving = partial(
        saccade_dataset,
        steps=settings.saccade_steps,
        amplitude=settings.amplitude,
        threshold=settings.threshold,
        brightness=settings.brightness,
        size=settings.size,
    )
    return train(settings, cell, seed, moving(split(settings, named_data(settings))), EventStimulus)


EXPERIMENT = Study(
    "events.saccades",
    Settings,
    id="saccades",
    once=once,
    data=named_data,
    cells=tuple(CIRCUITS),
    measure=measure,
    quantities=quantities,
    claims=claims("as a first goal"),
    picture=picture,
    quick={
        "dataset": "digits",
        "amplitude": 2.0,
        "epochs": 6,
        "hidden": 100,
        "batch_size": 20,
        "feedback_scale": 0.3,
    },
)
