"""Ready-made triggers on a real network: what fired is found again in a recording of everything."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.recording import (
    Always,
    ClassShown,
    EveryImage,
    ImageWindow,
    Probe,
    RateLeaves,
    Trigger,
    WrongGuess,
    open_recording,
)

N, STREAM = 5, 3
PROBES = [
    Probe("hidden1", "spikes", "all", stream=STREAM),
    Probe("output", "spikes", "all", stream=STREAM),
    Probe("hidden1", "potential", 3, stream=STREAM),
    Probe("output", "weights", 9, every=20),
]
LOW, HIGH = 0.36, 0.6


def simulation(folder, progress=False):
    net = sf.models.lillicrap2016.spiking_mnist(
        n_inputs=64, hidden=60, hidden_layers=2, outputs=20, feedback=sf.FA(scale=0.3)
    )
    return sf.Simulation(
        net,
        sf.datasets.digits(),
        steps_per_image=N,
        batch_size=12,
        seed=3,
        progress=progress,
        checkpoint=folder / "c.ckpt",
    )


def strong(variables):
    return variables["hidden1"]["potential"][STREAM].amax() > 1.5


TRIGGERS = [
    Trigger(ClassShown(7), before=8, after=9),
    Trigger(WrongGuess(), before=4, after=2, at_most=30),
    Trigger(WrongGuess(summed=True), label="summed", at_most=9, hold_off=3),
    Trigger(RateLeaves("hidden1", LOW, HIGH), before=3, after=1),
    Trigger(strong, after=4, edge=False, hold_off=50, label="strong"),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Everything of two epochs, and the weights at the end of a run without a recorder."""
    folder = tmp_path_factory.mktemp("whole")
    path = folder / "whole.h5"
    with simulation(folder) as recorded:
        recorded.record(path, PROBES, Always())
        recorded.train(2)
    bare = simulation(tmp_path_factory.mktemp("bare"))
    bare.train(2)
    with open_recording(path) as recording:
        held = {
            "label": recording.stimulus["label"].astype(int),
            "hidden1": recording.raster("hidden1"),
            "output": recording.raster("output"),
            "potential": recording.trace("hidden1", "potential"),
        }
        assert len(recording.steps) == bare.step
    weights = {name: t.clone() for name, t in bare.network.tensors().items()}
    return path, held, weights


def guesses(output, summed):
    """Return the guess of each presentation: neuron u of 20 is of class u // 2."""
    counts = output.reshape(-1, N, 10, 2).sum(axis=3)
    return (counts.sum(axis=1) if summed else counts[:, -1]).argmax(axis=1)


def chosen(candidates, hold_off=0, at_most=None):
    fired = []
    for step in candidates:
        if (not fired or step > fired[-1] + hold_off) and len(fired) != at_most:
            fired.append(int(step))
    return fired


@pytest.fixture(scope="module")
def truth(whole):
    """Return the firing steps of each ready-made trigger, from the whole recording."""
    _, held, _ = whole
    label = held["label"][::N]
    ends = np.arange(len(label)) * N + N - 1
    wrong, summed = (guesses(held["output"], s) != label for s in (False, True))
    outside = (held["hidden1"].mean(axis=1) < LOW) | (held["hidden1"].mean(axis=1) > HIGH)
    left = np.flatnonzero(outside & ~np.append(False, outside[:-1]))
    return {
        "class 7": chosen(np.flatnonzero(label == 7) * N),
        "wrong guess": chosen(ends[wrong], at_most=30),
        "summed": chosen(ends[summed], at_most=9, hold_off=3),
        "hidden1 rate": chosen(left),
    }


def wanted(fired, triggers=TRIGGERS):
    spans = {t.label or t.watched.name: (t.before, t.after) for t in triggers}
    return {
        s
        for label, steps in fired.items()
        for f in steps
        for s in range(max(0, f - spans[label][0]), f + spans[label][1] + 1)
    }


