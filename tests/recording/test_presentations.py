"""What was shown to each recorded stream, against what the stimulus really showed."""

import numpy as np
import pytest

from spikefa import analysis
from spikefa.errors import SpikefaError
from spikefa.recording import (
    Always,
    ClassShown,
    EveryImage,
    Probe,
    Trigger,
    Window,
    WrongGuess,
    open_recording,
    repair,
)
from tests.helpers.shown_runs import BATCH, LABELS, PIXELS, N, Truth, check, simulation

CUT = [Window("cut", 4, 17), Window("late", 40, 61)]
"""They begin and end within presentations of three steps."""

PROBES = [
    Probe("input", "spikes", "all", stream="all"),
    Probe("input", "label", stream=3),
    Probe("hidden1", "spikes", "all", stream=2, encoding="events"),
    Probe("hidden1", "potential", 1, stream=1, every=4),
    Probe("hidden1", "modulator", [2], stream=3, window=Window("own", 7, 20)),
    Probe("output", "spikes", "all", stream=3),
    Probe("output", "weights", [0, 3], every=5),
]


def run(path, probes=PROBES, windows=CUT, presentations=25, each=True, **other):
    """Record a run; return what was shown."""
    sim = simulation(**other)
    with sim:
        sim.record(path, probes, windows)
        return Truth().follow(sim, presentations, each)


@pytest.mark.parametrize("each", [True, False])
def test_every_variable_has_what_its_stream_saw(tmp_path, each):
    truth = run(tmp_path / "run.h5", each=each)
    with open_recording(tmp_path / "run.h5") as recording:
        assert recording.streams == tuple(range(BATCH))
        assert recording.steps_per_image == N
        assert check(recording, truth, range(BATCH)) > 100
        first = recording.presentations(steps="late", stream=3)
        assert (first.start[0], first.edges[1] - first.edges[0]) == (39, 2)  # begun before


def test_only_streams_that_are_read_are_recorded(tmp_path):
    truth = run(tmp_path / "run.h5", [each for each in PROBES if each.stream in (2, 3)])
    with open_recording(tmp_path / "run.h5") as recording:
        assert recording.streams == (2, 3)
        check(recording, truth, ())
        with pytest.raises(SpikefaError, match="holds what stream 2, 3 saw, not stream 1"):
            recording.presentations(stream=1)
        with pytest.raises(
            SpikefaError, match="'spikes' of 'output' was recorded of stream 3, not"
        ):
            recording.presentations("output", stream=2)
        seen = {image for step in recording.steps for image in truth.rows[step][1][2:]}
        assert set(recording.images) == seen
        for number, image in recording.images.items():
            np.testing.assert_array_equal(image, PIXELS[number])


def test_streams_of_replicas(tmp_path):
    probes = [
        Probe("hidden1", "spikes", "all", stream="all"),
        Probe("output", "spikes", "all", stream=BATCH + 2),
        Probe("output", "weights", [0, 3], stream=1),
    ]
    truth = run(tmp_path / "run.h5", probes, seed=[3, 8], replicas=2)
    with open_recording(tmp_path / "run.h5") as recording:
        for stream in range(2 * BATCH):
            seen = recording.stimulus_of("hidden1", stream=stream).tolist()
            assert seen == truth.of(stream, recording.steps.tolist())
        seen = recording.stimulus_of("output").tolist()
        assert seen == truth.of(BATCH + 2, recording.steps.tolist())
        # The weights of replica 1 are those of its streams, not of the others.
        assert recording.stream_of(("output", "weights"), ("output", "spikes")) == BATCH + 2
        with pytest.raises(SpikefaError, match="only what is of one stream can be paired"):
            recording.stream_of(("output", "weights"), ("hidden1", "spikes"))


def test_a_recorded_label_is_that_of_the_table(tmp_path):
    run(tmp_path / "run.h5")
    with open_recording(tmp_path / "run.h5") as recording:
        label = recording.trace("input", "label")[:, 0]
        np.testing.assert_array_equal(label, recording.stimulus_of("input", "label")["label"])
        np.testing.assert_array_equal(label, LABELS[recording.stimulus_of("output")["image"]])


def test_an_image_shown_twice_in_a_row_is_two_presentations(tmp_path):
    truth = run(tmp_path / "run.h5", windows=Always(), presentations=40)
    repeats = 0
    with open_recording(tmp_path / "run.h5") as recording:
        check(recording, truth, range(BATCH))
        for stream in range(BATCH):
            shown = recording.presentations("input", stream=stream)
            assert shown.start.tolist() == list(range(0, 40 * N, N))
            repeats += int((np.diff(shown.image) == 0).sum())
        whole = analysis.presentations(recording, population="output")
        assert whole.start.tolist() == list(range(0, 40 * N, N))
    assert repeats > 5


