"""A recording, and the truth beside it."""

import functools
import importlib

import numpy as np
import pytest
import torch

from spikefa.recording import Probe, Recorder, Recording, open_recording
from tests.helpers.recorded_run import CLASSES, PIXELS, WINDOWS, N, Truth, simulate


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    """Return the path of a recording of each encoding, and the truth."""
    folder = tmp_path_factory.mktemp("analysis")
    paths = {encoding: folder / f"{encoding}.h5" for encoding in ("packed", "events")}
    kept = [_record(path, encoding) for encoding, path in paths.items()]
    return paths, kept[0]


def _record(path, encoding):
    total = 600
    image, label, hidden, output, potential = simulate(total)
    variables = {
        "input": {"spikes": torch.zeros(1, 12)},
        "hidden1": {"spikes": torch.zeros(1, 13), "potential": torch.zeros(1, 13)},
        "output": {"spikes": torch.zeros(1, 20)},
    }
    probes = [
        Probe("hidden1", "spikes", "all", encoding=encoding),
        Probe("hidden1", "potential", [2, 9]),
        Probe("output", "spikes", "all", encoding=encoding),
    ]
    given = {"thumbnails": PIXELS, "n_classes": CLASSES}
    with Recorder.create(path, probes, WINDOWS, variables, {"seed": 3}, **given) as recorder:
        for step in range(total):
            for name, variable, values in (
                ("hidden1", "spikes", hidden),
                ("hidden1", "potential", potential),
                ("output", "spikes", output),
            ):
                variables[name][variable].copy_(torch.from_numpy(values[step : step + 1]))
            recorder.observe(step, int(image[step]), int(label[step]), start=step - step % N)
    steps = np.concatenate([np.arange(w.start, w.stop) for w in WINDOWS])
    kept = (values[steps] for values in (image, label, hidden, output, potential))
    return Truth(steps, *kept)


@pytest.fixture(
    params=[("packed", 4000), ("packed", 1), ("events", 4000), ("events", 7)],
    ids=lambda param: f"{param[0]}, blocks of {param[1]}",
)
def run(recorded, request, monkeypatch):
    """The recording, in both encodings, read in blocks of several sizes, and the truth."""
    encoding, rows = request.param
    blocks = functools.partialmethod(Recording.blocks, rows=rows)
    monkeypatch.setattr(Recording, "blocks", blocks)
    # Not an attribute path: the function of this name hides its module.
    monkeypatch.setattr(importlib.import_module("spikefa.analysis.confusion"), "BLOCK_ROWS", rows)
    monkeypatch.setattr("spikefa.analysis.trials.BLOCK_ROWS", rows)
    monkeypatch.setattr("spikefa.analysis.trials.COUNTED", 1000 if rows == 4000 else 200 * rows)
    paths, truth = recorded
    with open_recording(paths[encoding]) as recording:
        assert recording.encoding("hidden1") == encoding
        yield recording, truth


@pytest.fixture
def recording(recorded):
    with open_recording(recorded[0]["packed"]) as recording:
        yield recording
