"""A recording of replicas holds what recordings of single runs hold, and says which is which."""

import numpy as np
import pytest

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.recording import Always, Probe, Window, open_recording
from tests.helpers.replicated import SEEDS, simulation, together

PROBES = [
    Probe("input", "spikes", "all", stream="all"),
    Probe("hidden1", "spikes", "all", stream="all"),
    Probe("hidden1", "potential", [0, 4, 7], stream="all"),
    Probe("hidden2", "spikes", "all", stream="all", encoding="events"),
    Probe("hidden2", "alignment", stream="all"),
    Probe("hidden2", "middle", [1, 30], stream="all"),
    Probe("output", "weights", [0, 99, 3], stream="all"),
    Probe("output", "class_spikes_summed", "all", stream="all"),
]
BATCH = 4


def record(sim, path, probes=PROBES, windows=None, epochs=1):
    with sim:
        sim.record(path, probes, windows or Always())
        for _ in range(sim.presentations(epochs)):
            for _ in sim.present():
                pass
    return path


def read(recording, probe, stream):
    if probe.variable == "spikes":
        return recording.raster(probe.population, stream=stream)
    return recording.trace(probe.population, probe.variable, stream=stream)


def test_every_replica_reads_as_a_single_recording(tmp_path):
    path = record(together(circuit=sf.PFA, batch_size=BATCH), tmp_path / "all.h5")
    with open_recording(path) as recording:
        assert (recording.replicas, recording.seeds) == (3, SEEDS)
        for number, seed in enumerate(SEEDS):
            one = record(
                simulation(seed, circuit=sf.PFA, batch_size=BATCH), tmp_path / f"{seed}.h5"
            )
            with open_recording(one) as alone:
                assert (alone.replicas, alone.seeds) == (None, [seed])
                for probe in PROBES:
                    name = (probe.population, probe.variable)
                    streams = recording.streams_of(number, *name)
                    own, there = read(alone, probe, "all"), read(recording, probe, streams)
                    assert own.shape == there.shape, name
                    np.testing.assert_allclose(there, own, rtol=1e-6, err_msg=str(name))


def test_what_the_streams_of_a_replica_share_comes_once_for_each(tmp_path):
    sim = together(batch_size=BATCH)
    probes = [Probe("output", "weights", [0, 7], stream="all")]
    path = record(sim, tmp_path / "weights.h5", probes)
    weights = sim.network.synapses["output"].weight.flatten(1)[:, [0, 7]]
    with open_recording(path) as recording:
        last = recording.trace("output", "weights", stream="all")[-1]
        np.testing.assert_allclose(last, weights.numpy(), rtol=1e-6)


def test_recording_changes_nothing(tmp_path):
    plain, recorded = together(circuit=sf.PFA), together(circuit=sf.PFA)
    record(recorded, tmp_path / "all.h5")
    for _ in range(plain.presentations(1)):
        for _ in plain.present():
            pass
    for name, tensor in plain.tensors().items():
        assert tensor.equal(recorded.tensors()[name]), name


def test_a_resumed_recording_is_whole(tmp_path):
    probes = [Probe("hidden1", "spikes", "all", stream="all")]
    whole = record(together(), tmp_path / "whole.h5", probes, epochs=2)
    first, second = together(), together()
    with first:
        first.record(tmp_path / "parts.h5", probes, Always())
        first.train(1)
        first.save(tmp_path / "stopped.pt")
    second.restore(tmp_path / "stopped.pt")
    with second:
        second.resume_recording(tmp_path / "parts.h5")
        second.train(1)
    with open_recording(whole) as one, open_recording(tmp_path / "parts.h5") as parts:
        expected = one.raster("hidden1", stream="all")
        assert np.array_equal(parts.raster("hidden1", stream="all"), expected)


def test_a_stream_of_a_replica_alone(tmp_path):
    """Stream 5 of batches of 4 is the second of replica 1; what is shown is what it sees."""
    sim = together(batch_size=BATCH)
    probes = [Probe("hidden1", "spikes", "all", stream=5)]
    path = record(sim, tmp_path / "one.h5", probes, Window("first", 0, 3))
    one = simulation(SEEDS[1], batch_size=BATCH)
    probes = [Probe("hidden1", "spikes", "all", stream=1)]
    other = record(one, tmp_path / "other.h5", probes, Window("first", 0, 3))
    with open_recording(path) as recording, open_recording(other) as alone:
        assert np.array_equal(recording.raster("hidden1"), alone.raster("hidden1"))
        assert np.array_equal(recording.stimulus, alone.stimulus)
        with pytest.raises(SpikefaError, match="recorded of stream 5 alone: give the probe"):
            recording.streams_of(1, "hidden1")
        with pytest.raises(SpikefaError, match=r"the replica is 3: .* from -3 to 2"):
            recording.streams_of(3, "hidden1")
        with pytest.raises(SpikefaError, match="has no replicas: leave out the replica"):
            alone.streams_of(0, "hidden1")
