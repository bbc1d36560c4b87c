"""Advice about measures, figures and runs."""

import numpy as np
from matplotlib.figure import Figure

from spikefa import analysis
from spikefa.analysis.delta_angles import delta_angles
from spikefa.analysis.receptive_fields import receptive_fields
from spikefa.analysis.saving import save_figure
from spikefa.recording import Probe
from spikefa.runs.directory import RunDirectory
from tests.helpers.advice.cases import SPIKES, case, images, net, record, simulate


@case("so record all units")
def _(here):
    few = record(here / "a.h5", [Probe("output", "spikes", 7)], n_classes=10)
    yield lambda: analysis.confusion(few, steps_per_image=5)
    whole = record(here / "b.h5", [Probe("output", "spikes", "all")], n_classes=10)
    assert analysis.confusion(whole, steps_per_image=5).counts.sum() == 6


@case("record it at every step around them")
def _(here):
    sparse = record(here / "a.h5", [Probe("hidden1", "spikes", "all", every=3)])
    yield lambda: analysis.psth(sparse, "hidden1", after=4)
    whole = record(here / "b.h5", [SPIKES])
    assert analysis.psth(whole, "hidden1", after=4).trials.tolist() == [6]


@case("which leaves out spikes: record it at every step")
def _(here):
    sparse = record(here / "a.h5", [Probe("hidden1", "spikes", "all", every=3)])
    yield lambda: analysis.intervals(sparse, "hidden1")
    assert len(analysis.intervals(record(here / "b.h5", [SPIKES]), "hidden1")) > 0


@case("record more presentations, or lower `folds`")
def _(here):
    few = record(here / "a.h5", [SPIKES], steps=100)
    yield lambda: analysis.decode(few, "hidden1", folds=4)
    assert len(analysis.decode(few, "hidden1", folds=2).accuracy) == 2
    more = record(here / "b.h5", [SPIKES], steps=200)
    assert len(analysis.decode(more, "hidden1", folds=4).accuracy) == 4


@case("keeps no images: give them as `images`")
def _(here):
    recording = record(here / "a.h5", [SPIKES])
    yield lambda: analysis.triggered_images(recording, "hidden1")
    pictures = np.arange(40.0)[:, None, None]
    found = analysis.triggered_images(recording, "hidden1", images=pictures)
    assert found.average.shape == (13, 1, 1)


@case("holds no spikes: add a probe of spikes")
def _(here):
    traces = record(here / "a.h5", [Probe("hidden1", "potential", "all")])
    yield lambda: analysis.raster_figure(traces)
    analysis.raster_figure(record(here / "b.h5", [Probe("hidden1", "potential", "all"), SPIKES]))


@case("holds no recorded step yet: let the run go on")
def _(here):
    yield lambda: analysis.raster_figure(record(here / "a.h5", [SPIKES], steps=0))
    analysis.raster_figure(record(here / "b.h5", [SPIKES], steps=1))


@case("give a number, such as 50, a list, such as 3,14,15, or all")
def _(here):
    recording = record(here / "a.h5", [SPIKES])
    yield lambda: analysis.raster_figure(recording, units="3-5")
    for units in ("50", "3,4,5", "all"):
        analysis.raster_figure(recording, units=units)


@case("do not make a square image: give shape")
def _(here):
    simulate().save(here / "c.pt")
    yield lambda: receptive_fields(here / "c.pt")
    receptive_fields(here / "c.pt", shape=(3, 4))


@case("give a replica, such as network.replica(0)")
def _(here):
    network = net(replicas=2)
    network.initialise(0)
    yield lambda: delta_angles(network, images(4))
    assert 0 < delta_angles(network.replica(0), images(4))["hidden1"] < 180


@case("end the name in .")
def _(here):
    yield lambda: save_figure(Figure(), here / "a.bmp")
    save_figure(Figure(), here / "a.png")
    assert (here / "a.png").stat().st_size > 0


@case("there are no metrics to draw: let one epoch finish first")
def _(here):
    yield lambda: analysis.learning_curve([])
    analysis.learning_curve(simulate().train(1))


@case("or give another folder with --out")
def _(here):
    RunDirectory.create(here / "run").write_config("x", {})
    yield RunDirectory.create(here / "run").claim
    RunDirectory.create(here / "other").claim()
