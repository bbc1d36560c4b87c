"""Inputs that change from step to step, against loops over events."""

import math

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets import Events, Frames
from spikefa.stimulus import binning
from tests.helpers.small_events import EVENTS, LABELS, UNITS, events, frames, samples, targets

ITEMS = [(0, 1), (2, 3), (4, 4), (3, 0)]


def shown(stimulus, order=ITEMS, outputs=10, dtype=torch.float32):
    """Return inputs and targets of every step, [presentations, steps, batch, n]."""
    state = stimulus.state(2, outputs, torch.device("cpu"), dtype)
    inputs, asked = [], []
    for number, items in enumerate(order):
        stimulus.load(state, number, torch.tensor(items), {})
        stimulus.show(state)
        for _ in range(stimulus.steps):
            stimulus.step(state)
            inputs.append(state.inputs.clone())
            asked.append(state.target.clone())
    shape = len(order), stimulus.steps, 2, -1
    return torch.stack(inputs).view(shape).numpy(), torch.stack(asked).view(shape).numpy()


def by_hand(dt, steps, counted=False):
    """Return what every sample looks like, [samples, steps, units], event by event."""
    film = np.zeros((5, steps, UNITS), np.float32)
    for number, (times, units) in enumerate(samples()):
        for time, unit in zip(times, units, strict=True):
            step = math.floor(time / dt)
            if step < steps:
                film[number, step, unit] = film[number, step, unit] + 1 if counted else 1
    return film


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize(("dt", "steps"), [(0.01, 5), (0.01, 9), (0.01, 3), (0.004, 13), (1.0, 1)])
def test_a_step_shows_the_events_that_fall_into_it(dt, steps, counted, dtype):
    several = "count" if counted else "spike"
    stimulus = sf.EventStimulus(events(), dt, steps, longer="cut", several=several)
    inputs, asked = shown(stimulus, dtype=dtype)
    film = by_hand(dt, steps, counted)
    assert (film > 1).any() == counted
    for number, items in enumerate(ITEMS):
        for stream, item in enumerate(items):
            assert (inputs[number, :, stream] == film[item]).all(), (number, stream)
            half = slice(5 * LABELS[item], 5 * LABELS[item] + 5)
            assert (asked[number, :, stream, half] == 1).all()
    assert (asked.sum(-1) == 5).all()


def test_few_events_at_once_are_sorted_as_all(monkeypatch):
    whole = sf.EventStimulus(events(), 0.004).activity
    monkeypatch.setattr(binning, "AT_ONCE", 6)
    parts = sf.EventStimulus(events(), 0.004).activity
    assert (parts.units == whole.units).all()
    assert (parts.starts == whole.starts).all()


def test_a_presentation_is_as_long_as_the_longest_sample_or_the_duration():
    assert sf.EventStimulus(events(), 0.01).steps == 5
    assert sf.EventStimulus(events(duration=0.1), 0.01).steps == 10
    assert sf.EventStimulus(events(duration=0.0501), 0.01).steps == 6
    assert sf.EventStimulus(events(duration=0.1), 0.01, 7).steps == 7


@pytest.mark.parametrize("kind", [np.uint16, np.int64, np.float32, np.float64])
@pytest.mark.parametrize(("unit", "scale"), [("us", 1e6), ("ms", 1e3)])
def test_a_time_at_the_edge_of_a_step_belongs_to_the_next(unit, scale, kind):
    """In floating point, 0.003 / 0.001 and its like may lie below the whole number."""
    times = (np.arange(30) * scale / 1000).round().astype(kind)
    one = Events.of([(times, [0] * 30)], 1, time_unit=unit)
    assert binning.steps_of(one, 0.001).tolist() == list(range(30))


def test_times_in_steps_need_no_dt():
    one = Events.of([([0, 2, 2], [1, 0, 2]), ([], [])], 3, time_unit="steps", may_be_empty=True)
    inputs, _ = shown(sf.EventStimulus(one), [(0, 1)])
    assert inputs[0, :, 0].tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 1]]
    assert not inputs[0, :, 1].any()
    with pytest.raises(sf.SpikefaError, match="the times are steps: leave dt out"):
        sf.EventStimulus(one, 0.01)


def test_events_that_are_all_cut_are_silence():
    one = Events.of([([5], [0]), ([7], [1])], 3, time_unit="steps")
    inputs, _ = shown(sf.EventStimulus(one, steps=2, longer="cut", several="count"), [(0, 1)])
    assert inputs.shape == (1, 2, 2, 3)
    assert not inputs.any()


def test_a_count_is_at_most_255():
    one = Events.of([([0] * 300 + [1] * 255, [2] * 555)], 40_000, time_unit="steps")
    inputs, _ = shown(sf.EventStimulus(one, several="count"), [(0, 0)])
    assert inputs[0, :, 0, 2].tolist() == [255, 255]
    assert sf.EventStimulus(one).activity.units.dtype == np.int32


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("steps", [None, 2, 6])
def test_frames_are_shown_one_by_one(kind, steps):
    given = frames(kind)
    inputs, _ = shown(sf.EventStimulus(given, steps=steps, longer="cut"))
    film = np.zeros((5, steps or 4, UNITS))
    film[:, :4] = given.activity[:, : steps or 4]
    expected = film[np.array(ITEMS)].swapaxes(1, 2).astype(np.float32)
    assert (inputs == expected).all()


