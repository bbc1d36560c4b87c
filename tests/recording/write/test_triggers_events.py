"""Triggers and the two encodings of spikes."""

import numpy as np
import pytest
import torch

from spikefa.recording import EveryImage, Probe, Recorder, Trigger, open_recording

STEPS = 400
SPIKES = np.random.default_rng(4).random((STEPS, 2, 300)) < 0.004


def burst(variables):
    return variables["input"]["spikes"][1].sum() > 3


@pytest.mark.parametrize("encoding", ["auto", "events", "packed"])
@pytest.mark.parametrize("stop", [None, 1, 150, 333])
def test_rare_spikes_around_firings(tmp_path, encoding, stop):
    """Whatever the encoding, resumed or not, with rows that wait as bits until they are wanted."""
    now = torch.zeros(2, 300)
    variables, path = {"input": {"spikes": now}}, tmp_path / "run.h5"

    def run(recorder, steps):
        for step in steps:
            now.copy_(torch.from_numpy(SPIKES[step]))
            recorder.observe(step, step // 5, step // 5 % 10)

    probe = Probe("input", "spikes", "all", stream=1, encoding=encoding)
    windows = [Trigger(burst, before=9, after=4), EveryImage(20, first=3)]
    with Recorder.create(
        path, [probe], windows, variables, {"seed": 1}, steps_per_image=5
    ) as recorder:
        run(recorder, range(STEPS if stop is None else stop))
    if stop is not None:
        given = {"predicates": {"burst": burst}}
        with Recorder.resume(path, variables, stop, **given) as recorder:
            run(recorder, range(stop, STEPS))
    holds = SPIKES[:, 1].sum(axis=1) > 3
    fired = np.flatnonzero(holds & ~np.append(False, holds[:-1]))
    assert len(fired) > 3
    wanted = {s for f in fired for s in range(f - 9, f + 5) if 0 <= s < STEPS}
    steps = sorted(wanted | {s for s in range(STEPS) if s // 5 % 20 == 3})
    with open_recording(path) as recording:
        assert recording.encoding("input") == ("packed" if encoding == "packed" else "events")
        np.testing.assert_array_equal(recording.firings("burst"), fired)
        np.testing.assert_array_equal(recording.steps, steps)
        np.testing.assert_array_equal(recording.raster("input"), SPIKES[steps, 1])
        step, unit = recording.events("input")
        row, column = np.nonzero(SPIKES[steps, 1])
        np.testing.assert_array_equal(step, np.array(steps)[row])
        np.testing.assert_array_equal(unit, column)
