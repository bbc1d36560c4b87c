"""Small spike trains and films, in every form in which `EventStimulus` shows them."""

import numpy as np

import spikefa as sf
from spikefa.datasets import Events, Frames

UNITS = 7
OUTPUTS = 10
LABELS = np.array([0, 1, 1, 0, 1], np.uint8)


def samples(seed=0, longest=0.05):
    """Five samples of different lengths; several events of a unit may share a step."""
    random = np.random.default_rng(seed)
    lengths = (5, 12, 1, 40, 8)
    return [(random.uniform(0, longest, n), random.integers(0, UNITS, n)) for n in lengths]


def events(**options):
    return Events.of(samples(), UNITS, LABELS, time_unit="s", **options)


def frames(kind=np.float32):
    activity = np.random.default_rng(1).random((5, 4, UNITS)) * (1 if kind != np.uint8 else 3)
    return Frames(activity.astype(kind), LABELS, 2)


def targets(steps=5, outputs=OUTPUTS):
    return np.random.default_rng(2).random((5, steps, outputs))


EVENTS = {
    "events": lambda: sf.EventStimulus(events(), 0.01),
    "events, counted": lambda: sf.EventStimulus(events(), 0.01, several="count"),
    "events, longer": lambda: sf.EventStimulus(events(), 0.01, 8, resets=True),
    "events, cut": lambda: sf.EventStimulus(events(), 0.01, 2, longer="cut"),
    "events, targets": lambda: sf.EventStimulus(events(), 0.01, targets=targets()),
    "frames": lambda: sf.EventStimulus(frames()),
    "frames of bytes": lambda: sf.EventStimulus(frames(np.uint8), steps=6, resets=True),
}
