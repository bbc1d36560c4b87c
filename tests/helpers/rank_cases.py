"""Networks that learn on any number of ranks, and what comes of it.

`main` is one rank of several, see `tests.helpers.started_ranks`. Without ranks the same cases are
the reference.
"""

from pathlib import Path
from typing import ClassVar

import torch

import spikefa as sf
from spikefa.recording import Probe, Window

DATA = sf.datasets.digits().subset(84, 42)
PROBES = [
    Probe("input", "spikes", 10),
    Probe("hidden1", "spikes", 15),
    Probe("hidden1", "potential", [3, 20, 29]),
    Probe("hidden1", "gain", [0]),
    Probe("hidden2", "spikes", "all", stream="all"),
    Probe("hidden2", "R", 9),
    Probe("output", "spikes", "all"),
    Probe("output", "modulator", "all"),
    Probe("output", "class_spikes", "all"),
    Probe("output", "weights", 30, every=10),
]


class Traced(sf.PlasticityRule):
    """A rule with traces on both sides, and a loss."""

    traces: ClassVar = {"before": "pre", "after": "post"}

    def update(self, pre, post, modulator, state):
        before, after = state.traces["before"], state.traces["after"]
        before.mul_(0.8).add_(pre)
        after.mul_(0.5).add_(post.spikes)
        change = modulator * post.gain * after * -state.learning_rate
        return sf.Outer(before, change, 1e-4 * post.spikes.sum(-2))


def spiking(feedback, dtype=torch.float64):
    return sf.models.lillicrap2016.spiking_mnist(
        n_inputs=64,
        hidden=[30, 41],
        outputs=20,
        feedback=feedback,
        rule=sf.ThreeFactor(learning_rate=5e-3, weight_decay=1e-3),
        dtype=dtype,
    )


class Binary(sf.PlasticityRule):
    """A rule whose changes are multiples of a power of two, so that float32 adds them exactly."""

    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, modulator * -state.learning_rate)


def exact():
    """Return a network in which no sum is rounded, in whatever order it is made."""
    network = sf.Network(
        64,
        {name: sf.StochasticBinary(size, tau=0.5) for name, size in (("a", 41), ("out", 20))},
        sf.FA(scale=1 / 8, matrix="sign", tau=1.0),
        Binary(learning_rate=2**-9),
    )
    network.initialise(3)
    for weight in network.tensors().values():
        weight.mul_(2**10).round_().div_(2**10)
    return network


def recurrent(feedback):
    sizes = {"a": 30, "b": 25, "out": 20}
    return sf.Network(
        64,
        {name: sf.StochasticBinary(size) for name, size in sizes.items()},
        feedback,
        Traced(learning_rate=5e-3),
        connections=[
            sf.Connection("b", "b"),
            sf.Connection("input", "b", delay=2),
            sf.Connection("a", "out", delay=0),
        ],
        delays={"b": 1},
        dtype=torch.float64,
    )


def silenced(feedback):
    dropout = sf.Dropout(0.3)
    populations = {"a": sf.StochasticBinary(41, dropout=dropout), "out": sf.StochasticBinary(20)}
    return sf.Network(64, populations, feedback, sf.ThreeFactor(5e-3), dtype=torch.float64)


def rates(feedback, output="logistic"):
    sizes = {"a": sf.Rate(30, activation="tanh"), "out": sf.Rate(10, activation=output)}
    return sf.Network(64, sizes, feedback, sf.ThreeFactor(learning_rate=1e-2), dtype=torch.float64)


NETWORKS = {
    "FA": lambda: spiking(sf.FA(gated=True, phi_delta="tanh")),
    "spiking errors": lambda: spiking(sf.FA(phi_delta="spiking")),
    "DFA": lambda: spiking(sf.DFA()),
    "PFA": lambda: spiking(sf.PFA(expansion=2)),
    "PFAo": lambda: spiking(sf.PFAo()),
    "KP": lambda: spiking(sf.KP()),
    "ungated KP": lambda: spiking(sf.KP(gated=False)),
    "DKP": lambda: spiking(sf.DKP()),
    "recurrent": lambda: recurrent(sf.PFAo()),
    "silenced": lambda: silenced(sf.FA()),
    "rates": lambda: rates(sf.FA(tau=1.0)),
    "softmax": lambda: rates(sf.FA(tau=1.0), "softmax"),
    "float32": lambda: spiking(sf.FA(), torch.float32),
    "exact float32": exact,
}


def simulation(network, ranks, **options):
    if ranks is not None:
        network = network.divided(ranks)
    return sf.Simulation(network, DATA, batch_size=21, seed=3, progress=False, **options)


def learnt(sim):
    """Return everything that must not depend on the number of ranks."""
    row = {name: value for name, value in sim.history[-1].items() if name != "wall_seconds"}
    return {
        "weights": {name: each.clone() for name, each in sim.network.joined().tensors().items()},
        "row": row,
        "test": sim.test().error_percent,
    }


def trained(name, ranks, folder):
    sim = simulation(NETWORKS[name](), ranks)
    sim.train(1)
    return learnt(sim)


def augmented(ranks, folder):
    """Every rank draws the same images for its streams, and silences its own of the neurons."""
    moved = sf.InOrder((sf.CropAndFlip(DATA.shape, crop=2), sf.InputDropout(0.1)))
    sim = simulation(NETWORKS["silenced"](), ranks, augmentation=moved, average_epochs=0.5)
    sim.train(1)
    return learnt(sim)


def recorded(ranks, folder):
    sim = simulation(NETWORKS["PFAo"](), ranks)
    with sim:
        windows = [Window("a", 0, 8), Window("b", 12, 18)]
        sim.record(folder / "recording.h5", PROBES, windows)
        sim.record(folder / "recording.h5", PROBES, windows, overwrite=True)  # as a cell run twice
        sim.train(1)
    return learnt(sim)


def saved(ranks, folder):
    sim = simulation(NETWORKS["recurrent"](), ranks)
    sim.train(1)
    sim.save(folder / "checkpoint.pt")
    return {}


def resumed(ranks, folder):
    sim = simulation(NETWORKS["recurrent"](), ranks)
    sim.restore(folder / "checkpoint.pt")
    sim.train(1)
    return learnt(sim)


def through(ranks, folder):
    """Two epochs without a stop."""
    sim = simulation(NETWORKS["recurrent"](), ranks)
    sim.train(2)
    return learnt(sim)


def diverging(ranks, folder):
    """A potential that becomes infinite on one rank alone stops all of them with its name."""
    sim = simulation(NETWORKS["DFA"](), ranks)
    if ranks is None or ranks.rank == ranks.size - 1:
        sim.network.projections["hidden2"].weight[0, -1] = float("inf")
    try:
        sim.train(1)
    except sf.SpikefaError as error:
        return {"said": str(error)}
    return {"said": "nothing"}


CASES = {
    **{name: (lambda ranks, folder, name=name: trained(name, ranks, folder)) for name in NETWORKS},
    "augmented": augmented,
    "recorded": recorded,
    "saved": saved,
    "resumed": resumed,
    "through": through,
    "diverging": diverging,
}


def main(folder, groups, names):
    """Run cases on this rank; write what each finds to ``FOLDER/CASE.RANK.pt``."""
    folder = Path(folder)
    with sf.distributed.join(timeout=60, groups=int(groups)) as ranks:
        for name in names.split(","):
            found = CASES[name](ranks, folder)
            torch.save(found, folder / f"{name}.{ranks.rank}.pt")