def test_targets_change_at_every_step_and_the_error_is_their_mean():
    wanted = targets()
    stimulus = sf.EventStimulus(events(), 0.01, targets=wanted)
    _, asked = shown(stimulus, dtype=torch.float64)
    assert (asked == wanted[np.array(ITEMS)].swapaxes(1, 2)).all()
    state = stimulus.state(2, 10, torch.device("cpu"), torch.float64)
    outputs = np.random.default_rng(5).random((5, 2, 10))
    stimulus.load(state, 0, torch.tensor([3, 1]), {})
    stimulus.show(state)
    for out in outputs:
        stimulus.step(state)
        stimulus.read(state, torch.from_numpy(out))
    errors = [((outputs[:, s] - wanted[i]) ** 2).sum(-1).mean() / 2 for s, i in enumerate((3, 1))]
    measured = stimulus.measure(state, torch.from_numpy(outputs[-1]))
    np.testing.assert_allclose(measured.numpy(), [errors], rtol=1e-12)
    assert stimulus.measures == ("squared_error",)


@pytest.mark.parametrize("name", EVENTS)
def test_only_inputs_are_foreseen(name):
    stimulus = EVENTS[name]()
    state = stimulus.state(2, 10, torch.device("cpu"), torch.float32)
    assert stimulus.foreseeable(state) == ("targets" not in name)


WRONG = {
    "steps=5 or more": lambda: sf.EventStimulus(events(), 0.01, 4),
    "give dt, the seconds of a step": lambda: sf.EventStimulus(events()),
    "give Events, such as": lambda: sf.EventStimulus(samples(), 0.01),
    "longer must be one of refuse, cut": lambda: sf.EventStimulus(events(), 0.01, longer="stop"),
    "several must be one of spike": lambda: sf.EventStimulus(events(), 0.01, several="sum"),
    "frames have no times": lambda: sf.EventStimulus(frames(), 0.01),
    "resets is 1: give True": lambda: sf.EventStimulus(frames(), resets=1),
    r"of shape \(5, 5, n_outputs\)": lambda: sf.EventStimulus(events(), 0.01, targets=targets(4)),
    "some targets are NaN": lambda: sf.EventStimulus(
        events(), 0.01, targets=np.full((5, 5, 3), np.nan)
    ),
    "give a longer dt, the seconds of a step": lambda: sf.EventStimulus(events(), 1e-9),
    "give steps=4 or more": lambda: sf.EventStimulus(frames(), steps=3),
}


@pytest.mark.parametrize("says", WRONG)
def test_what_does_not_fit_is_refused(says):
    with pytest.raises(sf.SpikefaError, match=says):
        WRONG[says]()


def test_a_network_that_does_not_fit_is_refused():
    def network(inputs, outputs):
        populations = {"output": sf.StochasticBinary(outputs)}
        return sf.Network(inputs, populations, sf.FA(), sf.ThreeFactor())

    with pytest.raises(sf.SpikefaError, match="events has 7 inputs, the network 8"):
        sf.Simulation(network(8, 10), EVENTS["events"](), batch_size=2)
    with pytest.raises(sf.SpikefaError, match="give a multiple of 2"):
        sf.Simulation(network(7, 5), EVENTS["events"](), batch_size=2)
    with pytest.raises(sf.SpikefaError, match="targets for 10 output neurons"):
        sf.Simulation(network(7, 5), EVENTS["events, targets"](), batch_size=2)


def test_samples_that_are_not_there_are_refused():
    stimulus = EVENTS["events"]()
    state = stimulus.state(2, 10, torch.device("cpu"), torch.float32)
    stimulus.load(state, 0, torch.tensor([0, 5]), {})
    with pytest.raises(sf.SpikefaError, match="not all from 0 to 4"):
        stimulus.show(state)


def test_what_is_not_0_or_1_is_not_called_spikes():
    names = {}
    for name, make in EVENTS.items():
        stimulus = make()
        state = stimulus.state(2, 10, torch.device("cpu"), torch.float32)
        of_input, of_output = stimulus.variables(state)
        names[name] = (*of_input, *of_output)
    assert names["events"] == ("spikes", "label", "class_spikes", "class_spikes_summed")
    assert names["events, targets"] == ("spikes", "label", "target")
    assert names["events, counted"][0] == names["frames"][0] == "activity"


def test_what_takes_too_much_memory_is_refused(monkeypatch):
    monkeypatch.setattr("spikefa.utils.memory.free_bytes", lambda device: 100_000)
    film = Frames(np.zeros((50, 100, 30), np.uint8), np.zeros(50, np.uint8))
    net = sf.Network(30, {"output": sf.StochasticBinary(10)}, sf.FA(), sf.ThreeFactor())
    with pytest.raises(sf.SpikefaError, match=r"the stimulus of 2 streams would take 1\d\d kB"):
        sf.Simulation(net, sf.EventStimulus(film), batch_size=2)
