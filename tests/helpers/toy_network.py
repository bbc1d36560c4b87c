"""A stand-in for a network: its state is a function of the step, so that truth is at hand."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch

from spikefa.recording import Probe, Window

BATCH = 3
SIZES = {"input": 19, "hidden1": 13, "hidden2": 24, "output": 20}
IMAGES = np.random.default_rng(8).integers(0, 256, (40, 5, 4), dtype=np.uint8)
PROVENANCE = {"seed": 7, "config_json": '{"tau": 0.9}', "git_commit": "abc", "device": "cpu"}

INPUT_SPIKES = Probe("input", "spikes", "all")
PROBES = (
    Probe("input", "spikes", "all"),
    Probe("hidden1", "spikes", 11, stream=2),
    Probe("hidden1", "potential", 1, stream=2),
    Probe("hidden2", "spikes", [3, 0, 17]),
    Probe("hidden2", "potential", 5),
    Probe("hidden2", "modulator", 5),
    Probe("hidden2", "gain", [23]),
    Probe("output", "spikes", "all"),
)
WINDOWS = (Window("early", 0, 20), Window("middle", 50, 65), Window("late", 100, 120))

OWN = (Window("start", 3, 9), Window("end", 103, 140))
MIXED_PROBES = (
    *PROBES[:2],
    Probe("hidden1", "potential", 3, every=4),
    Probe("hidden2", "spikes", "all", every=4),
    Probe("hidden2", "gain", [5, 7], window=Window("own", 30, 61)),
    Probe("hidden2", "modulator", [1], window=OWN, every=7),
    Probe("output", "spikes", "all", stream="all"),
    Probe("output", "potential", 4, stream="all", every=4),
)


@lru_cache(maxsize=4096)
def truth(step: int) -> dict[str, dict[str, np.ndarray]]:
    """Return the whole state [batch, n] after `step`."""
    random = np.random.default_rng([11, step])
    state = {}
    for name, size in SIZES.items():
        state[name] = {"spikes": (random.random((BATCH, size)) < 0.4).astype(np.float32)}
        if name != "input":
            for variable in ("potential", "gain", "modulator"):
                state[name][variable] = random.normal(size=(BATCH, size)).astype(np.float32)
    return state


def shown(step: int) -> tuple[int, int]:
    """Return the image and the label of `step`: five steps an image."""
    return (step // 5 * 7) % 40, (step // 5) % 10


def shown_to(streams: Sequence[int], step: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return what some streams see: all of them the same, so that one `shown` is the truth."""
    image, label = shown(step)
    return (image,) * len(streams), (label,) * len(streams)


class Toy:
    """Tensors that are updated in place, as a simulation does it."""

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        self.variables = {
            name: {key: torch.zeros(value.shape, dtype=dtype) for key, value in states.items()}
            for name, states in truth(0).items()
        }

    def step(self, step: int) -> None:
        for name, states in truth(step).items():
            for variable, value in states.items():
                self.variables[name][variable].copy_(torch.from_numpy(value))

    def run(self, recorder, steps: range) -> None:
        for step in steps:
            self.step(step)
            recorder.observe(step, *shown_to(recorder.streams, step), start=step - step % 5)
