"""Probes with steps, windows and streams of their own, and what a real network declares."""

import h5py
import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.analysis.alignment import weight_alignment
from spikefa.errors import SpikefaError
from spikefa.plasticity import Outer
from spikefa.recording import Probe, Recorder, Window, open_recording
from tests.helpers.toy_network import IMAGES, MIXED_PROBES, OWN, WINDOWS, shown, truth


@pytest.fixture
def path(tmp_path, start, toy):
    with start(probes=MIXED_PROBES, thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(130))
    return tmp_path / "run.h5"


def steps_of(windows, every):
    return [s for w in windows for s in range(w.start, min(w.stop, 130), every)]


def expected(population, variable, steps, units, stream=0):
    return np.stack([truth(step)[population][variable][stream][..., units] for step in steps])


def test_every_so_many_steps(path):
    steps = steps_of(WINDOWS, 4)
    with open_recording(path) as recording:
        np.testing.assert_array_equal(recording.steps_of("hidden1", "potential"), steps)
        units = recording.units("hidden1", "potential")
        np.testing.assert_array_equal(
            recording.trace("hidden1", "potential"), expected("hidden1", "potential", steps, units)
        )
        spikes = expected("hidden2", "spikes", steps, np.arange(24)).astype(bool)
        np.testing.assert_array_equal(recording.raster("hidden2"), spikes)
        late = recording.raster("hidden2", [2, 1], "late")
        np.testing.assert_array_equal(late, spikes[-5:][:, [2, 1]])
        np.testing.assert_array_equal(recording.steps, steps_of(WINDOWS, 1))
    with h5py.File(path) as file:
        time = file["report/hidden1/mapping/time"][:]
        np.testing.assert_array_equal(time, [0, 4 * len(steps), 4])
        np.testing.assert_array_equal(file["spikefa/raster/hidden2/step"][:], steps)


def test_windows_of_its_own(path):
    with open_recording(path) as recording:
        for variable, steps, units in (
            ("gain", range(30, 61), [5, 7]),
            ("modulator", steps_of(OWN, 7), [1]),
        ):
            np.testing.assert_array_equal(recording.steps_of("hidden2", variable), steps)
            values = expected("hidden2", variable, steps, units)
            np.testing.assert_array_equal(recording.trace("hidden2", variable), values)
        end = recording.trace("hidden2", "modulator", 1, steps="end")
        np.testing.assert_array_equal(
            end, expected("hidden2", "modulator", range(103, 130, 7), [1])[:, 0]
        )
        rows = [(step, *shown(step)) for step in steps_of(OWN, 7)]
        assert recording.stimulus_of("hidden2", "modulator").tolist() == rows
        late = recording.trace("hidden2", "modulator", 1, steps="late")  # of the recording
        np.testing.assert_array_equal(late, end[:3])
        with pytest.raises(SpikefaError, match="early, middle, late, own, start, end"):
            recording.trace("hidden2", "modulator", steps="later")


def test_all_streams(path):
    steps = steps_of(WINDOWS, 1)
    every = expected("output", "spikes", steps, np.arange(20), slice(None)).astype(bool)
    with open_recording(path) as recording:
        np.testing.assert_array_equal(recording.raster("output", stream="all"), every)
        np.testing.assert_array_equal(recording.raster("output"), every[:, 0])
        np.testing.assert_array_equal(recording.raster("output", stream=2), every[:, 2])
        np.testing.assert_array_equal(
            recording.raster("output", [3, 1], "middle", "all"), every[20:35][..., [3, 1]]
        )
        units = recording.units("output", "potential")
        values = expected("output", "potential", steps_of(WINDOWS, 4), units, slice(None))
        np.testing.assert_array_equal(recording.trace("output", "potential", stream="all"), values)
        one = recording.trace("output", "potential", int(units[1]), stream=1)
        np.testing.assert_array_equal(one, values[:, 1, 1])
        with pytest.raises(SpikefaError, match="the stream is 3: give a whole number from -3 to 2"):
            recording.raster("output", stream=3)
        with pytest.raises(SpikefaError, match="of stream 2, not of 1"):
            recording.raster("hidden1", stream=1)
    with h5py.File(path) as file:
        assert "output" not in file["report"]


