"""A case is a generator: it yields what is answered with advice, and then follows it."""

import numpy as np

import spikefa as sf
from spikefa.datasets import Dataset, Images
from spikefa.recording import Always, Probe, Recorder, open_recording
from tests.helpers.toy_network import PROVENANCE, Toy

CASES = {}


def case(says):
    """Register a case under a part of its message."""

    def register(function):
        CASES[says] = function
        return function

    return register


def images(n=12, seed=0):
    random = np.random.default_rng(seed)
    return Images(
        random.integers(0, 256, (n, 3, 4), dtype=np.uint8),
        np.arange(n, dtype=np.uint8) % 2,
        n_classes=2,
    )


def data():
    return Dataset("mine", images(), images(6, 1))


def net(feedback=None, outputs=4, rule=None, **others):
    populations = {"hidden1": sf.StochasticBinary(5), "output": sf.StochasticBinary(outputs)}
    return sf.Network(
        12, populations, feedback or sf.FA(0.3), rule or sf.ThreeFactor(1e-2), **others
    )


def simulate(stimulus=None, network=None, **others):
    shown = data() if stimulus is None else stimulus
    return sf.Simulation(network or net(), shown, batch_size=3, progress=False, **others)


def record(path, probes, steps=30, **others):
    toy = Toy()
    with Recorder.create(path, probes, Always(), toy.variables, PROVENANCE, **others) as recorder:
        toy.run(recorder, range(steps))
    return open_recording(path)


SPIKES = Probe("hidden1", "spikes", "all")
