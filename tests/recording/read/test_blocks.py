"""The raster piece by piece, in memory that does not grow with the recording."""

import tracemalloc

import h5py
import numpy as np
import pytest
import torch

from spikefa import analysis
from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, Window, open_recording
from tests.helpers.toy_network import WINDOWS


@pytest.fixture
def recording(tmp_path, start, toy):
    with start() as recorder:
        toy.run(recorder, range(130))
    with open_recording(tmp_path / "run.h5") as recording:
        yield recording


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 7, 20, 55, 4000])
@pytest.mark.parametrize("steps", [None, "middle", slice(17, 58), slice(200, 300)])
def test_blocks_make_up_the_raster(recording, rows, steps):
    for units in (None, [17, 3]):
        blocks = list(recording.blocks("hidden2", units, steps, rows))
        whole = recording.raster("hidden2", units, steps)
        assert [len(spikes) for _, spikes in blocks] == [
            part.stop - part.start for part, _ in blocks
        ]
        assert all(len(spikes) == rows for _, spikes in blocks[:-1])
        joined = np.concatenate([np.zeros((0, whole.shape[1]), bool), *(s for _, s in blocks)])
        np.testing.assert_array_equal(joined, whole)
        found = [recording.steps[part] for part, _ in blocks]
        np.testing.assert_array_equal(
            np.concatenate([np.zeros(0, np.int64), *found]), recording.steps[recording.rows(steps)]
        )


def test_what_was_shown_in_some_rows(recording):
    seen = recording.stimulus_of("hidden1")
    np.testing.assert_array_equal(seen, recording.stimulus)
    for rows in (slice(18, 25), slice(50, 99), slice(-3, None), slice(7, 3)):
        np.testing.assert_array_equal(recording.stimulus_of("hidden1", rows=rows), seen[rows])
    assert len(recording.stimulus) == sum(window.stop - window.start for window in WINDOWS)


def test_blocks_without_rows(recording):
    with pytest.raises(SpikefaError, match="rows of a block is 0"):
        next(recording.blocks("hidden1", rows=0))


@pytest.fixture
def long(tmp_path):
    """A recording of 100,000 steps and 400 units: 40 MB unpacked, written as the format says."""
    rows, units = 100_000, 400
    variables = {
        "input": {"spikes": torch.zeros(1, 4)},
        "hidden1": {"spikes": torch.zeros(1, units), "potential": torch.zeros(1, units)},
        "output": {"spikes": torch.zeros(1, 10)},
    }
    probes = [Probe("hidden1", "spikes", "all"), Probe("output", "spikes", "all")]
    probes.append(Probe("hidden1", "potential", [1]))
    path, images = tmp_path / "long.h5", np.zeros((10, 2, 2), np.uint8)
    window = [Window("all", 0, rows)]
    Recorder.create(path, probes, window, variables, {"seed": 1}, thumbnails=images).close()
    random = np.random.default_rng(0)
    with h5py.File(path, "r+") as file:
        content = {
            "spikefa/step": np.arange(rows),
            "spikefa/raster/hidden1/packed": random.bytes(rows * units // 8),
            "spikefa/raster/output/packed": random.bytes(rows * 2),
            "spikefa/trace/potential/hidden1/value": np.zeros((rows, 1)),
            "spikefa/images/index": np.arange(10),
            "spikefa/images/pixels": images,
            "spikefa/presentations/start": np.arange(0, rows, 5),
            "spikefa/presentations/image": np.arange(rows // 5)[:, None] % 10,
            "spikefa/presentations/label": np.arange(rows // 5)[:, None] % 10,
            "spikefa/presentations/of_row": np.arange(rows) // 5,
            "spikefa/committed_steps": [rows],
        }
        stimulus = np.zeros(rows, file["spikefa/stimulus"].dtype)
        stimulus["step"] = np.arange(rows)
        stimulus["image"] = stimulus["label"] = np.arange(rows) // 5 % 10
        content["spikefa/stimulus"] = stimulus
        for name, values in content.items():
            data = file[name]
            if isinstance(values, bytes):
                values = np.frombuffer(values, np.uint8).reshape(rows, -1)
            data.resize(len(values), axis=0) if data.chunks else None
            data[...] = values
    return path


MEASURES = {
    "rates": lambda r: analysis.unit_rates(r, "hidden1"),
    "class rates": lambda r: analysis.class_rates(r, "hidden1", settle=2),
    "population rate": lambda r: analysis.population_rate(r, "hidden1", width=100),
    "synchrony": lambda r: analysis.synchrony(r, "hidden1"),
    "correlation": lambda r: analysis.pairwise_correlation(r, "hidden1"),
    "dimensionality": lambda r: analysis.participation_ratio(r, "hidden1"),
    "confusion": lambda r: analysis.confusion(r, every=100),
    "triggered images": lambda r: analysis.triggered_images(r, "hidden1", lag=3),
    "triggered trace": lambda r: analysis.triggered_trace(
        r, "hidden1", ("hidden1", "potential", 1), 5, 5
    ),
}


@pytest.mark.parametrize("measure", MEASURES)
def test_memory_is_that_of_a_block(long, measure):
    """4000 steps x 400 units are 1.6 MB as bits unpacked, 6.4 MB as float32, 12.8 as float64."""
    with open_recording(long) as recording:
        tracemalloc.start()
        try:
            MEASURES[measure](recording)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 20e6
