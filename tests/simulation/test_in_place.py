"""Code of the user that assigns state anew, instead of writing into it, is named at once."""

from typing import ClassVar

import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.recording import Always
from spikefa.simulation.runner import Runner
from spikefa.stimulus.encodings import RateCode


class Neurons(sf.StochasticBinary):
    def __init__(self, size=6):
        super().__init__(size)


class NewPotential(Neurons):
    def step(self, state):
        state.potential = 0.1 * state.potential + 0.9 * state.drive
        torch.sigmoid(state.potential, out=state.probability)
        torch.lt(state.uniforms, state.probability, out=state.spikes)


class Alias(Neurons):
    def step(self, state):
        super().step(state)
        state.gain = state.probability


class Reshapes(Neurons):
    def step(self, state):
        super().step(state)
        state.gain.resize_(state.gain.shape[-1], state.gain.shape[-2])


class OtherData(Neurons):
    def step(self, state):
        super().step(state)
        state.gain.data = state.gain * 2


class Later(Neurons):
    """Replaces its gain in the second step only."""

    steps = 0

    def step(self, state):
        super().step(state)
        self.steps += 1
        if self.steps == 3:  # the first is the rehearsal
            state.gain = state.gain.clone()


class Hidden(Neurons):
    """Shows a tensor that no field of the state names."""

    def state(self, batch, device, dtype):
        state = super().state(batch, device, dtype)
        state.calcium = torch.zeros_like(state.spikes)
        return state

    def step(self, state):
        super().step(state)
        state.calcium = 0.9 * state.calcium + state.spikes

    def variables(self, state):
        return {"calcium": state.calcium}


class NewTrace(sf.PlasticityRule):
    traces: ClassVar = {"m": "post"}

    def update(self, pre, post, modulator, state):
        state.traces["m"] = 0.9 * state.traces["m"] + modulator
        return sf.Outer(pre, -state.learning_rate * state.traces["m"] * post.gain)


class MoreTraces(sf.PlasticityRule):
    def update(self, pre, post, modulator, state):
        state.traces["n"] = modulator.clone()
        return sf.Outer(pre, -state.learning_rate * modulator * post.gain)


class NewWeight(sf.Dense):
    def apply(self, change):
        self.weight = self.weight + change.pre.mT @ change.post


class NewError(sf.FA):
    def step(self, state, error, forward):
        super().step(state, error, forward)
        state.errors[0].potential = state.errors[0].potential * 1.0


class NewMatrix(sf.FA):
    def connect(self, forward, device, dtype):
        super().connect(forward, device, dtype)
        self.further = torch.zeros(3, device=device, dtype=dtype)

    def learn(self, state, projections):
        self.further = self.further + 1

    def tensors(self):
        return {**super().tensors(), "further": self.further}


class NewCode(RateCode):
    def show(self, state, brightness, steps):
        state["probability"] = brightness.clamp(max=self.cap)


class NewInputs(sf.ImageStimulus):
    def step(self, state):
        state.inputs = (state.uniforms < state.brightness).float()


def network(hidden=None, feedback=None, rule=None, **more):
    populations = {"hidden1": hidden or Neurons(), "output": sf.StochasticBinary(6)}
    feedback, rule = feedback or sf.FA(scale=0.5), rule or sf.ThreeFactor(1e-2)
    return sf.Network(12, populations, feedback, rule, **more)


def simulate(tiny, net, **options):
    return sf.Simulation(net, tiny, steps_per_image=3, batch_size=4, **options)


