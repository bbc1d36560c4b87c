"""Kinds of windows, how they are combined, and mistakes that are refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from spikefa.analysis.figure4 import figure4
from spikefa.errors import SpikefaError
from spikefa.recording import (
    Always,
    ClassShown,
    EveryImage,
    ImageWindow,
    Probe,
    RateLeaves,
    Trigger,
    Window,
    WrongGuess,
    open_recording,
)
from spikefa.recording.plan.recurring import Recurring, stretches
from spikefa.recording.plan.windows import OPEN_END
from tests.helpers.recorded_rows import steps_of
from tests.helpers.toy_network import INPUT_SPIKES, PROBES
from tests.helpers.triggered_runs import high

OF_ONE_STREAM = [replace(probe, stream=0) for probe in PROBES]


@pytest.mark.parametrize(
    ("windows", "wanted"),
    [
        (Always(), lambda s: True),
        ([Always("all"), Window("some", 3, 40)], lambda s: True),
        (ImageWindow("some", 4, 7), lambda s: 20 <= s < 35),
        (EveryImage(4), lambda s: s // 5 % 4 == 0),
        (EveryImage(1), lambda s: True),
        (EveryImage(7, first=3), lambda s: s // 5 >= 3 and (s // 5 - 3) % 7 == 0),
        (
            [EveryImage(6), EveryImage(9, label="ninth"), ImageWindow("i", 8, 14)],
            lambda s: s // 5 % 6 == 0 or s // 5 % 9 == 0 or 8 <= s // 5 < 14,
        ),
        ([Window("w", 13, 47), EveryImage(3, first=2)], lambda s: 13 <= s < 47 or s // 5 % 3 == 2),
    ],
)
def test_each_step_is_there_once(tmp_path, start, toy, windows, wanted):
    with start(probes=[INPUT_SPIKES], windows=windows, steps_per_image=5) as recorder:
        toy.run(recorder, range(200))
    assert steps_of(tmp_path / "run.h5") == [step for step in range(200) if wanted(step)]


@pytest.mark.parametrize(
    ("windows", "starts"),
    [
        (Always(), [0]),
        (EveryImage(4), range(0, 200, 20)),
        ([Window("a", 1, 21), Window("b", 21, 50)], [1, 21]),
    ],
)
def test_steps_of_a_probe_are_counted_from_the_start_of_each_window(
    tmp_path, start, toy, windows, starts
):
    """Also of one that begins where another ends."""
    every = Probe("input", "spikes", "all", every=3)
    with start(probes=[every], windows=windows, steps_per_image=5) as recorder:
        toy.run(recorder, range(200))
    stops = {0: 200, 1: 21, 21: 50}
    expected = []
    for first in starts:
        stop = stops[first] if len(starts) < 3 else first + 5
        expected += range(first, stop, 3)
    assert steps_of(tmp_path / "run.h5") == expected


def test_windows_that_overlap_make_one_stretch():
    windows = [Window("a", 4, 9), Window("open", 30, OPEN_END)]
    recurring = [
        Recurring("r", start=0, length=5, period=10),
        Recurring("s", start=28, length=3, period=100),
    ]
    found = list(stretches(windows, recurring))
    assert found == [(0, 9), (10, 15), (20, 25), (28, OPEN_END)]


def test_which_windows_there_are_is_read_back(tmp_path, start, toy):
    windows = [
        Always(),
        ImageWindow("i", 2, 4),
        EveryImage(10, first=1, label="tenth"),
        Window("w", 90, 95),
    ]
    with start(windows=windows, steps_per_image=5) as recorder:
        toy.run(recorder, range(120))
    with open_recording(tmp_path / "run.h5") as recording:
        labels = ["always", "tenth #1", "i", "tenth #11", "tenth #21", "w"]
        assert [w.label for w in recording.windows] == [*labels[:4], "w", "tenth #21"]
        assert recording.window("i") == Window("i", 10, 20)
        assert recording.steps[recording.rows("tenth #11")].tolist() == [*range(55, 60)]
        with pytest.raises(
            SpikefaError,
            match=r"no window 'tenth' .did you mean 'tenth #1'..: it has always, tenth #1",
        ):
            recording.rows("tenth")


def changing(variables):
    variables["hidden1"]["potential"].add_(1)
    return variables["hidden1"]["potential"][0, 0] > 0


@pytest.mark.parametrize(
    ("make_windows", "answer"),
    [
        (lambda: [], "at least one window"),
        (lambda: "always", "give Window, ImageWindow, EveryImage, Always or Trigger"),
        (lambda: [Window("a", 0, 5), ImageWindow("b", 0, 5)], "overlap: make them disjoint"),
        (lambda: [ImageWindow("b", 5, 5)], "window 'b' is 5:5: give 0 <= start < stop"),
        (lambda: [EveryImage(0)], "k of EveryImage is 0: give a whole number, 1 or more"),
        (lambda: [EveryImage(2.5)], "k of EveryImage is 2.5: give a whole number"),
        (
            lambda: [EveryImage(2, first=-1)],
            "first of EveryImage is -1: give",
        ),
        (lambda: [EveryImage(2), EveryImage(3)], "share a label: image, image"),
        (lambda: [Always(), Always()], "share a label"),
        (lambda: [Always(""), EveryImage(3)], "is empty"),
        (
            lambda: [EveryImage(2), Window("image #4", 0, 9)],
            "one of those of 'image': give it another",
        ),
        (lambda: Trigger(7), "the predicate 7: give ClassShown"),
        (
            lambda: Trigger(high, before=-1),
            "before of trigger 'high' is -1: give",
        ),
        (lambda: Trigger(high, after=1.5), "after of trigger 'high' is 1.5: give a whole number"),
        (lambda: Trigger(high, hold_off=None), "hold_off of trigger 'high' is None"),
        (lambda: Trigger(high, at_most=0), "is 0: give a whole number, 1 or more"),
        (lambda: Trigger(high, label="x" * 33), "over 32 bytes"),
        (lambda: [Trigger(high), Trigger(high, before=5)], "share a label: high, high"),
        (lambda: Trigger(lambda v: v["nothing"], label="n"), "'n' fails: KeyError: 'nothing'"),
        (lambda: Trigger(lambda v: True, label="n"), "'n' returns a bool: it must return a bool"),
        (lambda: Trigger(lambda v: torch.ones(1) > 0, label="n"), r"torch.bool of shape \(1,\)"),
        (lambda: Trigger(lambda v: torch.ones(()), label="n"), r"torch.float32 of shape \(\)"),
        (lambda: Trigger(changing), "'changing' changes the state"),
        (lambda: Trigger(ClassShown(7)), "has no variable 'label' to record: it has spikes"),
        (lambda: Trigger(ClassShown(10)), "'class 10' waits for class 10: give 0 to 9"),
        (lambda: Trigger(WrongGuess()), "has no variable 'class_spikes' to record"),
        (lambda: Trigger(RateLeaves("hidden7", 0, 1, stream=0)), "no population 'hidden7'"),
        (lambda: Trigger(RateLeaves("hidden1", 0, 1, stream=9)), "fails: IndexError"),
        (lambda: Trigger(RateLeaves("hidden1", 0, 1, stream=-1)), "stream of RateLeaves is -1"),
        (
            lambda: Trigger(RateLeaves("hidden1" * 50, 0, 1, stream=0), label="r"),
            "more than 256 bytes",
        ),
    ],
)
def test_mistakes_are_reported_at_the_beginning(tmp_path, start, make_windows, answer):
    with pytest.raises(SpikefaError, match=answer):
        start(probes=[INPUT_SPIKES], windows=make_windows(), steps_per_image=5)
    assert not (tmp_path / "run.h5").exists()


@pytest.mark.parametrize(
    "windows", [EveryImage(3), ImageWindow("a", 1, 2), Trigger(ClassShown(7), label="seven")]
)
def test_who_counts_images_has_to_know_how_long_they_are_shown(start, windows):
    with pytest.raises(SpikefaError, match="steps_per_image"):
        start(probes=[INPUT_SPIKES], windows=windows)


def test_predicates_refuse_what_cannot_be():
    with pytest.raises(SpikefaError, match="give a whole number from 0 to 65535"):
        ClassShown(65536)
    with pytest.raises(SpikefaError, match="give low <= high"):
        RateLeaves("hidden1", 0.5, 0.2)
    with pytest.raises(SpikefaError, match="True or False"):
        WrongGuess(3)


@pytest.mark.parametrize(
    ("windows", "columns"),
    [
        (Always(), ["early", "middle", "late"]),
        ([EveryImage(10), Window("a", 3, 9)], ["a"]),
        ([EveryImage(20)], ["image #0", "image #20", "image #40"]),
        (Trigger(high, before=3, after=3, hold_off=60), ["high #1", "high #2", "high #3"]),
    ],
)
def test_figure_4_of_any_windows(tmp_path, start, toy, windows, columns):
    with start(windows=windows, steps_per_image=5, probes=OF_ONE_STREAM) as recorder:
        toy.run(recorder, range(210))
    with open_recording(tmp_path / "run.h5") as recording:
        figure = figure4(recording)
    found = dict.fromkeys(str(axes.get_label()).partition("/")[0] for axes in figure.axes)
    assert list(found) == columns


@pytest.mark.parametrize("kind", [Window, ImageWindow])
@pytest.mark.parametrize(
    ("start_", "stop"),
    [(0, 2.0), (0.0, 2), (True, 2), (-5, -1), (-5, 9), (9, 5), (3, 3), ("0", 5), (0, 1 << 63)],
)
def test_windows_are_whole_numbers_in_order(kind, start_, stop):
    with pytest.raises(SpikefaError, match="0 <= start < stop"):
        kind("w", start_, stop)


@pytest.mark.parametrize("number", [np.int16, np.uint64, np.array, torch.tensor])
def test_numpy_numbers_make_windows(number):
    for kind in (Window, ImageWindow):
        window = kind("w", number(3), number(9))
        assert (window.start, window.stop) == (3, 9)
        assert type(window.start) is type(window.stop) is int
    assert EveryImage(number(3), first=number(1)) == EveryImage(3, first=1)
    assert ClassShown(number(3)) == ClassShown(3)
    probe = Probe("hidden1", "spikes", every=number(3))
    assert type(probe.every) is int
    trigger = Trigger(ClassShown(3), before=number(3), at_most=number(2))
    assert (type(trigger.before), type(trigger.at_most)) == (int, int)
