"""A run with gaps, cut presentations and repeated images, as plain arrays."""

from dataclasses import dataclass

import numpy as np

from spikefa.recording import Window

N = 5  # steps per image
CLASSES = 5
WINDOWS = (
    Window("early", 0, 103),  # ends within a presentation
    Window("middle", 203, 317),  # begins and ends within one
    Window("late", 400, 560),
)
PIXELS = np.random.default_rng(2).integers(0, 256, (30, 4, 3), dtype=np.uint8)
SILENT, BUSY = 3, 8


@dataclass
class Truth:
    """What the network did at the recorded steps, as plain arrays."""

    steps: np.ndarray
    image: np.ndarray
    label: np.ndarray
    hidden: np.ndarray  # bool [T, 13]
    output: np.ndarray  # bool [T, 20]
    potential: np.ndarray  # float32 [T, 13]


def simulate(total):
    """All steps of a run: units prefer classes and share noise; images may come twice in a row."""
    random = np.random.default_rng(7)
    images = random.integers(0, 30, total // N)
    images[1::4] = images[0::4][: len(images[1::4])]
    image = np.repeat(images, N)
    label = image % CLASSES
    shared = random.random(total) < 0.3
    rate = 0.1 + 0.5 * (label[:, None] == np.arange(13) % CLASSES) + 0.2 * shared[:, None]
    rate[:, SILENT], rate[:, BUSY] = 0, 1
    hidden = random.random((total, 13)) < rate
    output = random.random((total, 20)) < 0.2 + 0.3 * (label[:, None] == np.arange(20) // 4)
    potential = random.normal(size=(total, 13)).cumsum(0).astype(np.float32) * 0.1
    return image, label, hidden, output, potential