BROKEN = {
    "NewPotential.step assigns state.potential anew": {"hidden": NewPotential()},
    "Alias.step assigns state.gain anew": {"hidden": Alias()},
    "Reshapes.step assigns state.gain anew": {"hidden": Reshapes()},
    "OtherData.step assigns state.gain anew": {"hidden": OtherData()},
    "Later.step assigns state.gain anew": {"hidden": Later()},
    "the variable 'calcium' of population 'hidden1' is another tensor": {"hidden": Hidden()},
    "NewTrace.update assigns state.traces.m anew": {"rule": NewTrace()},
    "MoreTraces.update adds state.traces.n": {"rule": MoreTraces()},
    "NewWeight.apply assigns self.weight anew": {"synapses": NewWeight},
    r"NewError.step assigns state.errors\[0\].potential anew": {"feedback": NewError()},
    "NewMatrix.learn assigns self.further anew": {"feedback": NewMatrix()},
}


@pytest.mark.parametrize(("message", "parts"), BROKEN.items(), ids=[*BROKEN])
def test_state_that_is_assigned_anew_is_named_before_it_is_recorded(tiny, tmp_path, message, parts):
    file = tmp_path / "recording.h5"

    def run():
        with simulate(tiny, network(**parts)) as sim:
            sim.record(file, [sf.Probe("hidden1", "spikes", "all")], Always())
            for _ in range(3):
                list(sim.present(each=False))

    with pytest.raises(SpikefaError, match=message):
        run()
    if file.exists() and "Later" not in message:
        with sf.open(file) as recording:
            assert len(recording.steps) == 0


@pytest.mark.parametrize("part", ["encoding", "stimulus"])
def test_stimuli_and_encodings_are_named_too(tiny, part):
    if part == "encoding":
        stimulus = sf.ImageStimulus(tiny.train, steps=3, encoding=NewCode())
    else:
        stimulus = NewInputs(tiny.train, steps=3)
    message = "NewCode.step assigns state.probability" if part == "encoding" else "NewInputs.step"
    with pytest.raises(SpikefaError, match=message):
        sf.Simulation(network(), stimulus, batch_size=4)


def test_tests_are_watched_as_well(tiny):
    net = network()
    net.initialise(0)
    net.populations["hidden1"] = Later()
    runner = Runner(net, sf.ImageStimulus(tiny.test, steps=3), 2, 0, "test")
    with pytest.raises(SpikefaError, match=r"Later.step assigns state.gain anew"):
        list(runner.rest())


def test_a_projection_that_was_frozen_is_watched_when_it_learns(tiny):
    sim = simulate(tiny, network(rule=NewTrace()))
    sim.set_learning_rates(0.0)
    list(sim.present())
    sim.set_learning_rates([0.0, 1.0])
    with pytest.raises(SpikefaError, match=r"NewTrace.update assigns state.traces.m anew"):
        list(sim.present())


def test_weights_that_are_assigned_between_presentations_are_noticed_when_saved(tiny, tmp_path):
    sim = simulate(tiny, network())
    sim.train()
    synapses = sim.network.synapses["hidden1"]
    synapses.weight = synapses.weight.clone()
    with pytest.raises(SpikefaError, match=r"self.weight anew: write in place, self.weight.copy_"):
        sim.save(tmp_path / "checkpoint.pt")
    assert not (tmp_path / "checkpoint.pt").exists()


def test_state_that_is_assigned_before_the_first_step_is_noticed(tiny):
    sim = simulate(tiny, network())
    sim.runner.state.populations[0].potential = torch.ones(4, 6)
    with pytest.raises(SpikefaError, match=r"state.potential of Neurons was assigned anew after"):
        list(sim.present())


def test_a_step_that_is_tried_leaves_no_trace(tiny):
    plain, own = network(sf.StochasticBinary(6)), network(Neurons())
    one, other = simulate(tiny, plain), simulate(tiny, own)
    for sim in (one, other):
        sim.train()
    tensors = other.tensors()
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in one.tensors().items())


def test_steps_are_not_watched_once_they_have_proved_right(tiny, monkeypatch):
    sim = simulate(tiny, network())
    list(sim.present())
    checks = []
    monkeypatch.setattr(sim.runner.in_place, "parts", lambda: checks.append(1) or iter(()))
    list(sim.present())
    assert not checks