def test_guesses_are_judged_by_the_labels_of_their_stream(tmp_path):
    """They were judged by those of stream 0."""
    truth = run(tmp_path / "run.h5", windows=Window("w", 2, 200), presentations=70)
    with open_recording(tmp_path / "run.h5") as recording:
        first = range(N, 199, N)
        labels = np.array([truth.rows[step][2][3] for step in first if step + N <= 200])
        spikes = recording.raster("output")[1 : 1 + N * len(labels)]
        groups = spikes.reshape(len(labels), N, 4, 2).sum(axis=3)
        found = analysis.confusion(recording, guess="summed")
        right = (groups.sum(axis=1).argmax(axis=1) == labels).mean()
        np.testing.assert_allclose(found.error_percent, 100 * (1 - right))
        for label in range(4):
            assert found.counts[0, label].sum() == (labels == label).sum()


def test_variables_of_two_streams_are_not_paired(tmp_path):
    run(tmp_path / "run.h5", [*PROBES[1:3], PROBES[5], Probe("hidden1", "gain", [1], stream=3)])
    with open_recording(tmp_path / "run.h5") as recording:
        for draw in (analysis.figure4, analysis.raster_figure):
            with pytest.raises(SpikefaError, match=r"'hidden1' is of stream 2, and .* of stream 3"):
                draw(recording)
        analysis.raster_figure(recording, ["output"])
        with pytest.raises(SpikefaError, match="only what is of one stream can be paired"):
            analysis.triggered_trace(recording, "hidden1", ("hidden1", "gain", 1), 1, 1)
        analysis.triggered_trace(recording, "output", ("hidden1", "gain", 1), 1, 1)


TRIGGERS = [
    Trigger(ClassShown(1, stream=2), before=4, after=1),
    Trigger(WrongGuess(stream=3), before=1, after=2, hold_off=20),
    EveryImage(7, first=1),
]


def test_triggers_reach_into_earlier_presentations(tmp_path):
    truth = run(tmp_path / "run.h5", PROBES[:3], TRIGGERS)
    with open_recording(tmp_path / "run.h5") as recording:
        assert len(recording.firings("class 1"))
        assert len(recording.firings("wrong guess"))
        check(recording, truth, range(BATCH))
        for window in recording.windows:
            shown = recording.presentations(steps=window.label, stream=2)
            steps = recording.steps[recording.rows(window.label)]
            assert shown.start.tolist() == sorted({truth.rows[s][0] for s in steps})


@pytest.mark.parametrize("windows", [CUT, TRIGGERS, Always()], ids=["cut", "triggers", "always"])
def test_resumed_is_uninterrupted(tmp_path, windows):
    """The run stops after presentation 14, and its recording was made up to presentation 17."""
    truth = run(tmp_path / "whole.h5", PROBES[:6], windows)
    first, second = simulation(), simulation()
    with first:
        first.record(tmp_path / "parts.h5", PROBES[:6], windows)
        Truth().follow(first, 14)
        first.recorder.commit()
        first.save(tmp_path / "stopped.pt")
        Truth().follow(first, 3)
    second.restore(tmp_path / "stopped.pt")
    with second:
        second.resume_recording(tmp_path / "parts.h5")
        Truth().follow(second, 25 - 14)
    with (
        open_recording(tmp_path / "whole.h5") as whole,
        open_recording(tmp_path / "parts.h5") as parts,
    ):
        check(parts, truth, range(BATCH))
        for clock, steps in enumerate(whole.clock_steps):
            rows = slice(0, len(steps))
            np.testing.assert_array_equal(whole.shown(rows, clock), parts.shown(rows, clock))
        assert set(whole.images) == set(parts.images)


def test_a_repaired_recording_has_the_same_presentations(tmp_path):
    sim = simulation()
    sim.record(tmp_path / "run.h5", PROBES, CUT)
    truth = Truth().follow(sim, 18)
    sim.recorder.commit()
    (tmp_path / "copy.h5").write_bytes((tmp_path / "run.h5").read_bytes())
    sim.recorder.close()
    assert repair(tmp_path / "copy.h5", force=True)
    with open_recording(tmp_path / "copy.h5") as recording:
        assert recording.status == "repaired"
        assert check(recording, truth, range(BATCH)) > 50
