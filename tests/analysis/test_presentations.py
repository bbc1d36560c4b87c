"""Presentations in a recording with gaps."""

import numpy as np
import pytest

from spikefa import analysis
from spikefa.errors import SpikefaError


def whole(truth):
    """Rows of the presentations, k * 5 to k * 5 + 4, that were recorded whole."""
    at = {step: row for row, step in enumerate(truth.steps.tolist())}
    first = [step for step in at if step % 5 == 0 and all(step + n in at for n in range(5))]
    return np.array([[at[step + n] for n in range(5)] for step in first])


def test_presentations_that_are_whole(run):
    """Windows cut three, and images are shown twice in a row."""
    recording, truth = run
    found = analysis.presentations(recording)
    assert found.steps_per_image == 5
    np.testing.assert_array_equal(whole(truth)[:, 0], found.start)
    np.testing.assert_array_equal(truth.label[found.start], found.label)
    late = analysis.presentations(recording, "late", 5)
    np.testing.assert_array_equal(recording.steps[late.start], np.arange(400, 560, 5))


def test_presentations_there_are_not(recording):
    with pytest.raises(SpikefaError, match="no complete presentation of 7"):
        analysis.presentations(recording, slice(0, 3), 7)
    with pytest.raises(SpikefaError, match="holds no presentation there"):
        analysis.presentations(recording, slice(150, 160))
    for wrong in (0, -5):
        with pytest.raises(SpikefaError, match=f"steps_per_image is {wrong}"):
            analysis.presentations(recording, steps_per_image=wrong)
