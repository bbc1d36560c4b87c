"""Presentations that are left early: the steps made, counted and recorded stay the same."""

import os
import signal
import threading
import time
from typing import ClassVar

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.recording import Always

STEPS = 3


class Failing(sf.StochasticBinary):
    """Raises `failure` in step `at`, when the populations below have been advanced."""

    plan: ClassVar = {"at": -1, "failure": RuntimeError("no memory left"), "steps": 0}

    def step(self, state):
        plan = self.plan
        if plan["steps"] == plan["at"]:
            raise plan["failure"]
        plan["steps"] += 1
        super().step(state)


def frozen(epoch):
    return 0.0


def simulate(tiny, output=None, **options):
    populations = {"hidden1": sf.StochasticBinary(8), "output": output or sf.StochasticBinary(6)}
    net = sf.Network(12, populations, sf.FA(scale=0.5), sf.ThreeFactor(5e-2))
    return sf.Simulation(net, tiny, steps_per_image=STEPS, batch_size=4, schedule=frozen, **options)


def record(sim, path):
    probes = [sf.Probe("input", "spikes", "all"), sf.Probe("hidden1", "potential", "all")]
    sim.record(path, probes, Always())


def check(sim, path, status="closed"):
    """Check that every row follows from the one before, and that all steps are there."""
    W = sim.network.synapses["hidden1"].weight.double().numpy()
    with sf.open(path) as recording:
        x, V = recording.raster("input").astype(float), recording.trace("hidden1", "potential")
        assert recording.steps.tolist() == list(range(len(x)))
        assert recording.status == status
    error = np.abs(0.1 * V[:-1] + 0.9 * x[1:] @ W - V[1:])
    assert error.max(initial=0) < 1e-5
    return len(x)


def check_even(sim):
    assert sim.runner.state.steps == sim.step == sim.presentation * STEPS


def go_on_training(sim, path, tiny):
    sim.train(1)


def go_on_learning(sim, path, tiny):
    sim.learn(1)


def go_on_presenting(sim, path, tiny):
    list(sim.present())


def go_on_testing(sim, path, tiny):
    sim.test()


def go_on_looking(sim, path, tiny):
    sim.look()


def go_on_saving(sim, path, tiny):
    sim.save(path.with_suffix(".pt"))
    again = simulate(tiny)
    again.restore(path.with_suffix(".pt"))
    assert again.step == sim.step


def go_on_switching(sim, path, tiny):
    sim.switch(sf.FA(scale=0.1))


def go_on_closing(sim, path, tiny):
    sim.recorder.commit()


GOES_ON = [
    go_on_training,
    go_on_learning,
    go_on_presenting,
    go_on_testing,
    go_on_looking,
    go_on_saving,
    go_on_switching,
    go_on_closing,
]


@pytest.mark.slow
@pytest.mark.parametrize("go_on", GOES_ON)
@pytest.mark.parametrize("how", ["broken off", "kept", "raised"])
def test_a_presentation_that_is_left_is_finished_before_anything_else(tiny, tmp_path, how, go_on):
    sim = simulate(tiny)
    with sim:
        record(sim, tmp_path / "r.h5")
        list(sim.present())
        kept = sim.present()
        assert next(kept) == STEPS
        if how == "broken off":
            kept.close()
        elif how == "raised":
            with pytest.raises(ValueError, match="mine"):
                kept.throw(ValueError("mine"))
        if how != "kept":
            check_even(sim)
        go_on(sim, tmp_path / "r.h5", tiny)
        if go_on is not go_on_closing:
            check_even(sim)
        assert list(kept) == [] or go_on is go_on_closing
    check_even(sim)
    assert check(sim, tmp_path / "r.h5") == sim.step


def test_an_error_in_the_loop_leaves_a_whole_state_and_recording(tiny, tmp_path):
    sim = simulate(tiny)

    def run():
        with sim:
            record(sim, tmp_path / "r.h5")
            for step in sim.present():
                step / (step - 1)

    with pytest.raises(ZeroDivisionError):
        run()
    check_even(sim)
    assert check(sim, tmp_path / "r.h5", "failed") == sim.step == STEPS
    whole = simulate(tiny)
    list(whole.present())
    for one in (sim, whole):
        one.train(1)
    tensors = whole.tensors()
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in sim.tensors().items())


def test_a_recording_that_begins_within_a_presentation_begins_after_it(tiny, tmp_path):
    sim = simulate(tiny)
    kept = sim.present()
    next(kept)
    with sim:
        record(sim, tmp_path / "r.h5")
        check_even(sim)
        list(sim.present())
    with sf.open(tmp_path / "r.h5") as recording:
        assert recording.steps.tolist() == [3, 4, 5]


