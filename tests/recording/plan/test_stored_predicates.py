"""Predicates that a file cannot hold."""

import pytest

from spikefa.errors import SpikefaError
from spikefa.recording import (
    Always,
    Recorder,
    Trigger,
)
from tests.helpers.triggered_runs import high


def test_a_predicate_that_no_file_can_hold_is_given_again(tmp_path, start, toy):
    path = tmp_path / "run.h5"
    with start(windows=[Trigger(high, label="mine"), Always()]) as recorder:
        toy.run(recorder, range(20))
    before = path.read_bytes()
    for given, answer in (
        ({}, r"give predicates=\{'mine': the function\}"),
        ({"mine": high, "other": high}, "for the trigger 'other': the recording has the .* mine"),
        ({"mine": lambda v: 3}, "returns a int"),
    ):
        with pytest.raises(SpikefaError, match=answer):
            Recorder.resume(path, toy.variables, 20, predicates=given)
    assert path.read_bytes() == before
    Recorder.resume(path, toy.variables, 20, predicates={"mine": high}).close()
