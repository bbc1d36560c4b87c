"""Peri-stimulus time histograms, against loops over trials, elephant and pynapple."""

import numpy as np
import pytest

import spikefa as sf
from spikefa import analysis
from spikefa.errors import SpikefaError
from spikefa.recording import Always, ClassShown, Probe, Trigger, Window
from tests.helpers.recorded_run import N
from tests.helpers.trial_truth import by_group, trials


def expected(spikes, groups, width):
    """Means and errors of each bin, trial by trial."""
    means, errors = [], []
    for trials_of_group in groups.values():
        rates = np.array([spikes[rows] for rows in trials_of_group]).astype(float)
        bins = rates.reshape(len(rates), -1, width, spikes.shape[1]).mean(axis=2)
        means.append(bins.mean(axis=0))
        n = len(bins)
        errors.append(bins.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else bins[0] * np.nan)
    return np.array(means), np.array(errors)


@pytest.mark.parametrize(
    ("by", "before", "after", "width", "units"),
    [
        (None, None, None, 1, None),
        ("class", 0, 4, 5, [9, 0, 3]),
        ("class", 3, 11, 3, None),
        ("image", 0, 4, 1, [8]),
    ],
)
def test_rates_around_images(run, by, before, after, width, units):
    recording, truth = run
    found = analysis.psth(
        recording, "hidden1", units, by=by, before=before, after=after, width=width
    )
    before, after = before or 0, 4 if after is None else after
    groups = by_group(trials(truth, before, after), by)
    spikes = truth.hidden if units is None else truth.hidden[:, units]
    mean, error = expected(spikes, groups, width)
    assert found.group.tolist() == list(groups)
    assert found.trials.tolist() == [len(each) for each in groups.values()]
    assert found.step.tolist() == list(range(-before, after + 1, width))
    np.testing.assert_allclose(found.mean, mean, atol=1e-14)
    np.testing.assert_allclose(found.error, error, atol=1e-12)
    mean, error = expected(spikes.mean(axis=1, keepdims=True), groups, width)
    np.testing.assert_allclose(found.population_mean, mean[..., 0], atol=1e-14)
    np.testing.assert_allclose(found.population_error, error[..., 0], atol=1e-12)


def test_trials_lie_within_the_steps(run):
    recording, truth = run
    found = analysis.psth(recording, "output", steps=slice(212, 300), before=2)
    groups = by_group(trials(truth, 2, 4, span=range(212, 300)), None)
    assert found.trials.tolist() == [len(groups[-1])] == [17]
    np.testing.assert_allclose(found.mean, expected(truth.output, groups, 1)[0])


def test_a_unit_that_always_does_the_same_has_no_error(recording):
    found = analysis.psth(recording, "hidden1", [8, 3], by="class")
    np.testing.assert_array_equal(found.mean, np.broadcast_to([1.0, 0.0], found.mean.shape))
    np.testing.assert_array_equal(found.error, 0)


@pytest.fixture(scope="module")
def triggered(tmp_path_factory):
    """A recording of some steps around 3s, and a complete one of the same run."""
    folder = tmp_path_factory.mktemp("psth")
    net = sf.models.lillicrap2016.spiking_mnist(n_inputs=64, hidden=20, outputs=20)
    trigger = Trigger(ClassShown(3), before=2, after=6, label="three")
    for name, windows in (("some", [trigger]), ("all", [Always(), trigger])):
        sim = sf.Simulation(
            net, sf.datasets.digits().subset(200, 50), batch_size=5, seed=4, progress=False
        )
        with sim:
            sim.record(folder / f"{name}.h5", [Probe("hidden1", "spikes", "all")], windows)
            sim.train(1)
    with sf.open(folder / "some.h5") as some, sf.open(folder / "all.h5") as whole:
        yield some, whole


@pytest.mark.parametrize("which", [0, 1])
def test_rates_around_a_trigger(triggered, which):
    recording = triggered[which]
    held, spikes = recording.steps_of("hidden1").tolist(), recording.raster("hidden1")
    fired = [s for s in recording.firings("three").tolist() if {s - 2, s + 6} <= set(held)]
    found = analysis.psth(recording, "hidden1", align="three")
    assert found.step.tolist() == list(range(-2, 7))
    assert found.trials.tolist() == [len(fired)]
    rows = [[held.index(step + lag) for lag in range(-2, 7)] for step in fired]
    np.testing.assert_allclose(found.mean[0], np.mean([spikes[each] for each in rows], axis=0))
    assert analysis.psth(recording, "hidden1", align="three", by="class").group.tolist() == [3]