def check(path, whole, fired, more=(), more_rarely=()):
    """The file holds the rows around the firings, and they are those of the whole recording."""
    whole_path, held, _ = whole
    with open_recording(path) as recording, open_recording(whole_path) as everything:
        for label, steps in fired.items():
            assert len(steps) > 5, label
            np.testing.assert_array_equal(recording.firings(label), steps, err_msg=label)
        fired = fired | {"strong": recording.firings("strong").tolist()}
        steps = sorted({s for s in wanted(fired) | set(more) if s < len(held["label"])})
        assert len(steps) < 0.9 * len(held["label"])
        np.testing.assert_array_equal(recording.steps, steps)
        np.testing.assert_array_equal(recording.raster("hidden1"), held["hidden1"][steps])
        np.testing.assert_array_equal(recording.raster("output"), held["output"][steps])
        potential = recording.trace("hidden1", "potential")
        np.testing.assert_array_equal(potential, held["potential"][steps])
        np.testing.assert_array_equal(recording.stimulus["label"], held["label"][steps])
        assert set(recording.images) == set(recording.stimulus["image"].tolist())
        around = {s for s in wanted(fired) if s % 20 == 0 and s < len(held["label"])}
        at = np.array(sorted(around | set(more_rarely)))
        np.testing.assert_array_equal(recording.steps_of("output", "weights"), at)
        weights, there = everything.trace("output", "weights"), at % 20 == 0
        found = recording.trace("output", "weights")[there]
        np.testing.assert_array_equal(found, weights[at[there] // 20])


@pytest.mark.slow
def test_triggers_fire_where_the_whole_recording_says(tmp_path, whole, truth):
    _, _, weights = whole
    seen = []

    def watching(variables):
        seen.append(float(variables["hidden1"]["potential"][STREAM].amax()))
        return strong(variables)

    triggers = [
        *TRIGGERS[:-1],
        Trigger(watching, before=0, after=4, label="strong", hold_off=50, edge=False),
    ]
    with simulation(tmp_path) as sim:
        sim.record(tmp_path / "run.h5", PROBES, triggers)
        sim.train(2)
    check(tmp_path / "run.h5", whole, truth)
    own = chosen(np.flatnonzero(np.array(seen[1:]) > 1.5), hold_off=50)  # the first was a trial
    assert len(seen) == sim.step + 1
    with open_recording(tmp_path / "run.h5") as recording:
        assert len(own) > 5
        np.testing.assert_array_equal(recording.firings("strong"), own)
    for name, tensor in sim.network.tensors().items():
        assert torch.equal(tensor, weights[name]), name


@pytest.mark.slow
def test_a_run_with_more_epochs_goes_on_recording(tmp_path, whole, truth):
    """One epoch, closed; then another from the checkpoint, with what has no end of its own."""
    more = EveryImage(25, first=4), ImageWindow("middle", 130, 140)
    with simulation(tmp_path) as sim:
        sim.record(tmp_path / "run.h5", PROBES, [*TRIGGERS, *more])
        sim.train(1)
        first = sim.step
    with simulation(tmp_path) as sim:
        sim.restore(tmp_path / "c.ckpt")
        with pytest.raises(SpikefaError, match=r"'strong' has a predicate of its own.*predicates="):
            sim.resume_recording(tmp_path / "run.h5")
        sim.resume_recording(tmp_path / "run.h5", {"strong": strong})
        sim.train(1)
        assert sim.step == 2 * first
    every = range(4, 2 * first // N, 25)
    steps = {N * n + i for n in (*every, *range(130, 140)) for i in range(N)}
    rarely = {N * n for n in every} | {650, 670, 690}
    check(tmp_path / "run.h5", whole, truth, steps, rarely)
    with open_recording(tmp_path / "run.h5") as recording:
        assert recording.firings("class 7")[-1] > first
        assert recording.rows("image #229").stop - recording.rows("image #229").start == N
        middle = recording.rows("middle")
        assert middle.stop - middle.start == 50


def test_always_goes_on_with_more_epochs(tmp_path, whole):
    with simulation(tmp_path) as sim:
        sim.record(tmp_path / "run.h5", PROBES, Always())
        sim.train(1)
    with simulation(tmp_path) as sim:
        sim.restore(tmp_path / "c.ckpt")
        sim.resume_recording(tmp_path / "run.h5")
        sim.train(1)
    with open_recording(tmp_path / "run.h5") as recording:
        np.testing.assert_array_equal(recording.raster("hidden1"), whole[1]["hidden1"])


def test_another_stream_is_watched_if_asked(tmp_path, whole):
    """By default the recorded stream; with stream=... another, which the stimulus does not show."""
    with simulation(tmp_path) as sim:
        windows = [Trigger(ClassShown(2, stream=0)), Trigger(ClassShown(2), label="recorded")]
        sim.record(tmp_path / "run.h5", PROBES[:1], windows)
        shown = []
        for _ in range(100):
            for _ in sim.present():
                pass
            labels = sim.runner.variables()["input"]["label"]
            shown.append(labels[[0, STREAM], 0].tolist())
    label = np.array(shown)
    with open_recording(tmp_path / "run.h5") as recording:
        for column, name in enumerate(("class 2", "recorded")):
            steps = np.flatnonzero(label[:, column] == 2) * N
            assert len(steps) > 2
            np.testing.assert_array_equal(recording.firings(name), steps)
        here = np.isin(recording.steps, recording.firings("recorded"))
        assert (recording.stimulus["label"][here] == 2).all()


def test_probes_of_several_streams_leave_no_default(tmp_path):
    sim = simulation(tmp_path)
    probes = [PROBES[0], Probe("output", "spikes", "all")]
    with pytest.raises(SpikefaError, match="several streams: say which of them ClassShown"):
        sim.record(tmp_path / "run.h5", probes, Trigger(ClassShown(7)))
    assert not (tmp_path / "run.h5").exists()
    own = [PROBES[0], Probe("output", "spikes", "all", window=Trigger(ClassShown(7)))]
    sim.record(tmp_path / "run.h5", own, Trigger(ClassShown(7))).close()


def test_what_is_shown_and_said_can_be_probed(tmp_path):
    probes = [Probe("input", "label", stream=STREAM), Probe("output", "class_spikes", "all")]
    probes.append(Probe("output", "spikes", "all"))
    with simulation(tmp_path) as sim:
        sim.record(tmp_path / "run.h5", probes, ImageWindow("some", 2, 9))
        for _ in range(10):
            for _ in sim.present():
                pass
        shown = [sim.training.sampler.items_of(n, [STREAM])[0] for n in range(2, 9)]
        labels = sim.stimulus.labels(shown)
    with open_recording(tmp_path / "run.h5") as recording:
        np.testing.assert_array_equal(recording.trace("input", "label")[::N, 0], labels)
        counted = recording.raster("output").reshape(-1, 10, 2).sum(axis=2)
        np.testing.assert_array_equal(recording.trace("output", "class_spikes"), counted)
