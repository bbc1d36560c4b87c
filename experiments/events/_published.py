"""The experiments with published spike trains: N-MNIST and SHD."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from spikefa.datasets.event_catalogue import FORMS, load_events
from spikefa.datasets.events import EventDataset
from spikefa.datasets.own import names_function
from spikefa.experiments.events._learning import Learning, split, train
from spikefa.runs.options import option
from spikefa.stimulus.events import EventStimulus
from spikefa.utils.ranges import PositiveScale, Steps

DATASET = f"nmnist or shd; or your own spike trains: {FORMS}, see docs/events.md"


@dataclass(frozen=True, kw_only=True)
class Settings(Learning):
    """Everything that the result depends on."""

    dataset: str = option("nmnist", DATASET, names_code=names_function)
    dt: PositiveScale = option(0.02, "seconds of a step")
    steps: Steps = option(16, "steps of a sample; what comes later is left out")


def data(settings: Settings) -> EventDataset:
    """Return the data set that the settings name."""
    return load_events(settings.dataset, settings.data_dir)


def once(settings: Settings, seed: int, cell: str) -> dict[str, Any]:
    """Train and test one circuit."""
    shown = partial(EventStimulus, dt=settings.dt, steps=settings.steps, longer="cut")
    return train(settings, cell, seed, split(settings, data(settings)), shown)