@pytest.mark.parametrize("failure", [RuntimeError("no memory left"), KeyboardInterrupt()])
@pytest.mark.parametrize("each", [True, False])
def test_a_torn_state_goes_nowhere(tiny, tmp_path, failure, each):
    neurons = Failing(6)
    sim = simulate(tiny, neurons, checkpoint=tmp_path / "own.pt")
    sim.train(1)
    good = sim.presentation
    with sim:
        record(sim, tmp_path / "r.h5")
        neurons.plan.update(at=neurons.plan["steps"] + 4, failure=failure)
        list(sim.present(each=each))
        with pytest.raises(type(failure)):
            list(sim.present(each=each))
        before = (tmp_path / "own.pt").read_bytes()
        for refused in (
            lambda: sim.train(1),
            lambda: sim.learn(1),
            lambda: next(sim.present()),
            lambda: sim.test(),
            lambda: sim.look(),
            lambda: sim.save(tmp_path / "torn.pt"),
            lambda: sim.save_checkpoint(),
            lambda: record(sim, tmp_path / "other.h5"),
            lambda: sim.resume_recording(tmp_path / "r.h5"),
        ):
            with pytest.raises(SpikefaError, match=r"broke off.*restore a checkpoint"):
                refused()
        assert not (tmp_path / "torn.pt").exists()
        assert not (tmp_path / "other.h5").exists()
        assert (tmp_path / "own.pt").read_bytes() == before
    with sf.open(tmp_path / "r.h5") as recording:
        first = good * STEPS
        assert recording.steps.tolist() == list(range(first, first + 4))
        assert recording.status == "failed"
    neurons.plan["at"] = -1
    sim.restore(tmp_path / "own.pt")
    sim.train(1)
    whole = simulate(tiny, Failing(6))
    whole.train(2)
    tensors = whole.tensors()
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in sim.tensors().items())


def press(after):
    """Press Ctrl-C after so many seconds."""
    thread = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))
    thread.start()
    return thread


def until_pressed():
    """Go on until Ctrl-C, which Python loses if it comes within a destructor; not for ever."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        yield


@pytest.mark.parametrize("each", [True, False])
def test_ctrl_c_in_a_loop_over_present_breaks_no_step(tiny, tmp_path, each):
    sim = simulate(tiny)

    def run():
        with sim:
            record(sim, tmp_path / "r.h5")
            list(sim.present())
            press(0.2)
            for _ in until_pressed():
                list(sim.present(each=each))

    with pytest.raises(KeyboardInterrupt):
        run()
    check_even(sim)
    assert check(sim, tmp_path / "r.h5", "failed") == sim.step
    sim.train(1)
    check_even(sim)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("presentations", [99, 10**6])
def test_ctrl_c_stops_learning_after_a_presentation(tiny, presentations):
    sim = simulate(tiny)
    list(sim.present())

    def learn():
        for _ in until_pressed():
            sim.learn(presentations)

    for run in (learn, lambda: sim.follow([10**6], {})):
        pressed = press(0.2)
        with pytest.raises(sf.Stopped, match="stopped at step"):
            run()
        pressed.join()
        check_even(sim)
    sim.train(1)


def test_a_second_ctrl_c_breaks_in(tiny):
    neurons = Failing(6)
    sim = simulate(tiny, neurons)
    list(sim.present())

    def step(state):
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)

    neurons.step = step
    with pytest.raises(KeyboardInterrupt):
        list(sim.present())
    with pytest.raises(SpikefaError, match="broke off in the middle"):
        sim.train(1)


def test_a_callback_that_raises_after_an_epoch_loses_nothing(tiny, tmp_path):
    def fail(history):
        raise ValueError("in the callback")

    sim = simulate(tiny, checkpoint=tmp_path / "checkpoint.pt")
    with sim:
        record(sim, tmp_path / "r.h5")
        with pytest.raises(ValueError, match="in the callback"):
            sim.train(3, after_epoch=fail)
        check_even(sim)
        assert len(sim.history) == 1
        sim.train(2)
    assert [row["epoch"] for row in sim.history] == [1, 2, 3]
    check_even(sim)
    assert check(sim, tmp_path / "r.h5") == sim.step
    again = simulate(tiny)
    again.restore(tmp_path / "checkpoint.pt")
    assert again.step == sim.step


def test_nothing_begins_within_a_step(tiny):
    neurons = Failing(6)
    sim = simulate(tiny, neurons)
    whole = neurons.step
    neurons.step = lambda state: (whole(state), sim.test())
    with pytest.raises(SpikefaError, match="a step is being made"):
        sim.train(1)


def test_a_recording_ends_where_the_training_goes_back(tiny, tmp_path):
    sim = simulate(tiny)
    list(sim.present())
    sim.save(tmp_path / "checkpoint.pt")
    with sim:
        record(sim, tmp_path / "r.h5")
        list(sim.present())
        sim.restore(tmp_path / "checkpoint.pt")
        assert sim.recorder is None
        sim.resume_recording(tmp_path / "r.h5")
        sim.learn(2)
    with sf.open(tmp_path / "r.h5") as recording:
        assert recording.steps.tolist() == list(range(3, 9))
