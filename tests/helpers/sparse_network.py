"""A stand-in for a network whose input spikes rarely; like `toy_network`, with a truth at hand."""

import numpy as np
import torch

from spikefa.recording import Probe, Window

BATCH = 3
SIZES = {"input": 300, "hidden1": 200, "output": 20}
RATES = {"input": 0.003, "hidden1": 0.3, "output": 0.1}
PROVENANCE = {"seed": 7}
WINDOWS = (Window("early", 0, 20), Window("late", 50, 90))


def probes(encoding="auto", stream=1):
    """Return probes of all spikes, and a potential, which becomes a SONATA report."""
    spikes = (Probe(name, "spikes", "all", stream=stream, encoding=encoding) for name in SIZES)
    return [*spikes, Probe("hidden1", "potential", 2)]


def truth(name: str, step: int) -> np.ndarray:
    """Return the spikes, bool [batch, n], of a population in `step`."""
    random = np.random.default_rng([step, *name.encode()])
    return random.random((BATCH, SIZES[name])) < RATES[name]


def potential(step: int) -> np.ndarray:
    """Return the potentials, float32 [batch, n], of hidden1 in `step`."""
    return np.random.default_rng([3, step]).random((BATCH, SIZES["hidden1"]), np.float32)


def raster(name: str, steps, stream: int = 1) -> np.ndarray:
    """Return the true raster, bool [T, n]."""
    return np.array([truth(name, int(step))[stream] for step in steps]).reshape(-1, SIZES[name])


class Sparse:
    """Tensors that are updated in place."""

    def __init__(self) -> None:
        self.variables = {
            name: {"spikes": torch.zeros(BATCH, size)} for name, size in SIZES.items()
        }
        self.variables["hidden1"]["potential"] = torch.zeros(BATCH, SIZES["hidden1"])

    def step(self, step: int) -> None:
        for name in SIZES:
            self.variables[name]["spikes"].copy_(torch.from_numpy(truth(name, step)))
        self.variables["hidden1"]["potential"].copy_(torch.from_numpy(potential(step)))

    def run(self, recorder, steps: range) -> None:
        for step in steps:
            self.step(step)
            shown = ([number] * len(recorder.streams) for number in (step // 5, step // 5 % 10))
            recorder.observe(step, *shown, start=step - step % 5)