def test_a_trigger_of_another_stream_is_refused(tmp_path):
    net = sf.models.lillicrap2016.spiking_mnist(n_inputs=64, hidden=5, outputs=10)
    sim = sf.Simulation(net, sf.datasets.digits().subset(20, 20), batch_size=5, progress=False)
    probes = [Probe(name, "spikes", "all", stream=n) for n, name in enumerate(("input", "hidden1"))]
    triggers = [Trigger(ClassShown(0, stream=1), before=1), Always()]
    triggers += [Trigger(lambda v: v["input"]["label"][0, 0] == 0, label="own")]
    with sim:
        sim.record(tmp_path / "a.h5", probes, triggers)
        sim.train(1)
    with sf.open(tmp_path / "a.h5") as recording:
        analysis.psth(recording, "hidden1", align="class 0", before=0)
        with pytest.raises(SpikefaError, match=r"'class 0' watches stream 1, .*of stream 0"):
            analysis.psth(recording, "input", align="class 0")
        analysis.psth(recording, "input", align="own")  # of a function it cannot be known


def test_elephant_and_pynapple_find_the_same(recording):
    statistics = pytest.importorskip("elephant.statistics", reason="elephant is not installed")
    nap = pytest.importorskip("pynapple", reason="pynapple is not installed")
    from neo import SpikeTrain
    from quantities import ms

    ours = analysis.psth(recording, "hidden1", steps="late")
    start = np.arange(400, 560, N)
    trains = recording.to_pynapple("late")["hidden1"]
    for unit in (0, 5, 12):
        spikes = trains[unit].t * 1000
        cut = [spikes[(spikes >= s) & (spikes < s + N)] - s for s in start]
        neo = [SpikeTrain(each, units="ms", t_stop=N) for each in cut]
        theirs = statistics.time_histogram(neo, 1 * ms, output="mean").magnitude[:, 0]
        np.testing.assert_allclose(ours.mean[0, :, unit], theirs, atol=1e-12)
        around = nap.compute_perievent(trains[unit], nap.Ts(t=start / 1000), (0, 4.5e-3))
        steps = [np.rint(each.t * 1000).astype(int) for each in around.values()]
        counts = [np.bincount(each, minlength=N) for each in steps]
        np.testing.assert_allclose(ours.mean[0, :, unit], np.mean(counts, axis=0), atol=1e-12)


def test_what_there_is_not_is_said(recording):
    def refused(match, **given):
        with pytest.raises(SpikefaError, match=match):
            analysis.psth(recording, "hidden1", **given)

    refused("width is 2: 0 steps before the event, or the 5", width=2)
    refused("no trigger 'seven': it has none", align="seven")
    refused("by must be one of class, image or None, 'unit' given", by="unit")
    refused(r"'clas' given \(did you mean 'class'\?\)", by="clas")
    refused("from 200 steps before to 4 steps after an image there", before=200)
    refused("before is -1", before=-1)
    refused("from 0 steps before to 4 steps after an image there", steps=slice(0, 3))


def test_responses_that_do_not_fit_are_refused(recording, monkeypatch):
    monkeypatch.setattr("spikefa.utils.memory.free_bytes", lambda device: 1000)
    with pytest.raises(SpikefaError, match=r"the responses of 'hidden1' would take .* fewer units"):
        analysis.psth(recording, "hidden1")


def test_a_recording_of_every_third_step_has_no_trials(tmp_path):
    net = sf.models.lillicrap2016.spiking_mnist(n_inputs=64, hidden=5, outputs=10)
    sim = sf.Simulation(net, sf.datasets.digits().subset(20, 20), batch_size=5, progress=False)
    with sim:
        probes = [Probe("hidden1", "spikes", "all", every=3)]
        sim.record(tmp_path / "a.h5", probes, [Window("all", 0, 20)])
        sim.train(1)
    with sf.open(tmp_path / "a.h5") as recording:
        with pytest.raises(SpikefaError, match=r"read every 3 steps of all .*; record it at every"):
            analysis.psth(recording, "hidden1", after=4)
        with pytest.raises(SpikefaError, match="leaves out spikes"):
            analysis.intervals(recording, "hidden1")
