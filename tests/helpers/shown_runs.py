"""Simulations stepped by hand, with what the stimulus really showed after every step."""

import numpy as np

import spikefa as sf
from spikefa.datasets.images import Dataset, Images

N = 3  # steps of a presentation
BATCH = 4
PIXELS = np.random.default_rng(5).integers(0, 256, (6, 3, 4), dtype=np.uint8)
LABELS = np.array([0, 1, 1, 0, 2, 3], dtype=np.uint8)
"""Six images for four streams, so that a stream often sees one image twice in a row."""


def simulation(seed=0, replicas=None, batch=BATCH, **other):
    images = Images(PIXELS, LABELS, n_classes=4)
    network = sf.models.lillicrap2016.spiking_mnist(
        hidden=9, hidden_layers=1, outputs=8, n_inputs=12, replicas=replicas
    )
    return sf.Simulation(
        network,
        Dataset("six", images, images),
        batch_size=batch,
        seed=seed,
        steps_per_image=N,
        progress=False,
        **other,
    )


class Truth:
    """What the stimulus showed: ``rows[step]`` is (first step, images, labels of all streams)."""

    def __init__(self):
        self.rows = {}

    def follow(self, sim, presentations, each=True):
        """Let `sim` go on; what is shown is read from the state of the stimulus."""
        for _ in range(presentations):
            first = sim.step
            for step in sim.present(each=each):
                state = sim.runner.stimulus_state
                now = first, state.items.tolist(), state.labels.tolist()
                for each_step in range(step, step + 1) if each else range(first, step + 1):
                    self.rows[each_step] = now
        return self

    def of(self, stream, steps):
        """Return (step, image, label) of each of `steps`, as `Recording.stimulus_of` does."""
        return [(s, self.rows[s][1][stream], self.rows[s][2][stream]) for s in steps]

    def presentations(self, stream, steps):
        """Return (first step, image, label) of the presentations that hold some of `steps`."""
        found = {}
        for step in steps:
            first, images, labels = self.rows[step]
            found[first] = (first, images[stream], labels[stream])
        return list(found.values())


def check(recording, truth, streams):
    """All variables are paired with what their streams saw; return the presentations checked."""
    checked = 0
    for channel in recording.layout.channels:
        name = (channel.population, channel.variable)
        steps = recording.steps_of(*name).tolist()
        own = streams if channel.batch else [channel.stream]
        for stream in own:
            seen = recording.stimulus_of(*name, stream=stream)
            assert seen.tolist() == truth.of(stream, steps), (name, stream)
            shown = recording.presentations(*name, stream=stream)
            table = list(zip(shown.start, shown.image, shown.label, strict=True))
            assert table == truth.presentations(stream, steps), (name, stream)
            belongs = np.repeat(shown.start, np.diff(shown.edges))
            assert belongs.tolist() == [truth.rows[step][0] for step in steps]
            checked += len(shown)
    return checked
