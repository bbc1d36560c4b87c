"""Events at the door: what is taken, what is refused, and parts of them."""

import numpy as np
import pytest

import spikefa as sf
from spikefa.datasets import EventDataset, Events, Frames

TIMES = np.array([0, 3, 3, 1, 2, 9])
UNITS = np.array([0, 1, 2, 2, 0, 1])
OFFSETS = np.array([0, 3, 4, 6])
LABELS = np.array([1, 0, 1], np.uint8)


def events(**changes):
    given = {"times": TIMES, "units": UNITS, "offsets": OFFSETS, "labels": LABELS}
    return Events(**{**given, "n_units": 3, "n_classes": 2, **changes})


def test_samples_stand_one_after_the_other():
    made = events()
    assert [tuple(each.tolist() for each in made.sample(n)) for n in (0, 1, -1)] == [
        ([0, 3, 3], [0, 1, 2]),
        ([1], [2]),
        ([2, 9], [0, 1]),
    ]
    assert made.lengths.tolist() == [3, 1, 2]
    assert repr(made) == "Events(3 samples of 3 units, 6 events, 2 classes)"


@pytest.mark.parametrize(
    "chosen", [slice(1, None), [1, 2], [2, 0], [False, True, True], np.array([2]), slice(None)]
)
def test_a_part_has_the_samples_that_are_chosen(chosen):
    made, which = events(), np.arange(3)[chosen]
    part = made.part(chosen)
    assert len(part) == len(which)
    for number, own in enumerate(which):
        for one, other in zip(part.sample(number), made.sample(own), strict=True):
            assert one.tolist() == other.tolist()
    assert part.labels.tolist() == LABELS[which].tolist()
    consecutive = (np.diff(which) == 1).all()
    assert np.shares_memory(part.times, made.times) == consecutive


def test_events_one_by_one_are_sorted():
    made = Events.of([([3, 1, 2], [5, 6, 7]), ([0.5], [1])], 8, labels=[0, 2], time_unit="s")
    assert made.sample(0)[0].tolist() == [1, 2, 3]
    assert made.sample(0)[1].tolist() == [6, 7, 5]
    assert made.n_classes == 3
    assert Events.of([([1], [1])], 8).n_classes == 1


WRONG = {
    "out of order at event 2": {"times": np.array([0, 3, 2, 1, 2, 9])},
    "the events of sample 2 are out of order": {"times": np.array([0, 3, 3, 1, 9, 2])},
    "the earliest time is -1": {"times": TIMES - 1},
    "some times are NaN": {"times": np.array([0, 1, np.nan, 0, 1, 2])},
    "give a longer duration": {"duration": 9},
    "units are 0 to 2, expected 0 to 1": {"n_units": 2},
    "units are -1 to 1": {"units": UNITS - 1},
    "1 of 3 samples have no events, the first is sample 1": {"offsets": np.array([0, 3, 3, 6])},
    "must ascend from 0 to the number of events, 6": {"offsets": np.array([0, 3, 4, 5])},
    "sample i has the events": {"offsets": np.array([0, 4, 3, 6])},
    "there are no samples": {"offsets": np.array([0])},
    "label 1, expected 0 to 0: give Events": {"n_classes": 1},
    "3 samples have 2 labels": {"labels": LABELS[:2]},
    "labels are int64, expected uint8": {"labels": LABELS.astype(np.int64)},
    "5 times and 6 units": {"times": TIMES[:5]},
    "times are a list: give a NumPy array": {"times": TIMES.tolist()},
    "of whole numbers": {"units": UNITS.astype(float)},
    "of one dimension": {"times": TIMES[:, None]},
    "time_unit must be one of us, ms, s, steps": {"time_unit": "min"},
    "n_units of Events is 0": {"n_units": 0},
}


@pytest.mark.parametrize("says", WRONG)
def test_what_is_wrong_is_refused_with_what_is_allowed(says):
    with pytest.raises(sf.SpikefaError, match=says):
        events(**WRONG[says])


def test_what_a_message_advises_is_taken():
    assert len(events(duration=10)) == 3
    silent = events(offsets=np.array([0, 3, 3, 6]), may_be_empty=True)
    assert silent.lengths.tolist() == [3, 0, 3]
    assert Events.of([(TIMES[::-1], UNITS)], 3).times.tolist() == sorted(TIMES)


@pytest.mark.parametrize(
    ("samples", "says"),
    [([], "there are no samples"), ([([1, 2], [1])], "one time and one unit per event")],
)
def test_samples_that_are_none_are_refused(samples, says):
    with pytest.raises(sf.SpikefaError, match=says):
        Events.of(samples, 3)


FRAMES = np.zeros((3, 4, 5), np.float32)


@pytest.mark.parametrize(
    ("activity", "labels", "says"),
    [
        (FRAMES[0], LABELS, "give an array"),
        (FRAMES.astype(int), LABELS, "of uint8, float32 or float64"),
        (FRAMES + np.inf, LABELS, "NaN or infinity"),
        (FRAMES[:, :0], LABELS, "are empty"),
        (FRAMES, LABELS[:2], "3 samples have 2 labels"),
    ],
)
def test_frames_that_are_none_are_refused(activity, labels, says):
    with pytest.raises(sf.SpikefaError, match=says):
        Frames(activity, labels, 2)


def test_splits_are_held_out_and_chosen_as_those_of_images():
    random = np.random.default_rng(0)
    labels = np.arange(30) % 3
    train = Events.of([([k], [k % 5]) for k in range(30)], 5, labels)
    data = EventDataset("mine", train, train.part(slice(9)))
    held = data.hold_out(6, "stratified", seed=1).subset(12, 3)
    assert np.bincount(held.validation.labels).tolist() == [2, 2, 2]
    assert (len(held.train), len(held.test)) == (12, 3)
    both = {*held.train.times.tolist(), *held.validation.times.tolist()}
    assert len(both) == 18
    assert (data.n_units, data.n_classes) == (5, 3)
    other = Events.of([(random.random(2), [0, 1])], 6, [0], 3)
    with pytest.raises(sf.SpikefaError, match="test samples: n_units 6, expected 5"):
        EventDataset("mine", train, other)
    with pytest.raises(sf.SpikefaError, match="give Events"):
        EventDataset("mine", train, labels)
    with pytest.raises(sf.SpikefaError, match="the number of samples of mine to hold out"):
        data.hold_out(30)
