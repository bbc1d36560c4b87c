"""What tests of triggers share: the steps that are recorded by definition."""

import numpy as np

from spikefa.recording import (
    EveryImage,
    RateLeaves,
    Trigger,
    Window,
    open_recording,
)
from tests.helpers.toy_network import shown, truth

STEPS = 260


SPIKES = np.stack([truth(step)["hidden2"]["spikes"][0] for step in range(STEPS)])


FIRST = np.stack([truth(step)["hidden1"]["potential"][1, 0] for step in range(STEPS)])


def high(variables):
    return variables["hidden1"]["potential"][1, 0] > 1.2


def very_high(variables):
    return variables["hidden1"]["potential"][1, 0] > 2


def firings(holds, edge=True, hold_off=0, at_most=None):
    """Return the firing steps, one step after the other."""
    fired, before = [], False
    for step, holds_now in enumerate(holds):
        may = holds_now and not (edge and before)
        before = holds_now
        if may and (not fired or step > fired[-1] + hold_off) and len(fired) != at_most:
            fired.append(step)
    return fired


def around(fired, before, after, every=1, total=STEPS):
    """Return the set of steps that are recorded."""
    steps = {s for f in fired for s in range(f - before, f + after + 1) if 0 <= s < total}
    return {s for s in steps if s % every == 0}


def check(path, steps):
    """Every row is there once, in order, and is the state of its step."""
    steps = sorted(steps)
    with open_recording(path) as recording:
        np.testing.assert_array_equal(recording.steps, steps)
        if not steps:
            return
        spikes = [truth(step)["input"]["spikes"][0].astype(bool) for step in steps]
        np.testing.assert_array_equal(recording.raster("input"), spikes)
        units = recording.units("hidden1", "potential")
        potential = [truth(step)["hidden1"]["potential"][2][units] for step in steps]
        np.testing.assert_array_equal(recording.trace("hidden1", "potential"), potential)
        assert recording.stimulus.tolist() == [(step, *shown(step)) for step in steps]
        assert set(recording.images) == {shown(step)[0] for step in steps}


def rate_holds(low, high):
    rates = SPIKES.mean(axis=1, dtype=np.float64)
    return (rates < low) | (rates > high)


MIXED = (
    Window("early", 10, 30),
    EveryImage(9, first=2),
    Trigger(high, before=6, after=3, hold_off=2),
    Trigger(
        RateLeaves("hidden2", 0.21, 0.6, stream=0),
        before=25,
        after=0,
        label="rate",
        edge=False,
        at_most=3,
    ),
)


WANTED = {
    *range(10, 30),
    *(s for s in range(STEPS) if s // 5 >= 2 and (s // 5 - 2) % 9 == 0),
    *around(firings(FIRST > 1.2, hold_off=2), 6, 3),
    *around(firings(rate_holds(0.21, 0.6), edge=False, at_most=3), 25, 0),
}
