"""Advice about recordings."""

import re
from functools import partial

import h5py
import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets.examples import Examples
from spikefa.errors import SpikefaError
from spikefa.recording import Always, Probe, RateLeaves, Recorder, Trigger, Window, open_recording
from tests.helpers.advice.cases import SPIKES, case, net, record, simulate
from tests.helpers.toy_network import BATCH, PROVENANCE, Toy


@case("give a list of them, [Probe(...)]")
def _(here):
    yield lambda: record(here / "a.h5", SPIKES)
    assert record(here / "a.h5", [SPIKES]).raster("hidden1").any()


@case("give one probe with all the units wanted")
def _(here):
    two = [Probe("hidden1", "spikes", [1, 2]), Probe("hidden1", "spikes", [7])]
    yield lambda: record(here / "a.h5", two)
    one = record(here / "a.h5", [Probe("hidden1", "spikes", [1, 2, 7])])
    assert one.units("hidden1").tolist() == [1, 2, 7]


@case("give letters (A-Z, a-z), digits, '_', '-' and '.'")
def _(here):
    state = Toy().variables["hidden1"]

    def start(name):
        probes = [Probe(name, "spikes", "all")]
        return Recorder.create(here / "a.h5", probes, Always(), {name: state}, PROVENANCE)

    yield partial(start, "a/b")
    start("a_b-1.c").close()


@case("overlap: make them disjoint")
def _(here):
    def start(*windows):
        return Recorder.create(here / "a.h5", [SPIKES], windows, Toy().variables, PROVENANCE)

    yield partial(start, Window("a", 0, 5), Window("b", 4, 8))
    start(Window("a", 0, 5), Window("b", 5, 8)).close()


@case("say which of them RateLeaves watches, with stream=...")
def _(here):
    probes = [SPIKES, Probe("hidden2", "spikes", "all", stream=1)]

    def start(**stream):
        trigger = Trigger(RateLeaves("hidden1", 0, 0.1, **stream))
        return Recorder.create(here / "a.h5", probes, trigger, Toy().variables, PROVENANCE)

    yield start
    start(stream=1).close()


@case("remove operations in place")
def _(here):
    def start(predicate):
        trigger = Trigger(predicate, label="own")
        return Recorder.create(here / "a.h5", [SPIKES], trigger, Toy().variables, PROVENANCE)

    yield partial(start, lambda v: v["hidden1"]["spikes"].add_(1).any())
    start(lambda v: (v["hidden1"]["spikes"] + 1).any()).close()


@case("such as (x > 0).any()")
def _(here):
    def start(predicate):
        trigger = Trigger(predicate, label="own")
        return Recorder.create(here / "a.h5", [SPIKES], trigger, Toy().variables, PROVENANCE)

    yield partial(start, lambda v: v["hidden1"]["spikes"] > 0)
    start(lambda v: (v["hidden1"]["spikes"] > 0).any()).close()


@case("so give a window that ends later, or record earlier")
def _(here):
    sim = simulate()
    sim.train(1)
    yield lambda: sim.record(here / "a.h5", [SPIKES], Window("w", 0, 20))
    with sim:
        sim.record(here / "a.h5", [SPIKES], Window("w", 0, 30))
        sim.train(1)
    assert open_recording(here / "a.h5").steps.tolist() == list(range(20, 30))


@case("never overwritten: move it, give another name, or record with overwrite=True")
def _(here):
    record(here / "a.h5", [SPIKES], steps=7).close()
    yield lambda: record(here / "a.h5", [SPIKES])
    (here / "a.h5").rename(here / "b.h5")
    record(here / "a.h5", [SPIKES]).close()
    assert len(open_recording(here / "b.h5").steps) == 7
    record(here / "b.h5", [SPIKES], steps=8, overwrite=True).close()
    assert len(open_recording(here / "b.h5").steps) == 8


@case("exists already: move it or give another name")
def _(here):
    recording = record(here / "a.h5", [SPIKES])
    recording.to_sonata(here / "s.h5")
    yield lambda: recording.to_sonata(here / "s.h5")
    (here / "s.h5").rename(here / "t.h5")
    recording.to_sonata(here / "s.h5")
    assert h5py.is_hdf5(here / "t.h5")


