"""Every method of a recording reads each variable at the steps of its own clock."""

import inspect

import numpy as np
import pytest

from spikefa.recording import Recording
from tests.helpers.clock_table import BASE, TRACES, VARIABLES, N
from tests.helpers.clock_truth import near, spike_steps, spikes


def check_blocks(r, real, clock):
    for rows in (None, 4):
        for part, block in r.blocks("hidden1", rows=rows):
            steps = r.series("hidden1").steps[part]
            np.testing.assert_array_equal(block, real.values["hidden1", "spikes"][steps])
            shown = r.series("hidden1").stimulus(part)
            assert shown["step"].tolist() == steps.tolist()
            assert shown["label"].tolist() == real.label[steps].tolist()


def check_events(step, unit, real, clock):
    expected = spike_steps(real, clock, "hidden1")
    assert sorted(zip(unit.tolist(), step.tolist(), strict=True)) == [
        (unit, step) for unit, steps in enumerate(expected) for step in steps
    ]


def check_event_blocks(r, real, clock):
    step, unit = zip(*r.event_blocks("hidden1", rows=4), strict=True)
    check_events(np.concatenate(step), np.concatenate(unit), real, clock)


def check_series(r, real, clock):
    for name, values in real.values.items():
        series = r.series(*name)
        assert series.steps.tolist() == real.steps(clock).tolist()
        np.testing.assert_array_equal(series.values(), values[series.steps])
        some = series.values([int(series.units[0])], slice(20, 40))
        held = series.steps[(series.steps >= 20) & (series.steps < 40)]
        np.testing.assert_array_equal(some[:, 0], values[held, 0])
        assert [window.label for window in series.windows] == list(real.windows(clock))
        for label, span in real.windows(clock).items():
            assert series.steps[series.rows(label)].tolist() == list(span)


def check_trace(r, real, clock):
    for name in TRACES:
        np.testing.assert_array_equal(r.trace(*name), real.values[name][real.steps(clock)])
        base = [s for s in real.steps(clock).tolist() if BASE.start <= s < BASE.stop]
        np.testing.assert_array_equal(r.trace(*name, steps="base"), real.values[name][base])


def check_raster(r, real, clock):
    np.testing.assert_array_equal(r.raster("hidden1"), spikes(real, clock) > 0)
    label = next(iter(real.windows(clock)))
    span = list(real.windows(clock)[label])
    found = r.raster("hidden1", [3, 1], label)
    np.testing.assert_array_equal(found, real.values["hidden1", "spikes"][span][:, [3, 1]])


def check_stimulus(r, real, clock):
    for name in VARIABLES:
        shown, steps = r.stimulus_of(*name), real.steps(clock)
        assert shown["step"].tolist() == steps.tolist()
        assert shown["label"].tolist() == real.label[steps].tolist()


def check_presentations(r, real, clock):
    for name in VARIABLES:
        shown, steps = r.presentations(*name), real.steps(clock)
        start = np.repeat(shown.start, np.diff(shown.edges))
        assert start.tolist() == (steps - steps % N).tolist()
        assert shown.image.tolist() == real.image[shown.start].tolist()


READ = {
    "stimulus_of": check_stimulus,
    "presentations": check_presentations,
    "raster": check_raster,
    "trace": check_trace,
    "blocks": check_blocks,
    "events": lambda r, real, c: check_events(*r.events("hidden1"), real, c),
    "event_blocks": check_event_blocks,
    "series": check_series,
    "steps_of": lambda r, real, c: near(r.steps_of("hidden1", "gain"), real.steps(c)),
    "stored": lambda r, real, c: near(
        r.stored("hidden1", "potential", slice(None)),
        real.values["hidden1", "potential"][real.steps(c)],
    ),
}
OF_NO_ROWS = {"variables", "channel", "units", "encoding", "spike_bytes", "streams_of"}
EXPORTS = {"to_sonata_report"}  # see test_exports


@pytest.mark.slow
@pytest.mark.parametrize("method", READ)
def test_methods_of_a_recording(recording, real, clock, method):
    READ[method](recording, real, clock)


def test_what_was_shown_is_known_from_all_clocks(recording, real, clock):
    held, shown = recording.known_presentations()
    steps = real.known(clock)
    assert held.tolist() == steps.tolist()
    number = np.repeat(np.arange(len(shown)), np.diff(shown.edges))
    assert shown.start[number].tolist() == (steps - steps % N).tolist()
    assert shown.image[number].tolist() == real.image[steps].tolist()
    assert shown.label[number].tolist() == real.label[steps].tolist()


def test_every_method_has_an_entry():
    takes = {
        name
        for name, method in inspect.getmembers(Recording, callable)
        if not name.startswith("_") and "population" in inspect.signature(method).parameters
    }
    assert takes == READ.keys() | OF_NO_ROWS | EXPORTS