@pytest.mark.slow
@pytest.mark.parametrize("step", [0, 6, 31, 57, 106, 117])
def test_resumed_is_uninterrupted(tmp_path, path, start, toy, step):
    parts = tmp_path / "parts.h5"
    with start(parts, probes=MIXED_PROBES, thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(118))
    with Recorder.resume(parts, toy.variables, step, thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(step, 130))
    with open_recording(path) as a, open_recording(parts) as b:
        for channel in a.layout.channels:
            name = channel.population, channel.variable
            assert channel.clock == b.channel(*name).clock
            np.testing.assert_array_equal(a.steps_of(*name), b.steps_of(*name))
            every = slice(None)
            np.testing.assert_array_equal(a.stored(*name, every), b.stored(*name, every))
        assert a.images.keys() == b.images.keys()


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({"every": 0}, "is 0: give a whole number"),
        ({"every": 2.5}, "is 2.5: give a whole number"),
        ({"window": ()}, "at least one window"),
        ({"stream": "both"}, "streams 0 to 2, or 'all'"),
    ],
)
def test_wrong_options_are_refused(tmp_path, start, options, answer):
    with pytest.raises(SpikefaError, match=answer):
        start(probes=[Probe("input", "spikes", "all", **options)])
    assert not (tmp_path / "run.h5").exists()


class Traced(sf.PlasticityRule):
    """Remembers one number of each kind."""

    traces = {"heard": "pre", "said": "post", "eligible": "synapse", "gain": "post"}  # noqa: RUF012

    def update(self, pre, post, modulator, state):
        state.traces["heard"].mul_(0.5).add_(pre)
        state.traces["said"].mul_(0.5).add_(post.spikes)
        state.traces["eligible"].mul_(0.5).add_(pre.T @ post.spikes)
        state.traces["gain"].copy_(post.gain + 1)
        return Outer(pre, -state.learning_rate * modulator * post.gain)


@pytest.fixture
def simulation():
    net = sf.models.lillicrap2016.spiking_mnist(
        n_inputs=64, hidden=30, hidden_layers=2, outputs=20, rule=Traced(1e-2)
    )
    return sf.Simulation(net, sf.datasets.digits(), batch_size=4, seed=3, progress=False)


def test_what_a_network_declares_is_recorded(tmp_path, simulation):
    probes = [
        Probe("input", "spikes", "all"),
        Probe("input", "heard", 5),
        Probe("hidden1", "error_potential", 4),
        Probe("hidden1", "said", "all", stream=3),
        Probe("hidden2", "heard", 5),
        Probe("hidden2", "rule_gain", 5),
        Probe("hidden2", "eligible", (0, 31, 899)),
        Probe("hidden2", "weights", "all", every=10),
        Probe("output", "weights", 7, every=10),
        Probe("hidden2", "alignment", every=10),
        Probe("output", "alignment"),
    ]
    seen = {probe: [] for probe in probes}
    with simulation:
        simulation.record(tmp_path / "r.h5", probes, [Window("all", 0, 50)])
        while simulation.step < 50:
            for step in simulation.present():
                look(simulation, seen, step)
    with open_recording(tmp_path / "r.h5") as recording:
        for probe, values in seen.items():
            name = probe.population, probe.variable
            held = recording.raster("input") if name[1] == "spikes" else recording.trace(*name)
            units = recording.units(*name)
            wanted = np.stack(values)[:, units]
            np.testing.assert_allclose(held, wanted.astype(held.dtype), rtol=1e-6)
        assert recording.trace("hidden2", "weights").shape == (5, 900)
        assert np.ptp(recording.trace("hidden2", "weights"), axis=0).max() > 0
        angles = recording.trace("output", "alignment")
        assert angles.shape == (50, 1)
        assert 60 < angles.min() < angles.max() < 120
        assert "hidden1" in recording.populations
        assert recording.raster("input").any()


def look(simulation, seen, step):
    """Note the values of the probes without help from what declares them."""
    net, state = simulation.network, simulation.runner.state
    hidden2, output = net.synapses["hidden2"].weight, net.synapses["output"].weight
    angles = weight_alignment([hidden2, output], net.feedback.matrices)
    traces = [plasticity.traces for plasticity in state.plasticity]
    for probe, values in seen.items():
        if step % probe.every:
            continue
        now = {
            ("input", "spikes"): simulation.runner.inputs,
            ("input", "heard"): traces[0]["heard"],
            ("hidden1", "error_potential"): state.feedback.errors[0].potential,
            ("hidden1", "said"): traces[0]["said"],
            ("hidden2", "heard"): traces[2]["heard"],
            ("hidden2", "rule_gain"): traces[1]["gain"],
            ("hidden2", "eligible"): traces[1]["eligible"].reshape(1, -1),
            ("hidden2", "weights"): hidden2.reshape(1, -1),
            ("output", "weights"): output.reshape(1, -1),
            ("hidden2", "alignment"): np.array([[angles[0]]]),
            ("output", "alignment"): np.array([[angles[1]]]),
        }[probe.population, probe.variable]
        values.append(torch.as_tensor(now[probe.stream]).clone().numpy())


def test_a_wrong_name_is_answered_with_all_there_is(tmp_path, simulation):
    with pytest.raises(SpikefaError) as caught:
        simulation.record(tmp_path / "r.h5", [Probe("hidden2", "v")], [Window("all", 0, 50)])
    for name in ("potential", "weights", "alignment", "error_potential", "said", "eligible"):
        assert name in str(caught.value)