@case("to record into: make it")
def _(here):
    yield lambda: record(here / "new" / "a.h5", [SPIKES])
    (here / "new").mkdir()
    record(here / "new" / "a.h5", [SPIKES])


@case("not even two steps of this recording fit into it: give")
def _(here):
    probes = [SPIKES, Probe("hidden2", "potential", "all", every=3)]

    def start(size):
        return record(here / "a.h5", probes, max_host_bytes=size)

    yield partial(start, 10)
    with pytest.raises(SpikefaError) as refused:
        start(10)
    start(int(re.search(r"give (\d+) or more", str(refused.value))[1]))


@case("probe the variable 'activity' of rate neurons")
def _(here):
    network = sf.models.rate_network((12, 5, 4), sf.FA(0.3, tau=1.0), 0.1)
    examples = Examples(torch.rand(6, 12), torch.rand(6, 4))

    def run(variable, path):
        sim = simulate(sf.ExampleStimulus(examples), network)
        with sim:
            recorder = sim.record(path, [Probe("hidden1", variable, "all")], Always())
            sim.train(1)
        if recorder.failure:
            raise SpikefaError(recorder.failure)
        return sim.runner.state.populations[0].spikes[0]

    with pytest.warns(UserWarning, match="'activity'") as warned, pytest.raises(SpikefaError):
        run("spikes", here / "a.h5")
    said = next(str(each.message) for each in warned if "'activity'" in str(each.message))
    yield partial(fail, said)
    last = run("activity", here / "b.h5")
    found = open_recording(here / "b.h5").trace("hidden1", "activity")[-1]
    np.testing.assert_allclose(found, last, rtol=1e-6)


def fail(said):
    raise SpikefaError(said)


@case("spikes are a raster: use raster()")
def _(here):
    recording = record(here / "a.h5", [SPIKES])
    yield lambda: recording.trace("hidden1", "spikes")
    assert recording.raster("hidden1").shape == (30, 13)


@case("events are of one stream, not of 'all': give its number")
def _(here):
    recording = record(here / "a.h5", [Probe("hidden1", "spikes", "all", stream="all")])
    yield lambda: recording.events("hidden1", stream="all")
    each = [len(recording.events("hidden1", stream=n)[0]) for n in range(BATCH)]
    assert sum(each) == recording.raster("hidden1", stream="all").sum()


@case("give a slice of all of them, and take every k-th row")
def _(here):
    recording = record(here / "a.h5", [SPIKES])
    yield lambda: recording.raster("hidden1", steps=slice(0, 20, 2))
    assert recording.raster("hidden1", steps=slice(0, 20))[::2].shape == (10, 13)


@case("has no replicas: leave out the replica")
def _(here):
    recording = record(here / "a.h5", [Probe("hidden1", "spikes", "all", stream="all")])
    yield lambda: recording.streams_of(0, "hidden1")
    assert recording.raster("hidden1", stream="all").shape == (30, BATCH, 13)


@case("give the probe stream='all'")
def _(here):
    def run(path, **stream):
        sim = simulate(network=net(replicas=2))
        with sim:
            sim.record(path, [Probe("hidden1", "spikes", "all", **stream)], Always())
            sim.train(1)
        return open_recording(path)

    alone = run(here / "a.h5", stream=1)
    yield lambda: alone.streams_of(1, "hidden1")
    whole = run(here / "b.h5", stream="all")
    assert whole.streams_of(1, "hidden1") == slice(3, 6)


@case("'error_potential': record another variable or population")
def _(here):
    sim = simulate(network=net(sf.feedback.Shallow()))
    yield lambda: sim.record(here / "a.h5", [Probe("hidden1", "error_potential")], Always())
    for population, variable in (("hidden1", "potential"), ("output", "error_potential")):
        probes = [Probe(population, variable, "all")]
        sim.record(here / f"{population}.h5", probes, Always()).close()
