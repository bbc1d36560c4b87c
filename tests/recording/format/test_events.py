"""Spikes as events: chosen by the rate, and read like any others."""

import h5py
import numpy as np
import pytest
import torch

from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, Window, describe, open_recording
from spikefa.recording.format.events import (
    count_spikes,
    event_bytes,
    events_are_smaller,
    find_spikes,
    pack_spikes,
)
from spikefa.recording.write import sinks
from tests.helpers.sparse_network import (
    BATCH,
    PROVENANCE,
    SIZES,
    WINDOWS,
    Sparse,
    probes,
    raster,
    truth,
)

STEPS = np.array([*range(20), *range(50, 90)])
CHOSEN = {"input": "events", "hidden1": "packed", "output": "packed"}


def record(path, encoding="auto", stream=1):
    sparse = Sparse()
    given = (probes(encoding, stream), WINDOWS, sparse.variables, PROVENANCE)
    with Recorder.create(path, *given) as recorder:
        sparse.run(recorder, range(100))
    return path


@pytest.fixture(params=["auto", "packed", "events"])
def recording(tmp_path, request):
    with open_recording(record(tmp_path / "run.h5", request.param)) as recording:
        yield recording


@pytest.mark.parametrize("width", [1, 7, 8, 9, 300])
@pytest.mark.parametrize("rate", [0, 0.01, 0.5, 1])
def test_bits_to_events_and_back(width, rate):
    bits = np.random.default_rng(width).random((50, width)) < rate
    packed = np.packbits(bits, axis=1, bitorder="little")
    row, column = find_spikes(packed)
    np.testing.assert_array_equal(np.stack([row, column]), np.nonzero(bits))
    assert count_spikes(packed) == bits.sum()
    np.testing.assert_array_equal(pack_spikes(row, column, 50, width), packed)


@pytest.mark.parametrize("per_row", [0, 5, 7, 8, 100])
def test_the_smaller_encoding_is_chosen(tmp_path, per_row):
    """Of 1000 neurons, events take 8 + 16 per spike, bits 125: below 7.3 spikes a step."""
    state = torch.zeros(1, 1000)
    state[0, :per_row] = 1
    given = ({"input": {"spikes": state}}, {"seed": 0})
    path = tmp_path / "run.h5"
    with Recorder.create(
        path, [Probe("input", "spikes", "all")], [Window("w", 0, 2000)], *given
    ) as r:
        for step in range(2000):
            r.observe(step, 0, 0)
    with open_recording(path) as recording:
        assert recording.encoding("input") == ("events" if per_row < 7.3 else "packed")
        taken, packed = recording.spike_bytes("input")
        assert packed == 2000 * 125
        assert taken == 2000 * min(125, 8 + 16 * per_row)
        assert len(recording.events("input")[0]) == 2000 * per_row
    assert taken < path.stat().st_size < taken + 200_000


def test_all_streams_count(tmp_path):
    packed = np.zeros((10, 4, 20), np.uint8)
    assert events_are_smaller(packed)
    assert event_bytes(0, 40) < packed.nbytes
    packed[:] = 1
    assert not events_are_smaller(packed)


def test_what_was_chosen(tmp_path):
    for encoding in ("auto", "packed", "events"):
        with open_recording(record(tmp_path / f"{encoding}.h5", encoding)) as recording:
            for name, chosen in CHOSEN.items():
                expected = chosen if encoding == "auto" else encoding
                assert recording.encoding(name) == expected
            text = describe(recording)
            assert ("events" in text) == (encoding != "packed")


def test_the_raster_is_the_truth(recording):
    np.testing.assert_array_equal(recording.steps, STEPS)
    for name in SIZES:
        whole = raster(name, STEPS)
        np.testing.assert_array_equal(recording.raster(name), whole)
        late = recording.raster(name, steps="late")
        np.testing.assert_array_equal(late, whole[20:])
        units = [7, 19, 7, 0]
        np.testing.assert_array_equal(
            recording.raster(name, units, slice(15, 55)), whole[15:25, units]
        )
        assert recording.raster(name, steps=slice(30, 40)).shape == (0, SIZES[name])


