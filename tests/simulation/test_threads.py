"""Choosing the threads by steps of the simulation itself leaves nothing behind."""

import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.simulation import threads
from spikefa.simulation.threads import choose_threads, use_threads
from tests.helpers.shown_runs import simulation


@pytest.fixture
def measured(monkeypatch):
    """Nobody has set the number, and there are two cores; what was done is counted."""
    steps = []

    def fewest(work, count, most):
        for _ in range(5):
            work()
        steps.append((count, most))
        return threads.Threads(2, "measured")

    monkeypatch.setattr(threads, "wanted_by_user", lambda: None)
    monkeypatch.setattr(threads, "cores", lambda: 2)
    monkeypatch.setattr(threads, "fewest_near_the_fastest", fewest)
    return steps


@pytest.mark.parametrize("replicas", [None, 2])
def test_the_training_goes_on_as_if_nothing_had_been_measured(measured, replicas):
    alone, measuring = simulation(replicas=replicas), simulation(replicas=replicas)
    for each in (alone, measuring):
        each.train(1)
    assert choose_threads(measuring) == (2, "measured")
    assert measured == [(3, 2)]
    assert measuring.step == alone.step
    for each in (alone, measuring):
        each.train(1)
    for name, tensor in alone.tensors().items():
        assert torch.equal(tensor, measuring.tensors()[name]), name
    timeless = [
        [{k: v for k, v in row.items() if k != "wall_seconds"} for row in each.history]
        for each in (alone, measuring)
    ]
    assert timeless[0] == timeless[1]


def test_the_number_is_set_for_the_process(measured):
    before = torch.get_num_threads()
    try:
        assert use_threads(simulation()).number == torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_what_the_user_has_set_stays(measured, monkeypatch):
    monkeypatch.setattr(threads, "wanted_by_user", lambda: threads.Threads(3, "said"))
    assert choose_threads(simulation()) == (3, "said")
    monkeypatch.setattr(threads, "wanted_by_user", lambda: None)
    monkeypatch.setattr(threads, "cores", lambda: 1)
    assert choose_threads(simulation()).number == 1
    assert measured == []


def test_a_recording_would_be_cut_short(measured, tmp_path):
    with simulation() as sim:
        sim.record(tmp_path / "r.h5", [sf.Probe("hidden1", "spikes", "all")], sf.recording.Always())
        with pytest.raises(SpikefaError, match="choose the threads before you call record"):
            choose_threads(sim)


def test_a_step_that_fails_leaves_the_state_of_before(measured, monkeypatch):
    sim = simulation()
    before = {name: tensor.clone() for name, tensor in sim.tensors().items()}
    learn = sim.network.learn

    def fail(*arguments, **named):
        learn(*arguments, **named)
        raise SpikefaError("no more")

    monkeypatch.setattr(sim.network, "learn", fail)
    with pytest.raises(SpikefaError, match="no more"):
        choose_threads(sim)
    monkeypatch.setattr(sim.network, "learn", learn)
    assert all(torch.equal(tensor, before[name]) for name, tensor in sim.tensors().items())
    sim.train(1)
