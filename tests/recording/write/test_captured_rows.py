"""Rows kept in a captured piece of work are recorded as if they had been observed one by one."""

import h5py
import numpy as np
import pytest

from spikefa.recording import Always, EveryImage, Probe, Recorder, Trigger
from tests.helpers.toy_network import (
    IMAGES,
    INPUT_SPIKES,
    MIXED_PROBES,
    PROBES,
    PROVENANCE,
    WINDOWS,
    shown_to,
)

N = 5


def contents(path):
    found = {}
    with h5py.File(path) as file:
        file.visititems(
            lambda name, item: found.update({name: item[()]}) if hasattr(item, "dtype") else None
        )
    return found


@pytest.mark.parametrize("probes", [PROBES, MIXED_PROBES])
@pytest.mark.parametrize("windows", [WINDOWS, Always(), [EveryImage(7), WINDOWS[0]]])
def test_they_are_the_rows_observed_one_by_one(tmp_path, start, toy, probes, windows):
    given = {"probes": probes, "windows": windows, "thumbnails": IMAGES, "steps_per_image": N}
    with start(tmp_path / "each.h5", **given) as recorder:
        toy.run(recorder, range(130))
    with start(tmp_path / "captured.h5", **given) as recorder:
        for first in range(0, 130, N):
            rows = recorder.captured_rows(N)
            if not recorder.wants(first + N):
                continue
            for n in range(N):
                toy.step(first + n)
                rows.keep(n)
            toy.step(999)  # the present state is another by now
            for n in range(N):
                seen = shown_to(recorder.streams, first + n)
                recorder.observe(first + n, *seen, rows.row(n), start=first)
    each, captured = contents(tmp_path / "each.h5"), contents(tmp_path / "captured.h5")
    assert each.keys() == captured.keys()
    for name, values in each.items():
        np.testing.assert_array_equal(values, captured[name], err_msg=name)


def test_the_same_object_serves_every_presentation(start):
    """So that a captured graph, which writes into its memory, can be run again."""
    with start() as recorder:
        rows = recorder.captured_rows(N)
        assert recorder.captured_rows(N) is rows
        assert recorder.captured_rows(N - 1) is rows
        assert recorder.captured_rows(N + 1) is None
        assert hash(rows.keep) == hash(recorder.captured_rows(N).keep)


def test_a_row_says_which_it_is(start):
    with start() as recorder:
        rows = recorder.captured_rows(N)
        assert rows.row(2) == rows.row(2) != rows.row(3)
        assert (rows.row(2).rows, rows.row(2).n) == (rows, 2)


def test_none_if_something_has_to_be_done_after_each_step(tmp_path, start, toy):
    trigger = Trigger(lambda variables: variables["hidden1"]["potential"][0, 0] > 9, label="never")
    with start(windows=[Always(), trigger]) as recorder:
        assert recorder.captured_rows(N) is None
    state = toy.variables["hidden1"]
    variables = toy.variables | {"hidden1": state | {"doubled": lambda: 2 * state["potential"]}}
    probes, path = [INPUT_SPIKES, Probe("hidden1", "doubled", 2)], tmp_path / "computed.h5"
    with Recorder.create(path, probes, WINDOWS, variables, PROVENANCE) as recorder:
        assert recorder.captured_rows(N) is None


def test_wants_says_when_no_step_need_be_observed(start, toy):
    with start() as recorder:  # 0 to 19, 50 to 64, 100 to 119
        assert recorder.wants(1)
        toy.run(recorder, range(20))
        assert recorder.wants(21)  # only `observe` finds the next window
        toy.run(recorder, range(20, 21))
        assert not recorder.wants(50)
        assert recorder.wants(51)
        toy.run(recorder, range(50, 121))
        assert not recorder.wants(10**9)
