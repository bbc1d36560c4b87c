"""Triggers, against the rows that NumPy finds by their definition in the whole state."""

import numpy as np
import pytest
import torch

from spikefa.errors import SpikefaError
from spikefa.recording import (
    Always,
    Probe,
    Trigger,
    Window,
    describe,
    open_recording,
)
from tests.helpers.toy_network import IMAGES, PROBES, truth
from tests.helpers.triggered_runs import (
    FIRST,
    MIXED,
    STEPS,
    WANTED,
    around,
    check,
    firings,
    high,
    rate_holds,
    very_high,
)


@pytest.mark.slow
@pytest.mark.parametrize("memory", [1 << 28, 30_000, 17_000])
@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        (0, 0, {}),
        (3, 2, {}),
        (20, 50, {}),
        (7, 0, {"edge": False}),
        (0, 9, {"hold_off": 30}),
        (4, 4, {"hold_off": 5, "at_most": 3}),
        (12, 3, {"edge": False, "hold_off": 1}),
    ],
)
def test_exactly_the_steps_around_the_firings(tmp_path, start, toy, before, after, rules, memory):
    trigger = Trigger(high, before=before, after=after, **rules)
    with start(windows=trigger, thumbnails=IMAGES, max_host_bytes=memory) as recorder:
        toy.run(recorder, range(STEPS))
    fired = firings(FIRST > 1.2, **rules)
    assert len(fired) > 2
    check(tmp_path / "run.h5", around(fired, before, after))
    with open_recording(tmp_path / "run.h5") as recording:
        np.testing.assert_array_equal(recording.firings("high"), fired)
        assert [w.label for w in recording.windows] == [
            f"high #{n}" for n in range(1, len(fired) + 1)
        ]
        second = recording.raster("input", steps="high #2")
        span = range(max(0, fired[1] - before), min(STEPS, fired[1] + after + 1))
        assert len(second) == len(set(span) & around(fired, before, after))


def test_firings_at_the_beginning_and_the_end(tmp_path, start, toy):
    """The history is shorter than `before`, and the run is over before `after`."""

    def edges(variables):
        return torch.isin(clock[0], torch.tensor([2, STEPS - 3]))

    clock = torch.zeros(1, dtype=torch.int64)
    with start(
        windows=[Trigger(edges, before=20, after=50, label="edges")], thumbnails=IMAGES
    ) as recorder:
        for step in range(STEPS):
            clock.fill_(step)
            toy.run(recorder, range(step, step + 1))
    fired = [2, STEPS - 3]
    check(tmp_path / "run.h5", around(fired, 20, 50))
    with open_recording(tmp_path / "run.h5") as recording:
        assert recording.windows == (
            Window("edges #1", 0, 53),
            Window("edges #2", STEPS - 23, STEPS + 48),
        )
        assert recording.status == "closed"


def test_a_recorder_that_begins_late_has_no_history(tmp_path, start, toy):
    with start(windows=Trigger(high, before=20, after=0), thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(100, STEPS))
    fired = [100 + step for step in firings(FIRST[100:] > 1.2)]
    check(tmp_path / "run.h5", {step for step in around(fired, 20, 0) if step >= 100})


def test_a_trigger_that_never_fires_leaves_nothing(tmp_path, start, toy):
    with start(
        windows=Trigger(lambda v: torch.tensor(False), before=9, after=9, label="never")
    ) as recorder:
        toy.run(recorder, range(STEPS))
    with open_recording(tmp_path / "run.h5") as recording:
        assert len(recording.steps) == 0
        assert recording.windows == ()
        assert len(recording.firings("never")) == 0
        assert "never" in describe(recording)
        with pytest.raises(SpikefaError, match="no trigger 'x': it has never"):
            recording.firings("x")


@pytest.mark.parametrize("memory", [1 << 28, 60_000])
def test_windows_and_triggers_together(tmp_path, start, toy, memory):
    with start(
        windows=MIXED, thumbnails=IMAGES, steps_per_image=5, max_host_bytes=memory
    ) as recorder:
        toy.run(recorder, range(STEPS))
    check(tmp_path / "run.h5", WANTED)
    assert len(WANTED) < STEPS - 40
    with open_recording(tmp_path / "run.h5") as recording:
        fired = firings(rate_holds(0.21, 0.6), edge=False, at_most=3)
        assert len(fired) == 3
        np.testing.assert_array_equal(recording.firings("rate"), fired)
        labels = [window.label for window in recording.windows]
        assert {"early", "image #2", "image #47", "high #1", "rate #3"} <= set(labels)
        starts = [window.start for window in recording.windows]
        assert starts == sorted(starts)
        assert len(recording.raster("input", steps="image #20")) == 5
        assert max(map(len, describe(recording).split("\n"))) <= 110
        assert [t.label for t in recording.triggers] == ["high", "rate"]


def test_beside_always_a_trigger_is_a_mark(tmp_path, start, toy):
    with start(windows=[Always(), Trigger(high, before=5, after=5)], thumbnails=IMAGES) as recorder:
        toy.run(recorder, range(STEPS))
        recorder._pipeline.thread.wait()
        recorder.commit()
        with open_recording(tmp_path / "run.h5") as recording:
            assert len(recording.steps) == STEPS  # nothing waits, as nothing is open
    check(tmp_path / "run.h5", range(STEPS))
    with open_recording(tmp_path / "run.h5") as recording:
        assert len(recording.raster("input", steps="always")) == STEPS
        step = firings(FIRST > 1.2)[3]
        np.testing.assert_array_equal(recording.firings("high")[3], step)
        assert len(recording.raster("input", steps="high #4")) == 11


def test_probes_with_steps_and_triggers_of_their_own(tmp_path, start, toy):
    probes = (
        *PROBES[:3],
        Probe("hidden2", "gain", [3], every=4),
        Probe("hidden2", "modulator", 2, window=Trigger(very_high, before=30, after=10), every=7),
        Probe(
            "output", "spikes", "all", stream="all", window=Trigger(very_high, before=1, after=1)
        ),
    )
    with start(
        probes=probes, windows=Trigger(high, before=6, after=6), thumbnails=IMAGES
    ) as recorder:
        toy.run(recorder, range(STEPS))
    fired, rare = firings(FIRST > 1.2), firings(FIRST > 2)
    assert len(rare) >= 2
    check(tmp_path / "run.h5", around(fired, 6, 6))
    with open_recording(tmp_path / "run.h5") as recording:
        for variable, steps in (
            ("gain", sorted(around(fired, 6, 6, every=4))),
            ("modulator", sorted(around(rare, 30, 10, every=7))),
        ):
            np.testing.assert_array_equal(recording.steps_of("hidden2", variable), steps)
            units = recording.units("hidden2", variable)
            values = [truth(step)["hidden2"][variable][0][units] for step in steps]
            np.testing.assert_array_equal(recording.trace("hidden2", variable), values)
        steps = sorted(around(rare, 1, 1))
        spikes = [truth(step)["output"]["spikes"].astype(bool) for step in steps]
        np.testing.assert_array_equal(recording.raster("output", stream="all"), spikes)
        np.testing.assert_array_equal(recording.firings("very_high"), rare)