def test_events_are_the_raster(recording):
    for name in SIZES:
        whole = raster(name, STEPS)
        row, column = np.nonzero(whole)
        step, unit = recording.events(name)
        assert step.dtype == unit.dtype == np.int64
        np.testing.assert_array_equal(step, STEPS[row])
        np.testing.assert_array_equal(unit, column)
        chosen = [19, 3, 11]
        row, column = np.nonzero(whole[15:25, np.sort(chosen)])
        step, unit = recording.events(name, chosen, slice(15, 55))
        np.testing.assert_array_equal(step, STEPS[15:25][row])
        np.testing.assert_array_equal(unit, np.sort(chosen)[column])
        assert len(recording.events(name, steps=slice(30, 40))[0]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 7, 4000])
def test_piece_by_piece(recording, rows):
    for name in SIZES:
        parts = list(recording.event_blocks(name, rows=rows))
        assert len(parts) == -(-60 // rows)
        for whole, pieces in zip(recording.events(name), zip(*parts, strict=True), strict=True):
            np.testing.assert_array_equal(whole, np.concatenate(pieces))
        blocks = [spikes for _, spikes in recording.blocks(name, rows=rows)]
        np.testing.assert_array_equal(np.concatenate(blocks), raster(name, STEPS))


@pytest.mark.parametrize("stream", [1, "all"])
def test_a_block_is_made_into_events_in_pieces(tmp_path, monkeypatch, stream):
    monkeypatch.setattr(sinks, "PIECE_BYTES", 70)  # one row of the input, two of hidden1
    with open_recording(record(tmp_path / "run.h5", "events", stream)) as recording:
        for name in SIZES:
            np.testing.assert_array_equal(recording.raster(name, stream=1), raster(name, STEPS))


def test_some_units_of_a_sparse_population(tmp_path):
    units = [299, 2, 100, 41]
    sparse = Sparse()
    wanted = [Probe("input", "spikes", units, encoding="events")]
    with Recorder.create(tmp_path / "r.h5", wanted, WINDOWS, sparse.variables, PROVENANCE) as r:
        sparse.run(r, range(100))
    with open_recording(tmp_path / "r.h5") as recording:
        whole = raster("input", STEPS, 0)[:, sorted(units)]
        np.testing.assert_array_equal(recording.raster("input"), whole)
        assert set(recording.events("input")[1]) <= set(units)


@pytest.mark.parametrize("encoding", ["auto", "packed", "events"])
def test_all_streams(tmp_path, encoding):
    """They are no SONATA spikes, which have no place for streams; all else is the same."""
    path = record(tmp_path / "run.h5", encoding, stream="all")
    with open_recording(path) as recording:
        for name in SIZES:
            assert recording.encoding(name) == (CHOSEN[name] if encoding == "auto" else encoding)
            whole = np.array([truth(name, step) for step in STEPS])
            np.testing.assert_array_equal(recording.raster(name, stream="all"), whole)
            for stream in range(BATCH):
                row, column = np.nonzero(whole[:, stream])
                step, unit = recording.events(name, stream=stream)
                np.testing.assert_array_equal(step, STEPS[row])
                np.testing.assert_array_equal(unit, column)
                np.testing.assert_array_equal(
                    recording.raster(name, [5, 2], "late", stream), whole[20:, stream][:, [5, 2]]
                )
        with pytest.raises(SpikefaError, match="one stream"):
            recording.events("input", stream="all")
        with pytest.raises(SpikefaError, match="from -3 to 2"):
            recording.events("input", stream=3)
    with h5py.File(path) as file:
        assert not len(file.get("spikes", ()))


def test_a_run_that_ends_before_its_first_row_is_undecided(tmp_path):
    sparse = Sparse()
    path = tmp_path / "run.h5"
    Recorder.create(path, probes(), WINDOWS, sparse.variables, PROVENANCE).close()
    with open_recording(path) as recording:
        assert recording.encoding("input") == "auto"
        assert recording.raster("input").shape == (0, 300)
        assert len(recording.events("input")[0]) == 0
        assert recording.spike_bytes("input") == (0, 0)
        describe(recording)


@pytest.mark.parametrize(
    ("population", "variable", "encoding", "answer"),
    [
        ("input", "spikes", "sparse", "auto, packed, events"),
        ("hidden1", "potential", "events", "cannot be stored as events"),
    ],
)
def test_a_wrong_encoding_is_refused(population, variable, encoding, answer):
    with pytest.raises(SpikefaError, match=answer):
        Probe(population, variable, encoding=encoding)
