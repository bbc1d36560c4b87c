"""Units, steps and streams of a recording: NumPy's indexing of the whole array, or a refusal."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefa.analysis.rates import unit_rates
from spikefa.analysis.selection import select_steps, select_units
from spikefa.errors import SpikefaError
from spikefa.recording import Probe, Recorder, Window, open_recording
from spikefa.recording.plan.channels import resolve
from tests.helpers.selections import (
    answer,
    as_numpy,
    not_numbers,
    selections,
    slices,
    whole_numbers,
)
from tests.helpers.toy_network import BATCH, PROVENANCE, SIZES, Toy, truth

WINDOWS = (Window("early", 0, 12), Window("late", 20, 29))
STEPS = np.r_[0:12, 20:29]
UNITS = np.array([0, 3, 4, 17, 23])  # recorded units of hidden2
SIZE = SIZES["hidden2"]
EXAMPLES = settings(max_examples=60, deadline=None)


@pytest.fixture(scope="module", params=["packed", "events"])
def recording(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("selections") / "run.h5"
    encoding = {"encoding": request.param}
    probes = [
        Probe("hidden2", "spikes", UNITS, stream=1, **encoding),
        Probe("hidden2", "potential", UNITS, stream=1),
        Probe("hidden1", "spikes", "all", stream="all", **encoding),
        Probe("hidden1", "potential", "all", stream="all"),
    ]
    toy = Toy()
    with Recorder.create(path, probes, WINDOWS, toy.variables, PROVENANCE) as recorder:
        toy.run(recorder, range(29))
    with open_recording(path) as recording:
        yield recording


def whole(population, variable):
    """Return the whole array [T, streams, size], recorded or not."""
    return np.stack([truth(int(step))[population][variable] for step in STEPS])


@EXAMPLES
@given(units=selections(SIZE))
def test_units(recording, units):
    if units is None:
        return
    rasters = whole("hidden2", "spikes")[:, 1].astype(bool)
    raster = answer(lambda: recording.raster("hidden2", units=units))
    rates = answer(lambda: unit_rates(recording, "hidden2", units))
    events = answer(lambda: recording.events("hidden2", units=units))
    if raster is None:
        assert rates is None
        assert events is None
        return
    numbers = np.arange(SIZE)[as_numpy(units)]
    assert np.isin(numbers, UNITS).all()
    np.testing.assert_array_equal(raster, rasters[:, numbers])
    np.testing.assert_array_equal(recording.units("hidden2", chosen=units), numbers)
    assert (rates is None) == (len(numbers) == 0)
    if rates is not None:
        np.testing.assert_allclose(rates, rasters[:, numbers].mean(0))
    assert (events is None) == (len(set(numbers)) < len(numbers))
    if events is not None:
        found = np.zeros((STEPS[-1] + 1, SIZE), bool)
        found[events] = True
        expected = np.zeros_like(rasters)
        expected[:, numbers] = rasters[:, numbers]
        np.testing.assert_array_equal(found[STEPS], expected)


def test_every_recorded_unit_is_found_by_each_way_of_choosing_it(recording):
    mask = np.isin(np.arange(SIZE), UNITS)
    for units in (mask, mask.tolist(), UNITS, UNITS.astype(np.uint8), UNITS - SIZE, None):
        np.testing.assert_array_equal(recording.units("hidden2", chosen=units), UNITS)


@EXAMPLES
@given(unit=whole_numbers(SIZE) | not_numbers())
def test_one_unit(recording, unit):
    if unit is None:
        return
    trace = answer(lambda: recording.trace("hidden2", "potential", unit))
    if trace is not None:
        assert type(unit) is not bool
        expected = whole("hidden2", "potential")[:, 1, int(unit)]
        np.testing.assert_array_equal(trace, expected)


@EXAMPLES
@given(steps=slices(int(STEPS[-1]) + 1))
def test_steps(recording, steps):
    wanted = answer(lambda: recording.raster("hidden2", steps=steps))
    trace = answer(lambda: recording.trace("hidden2", "potential", steps=steps))
    assert (wanted is None) == (trace is None)
    if wanted is None:
        return
    assert steps.step in (None, 1)
    chosen = np.isin(STEPS, np.arange(STEPS[-1] + 1)[steps])
    np.testing.assert_array_equal(recording.steps[recording.rows(steps)], STEPS[chosen])
    np.testing.assert_array_equal(
        wanted, whole("hidden2", "spikes")[chosen][:, 1, UNITS].astype(bool)
    )
    np.testing.assert_array_equal(trace, whole("hidden2", "potential")[chosen][:, 1, UNITS])
    window = answer(lambda: select_steps(recording, steps))
    held = STEPS[chosen]
    assert (window is None) == (len(held) == 0)
    if window is not None:
        assert (window.start, window.stop) == (held[0], held[-1] + 1)


@pytest.mark.parametrize("steps", [np.ones(21, bool), [0, 1], 5, 2.0, range(3), True])
def test_steps_are_a_slice_or_a_label(recording, steps):
    with pytest.raises(SpikefaError, match="slice\\(1000, 2000\\)"):
        recording.raster("hidden2", steps=steps)


@EXAMPLES
@given(stream=st.one_of(whole_numbers(BATCH), not_numbers(), slices(BATCH), st.just("all")))
def test_streams(recording, stream):
    if stream is None:
        return
    raster = answer(lambda: recording.raster("hidden1", stream=stream))
    trace = answer(lambda: recording.trace("hidden1", "potential", stream=stream))
    assert (raster is None) == (trace is None)
    if raster is not None:
        chosen = slice(None) if isinstance(stream, str) else stream
        expected = whole("hidden1", "potential")[:, chosen]
        np.testing.assert_array_equal(trace, expected)
        np.testing.assert_array_equal(raster, whole("hidden1", "spikes")[:, chosen].astype(bool))


@EXAMPLES
@given(stream=st.one_of(whole_numbers(BATCH), not_numbers(), slices(BATCH), st.just("all")))
def test_events_are_of_one_stream(recording, stream):
    if stream is None:
        return
    events = answer(lambda: recording.events("hidden1", stream=stream))
    if events is not None:
        found = np.zeros((STEPS[-1] + 1, SIZES["hidden1"]), bool)
        found[events] = True
        expected = whole("hidden1", "spikes")[:, int(stream)].astype(bool)
        np.testing.assert_array_equal(found[STEPS], expected)


@EXAMPLES
@given(units=selections(SIZE))
def test_units_of_a_probe(units):
    toy = Toy()
    try:
        found = Probe("hidden2", "spikes", units)
        from_list = channel_units(found, toy)
    except SpikefaError:
        return
    if np.ndim(units) == 0 and not isinstance(units, slice | str | list | tuple | range):
        assert len(from_list) == int(units)  # a number of them, drawn
    elif units != "all" if isinstance(units, str) else True:
        np.testing.assert_array_equal(from_list, np.sort(np.arange(SIZE)[as_numpy(units)]))
        assert 0 < len(from_list) == len(set(from_list))


def channel_units(probe, toy):
    return resolve([probe], toy.variables, seed=1)[0].units


@pytest.mark.parametrize("units", ["3,17", "17,3,", [17, 3], np.isin(np.arange(SIZE), [3, 17])])
def test_units_of_a_figure(recording, units):
    np.testing.assert_array_equal(select_units(recording, "hidden2", units), [3, 17])


@pytest.mark.parametrize("units", [2.0, True, [3.0], "-1,", [], np.zeros(5, bool)])
def test_wrong_units_of_a_figure_are_refused(recording, units):
    with pytest.raises(SpikefaError):
        select_units(recording, "hidden2", units)
