"""Recordings of one run in which the same variables have several clocks, and the truth.

Recording never changes a run, so a recording of everything at every step says what every other
recording must hold. The truth here is arrays; nothing of it comes from the code that reads clocks.
"""

import itertools
from dataclasses import dataclass

import numpy as np

import spikefa as sf
from spikefa.recording import Always, EveryImage, Trigger, Window
from spikefa.recording.plan.ready_made import ClassShown

N, TOTAL = 5, 100
LABEL = 7
UNITS = [2, 7, 11]
BASE = Window("base", 10, 40)
"""The window of the recording, so that the first clock is none of the others."""

OWN = {
    "always": {"window": Always()},
    "every": {"window": Always(), "every": 3},
    "window": {"window": Window("own", 12, 47)},
    "images": {"window": EveryImage(3, first=1)},
    "trigger": {"window": Trigger(ClassShown(LABEL), before=2, after=6, label="seven")},
}
"""What the probes have, by the name of the clock."""

VARIABLES = {
    ("input", "label"): "all",
    ("hidden1", "spikes"): "all",
    ("hidden1", "potential"): UNITS,
    ("hidden1", "modulator"): UNITS[:1],
    ("hidden1", "gain"): UNITS,
    ("output", "spikes"): "all",
    ("output", "class_spikes"): "all",
}
SPIKES = [name for name, variable in VARIABLES if variable == "spikes"]
TRACES = [name for name in VARIABLES if name[1] != "spikes"]


@dataclass(frozen=True)
class Truth:
    """What a run did at each of its steps.

    Attributes
    ----------
    values : dict of ndarray [TOTAL, n]
        By population and variable.
    image, label : ndarray of int64 [TOTAL]
    """

    values: dict[tuple[str, str], np.ndarray]
    image: np.ndarray
    label: np.ndarray

    @property
    def fired(self) -> list[int]:
        """The steps after which the trigger fires: the first of each image of its class."""
        return [step for step in range(0, TOTAL, N) if self.label[step] == LABEL]

    def windows(self, clock: str) -> dict[str, range]:
        """Return the steps of each window of a clock by its label."""
        images = [n for n in range(TOTAL // N) if n % 3 == 1]
        return {
            "always": {"always": range(TOTAL)},
            "every": {"always": range(0, TOTAL, 3)},
            "window": {"own": range(12, 47)},
            "images": {f"image #{n}": range(N * n, N * n + N) for n in images},
            "trigger": {
                f"seven #{n}": range(max(0, step - 2), min(TOTAL, step + 7))
                for n, step in enumerate(self.fired, start=1)
            },
        }[clock]

    def steps(self, clock: str) -> np.ndarray:
        """Return the steps at which a variable of a clock is read, int64, ascending."""
        return np.array(sorted({step for span in self.windows(clock).values() for step in span}))

    def known(self, *clocks: str) -> np.ndarray:
        """Return the steps at which anything was recorded, with the recording's own window."""
        held = set(range(BASE.start, BASE.stop)).union(*(self.steps(c).tolist() for c in clocks))
        return np.array(sorted(held))


def turns():
    """Return a clock for each variable, in turns."""
    return dict(zip(VARIABLES, itertools.cycle(OWN), strict=False))


def probes(clocks, encoding="auto"):
    """Return probes of all variables; `clocks` is the clock of all, or of each by its name."""
    found = []
    for (population, variable), units in VARIABLES.items():
        clock = clocks if isinstance(clocks, str) else clocks[population, variable]
        kept = {"encoding": encoding} if variable == "spikes" else {}
        found.append(sf.Probe(population, variable, units, **OWN[clock], **kept))
    return found


def record(path, wanted, windows=BASE):
    """Record probes of the run, always the same one, and return the path."""
    net = sf.models.lillicrap2016.spiking_mnist(
        n_inputs=64, hidden=20, outputs=20, rule=sf.ThreeFactor(learning_rate=1e-2)
    )
    data = sf.datasets.digits().subset(200, 50)
    sim = sf.Simulation(net, data, batch_size=10, seed=0, progress=False)
    with sim:
        sim.record(path, wanted, windows)
        sim.train(1)
    return path


def truth(path) -> Truth:
    """Return the truth, from a recording of everything at every step, written to `path`."""
    wanted = [sf.Probe(*name, units) for name, units in VARIABLES.items()]
    with sf.open(record(path, wanted, Always())) as recording:
        values = {
            name: (recording.raster(name[0]) if name[1] == "spikes" else recording.trace(*name))
            for name in VARIABLES
        }
        shown = recording.stimulus
    assert shown["step"].tolist() == list(range(TOTAL))
    return Truth(values, shown["image"].astype(np.int64), shown["label"].astype(np.int64))
