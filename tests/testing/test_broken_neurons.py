"""Neurons that break one promise each: the kit catches all of them, and says which promise."""

from dataclasses import dataclass

import pytest
import torch

import spikefa as sf
from spikefa.neurons import Population, PopulationState
from spikefa.testing import NotConformant, check_neuron


class Neurons(sf.StochasticBinary):
    """Keeps all promises, for others to break one."""

    def __init__(self, size=5):
        super().__init__(size)


class NoState(Neurons):
    def state(self, batch, device, dtype):
        return {"potential": torch.zeros(batch, self.size, device=device, dtype=dtype)}


class Transposed(Neurons):
    def state(self, batch, device, dtype):
        zeros = [torch.zeros(self.size, batch, device=device, dtype=dtype) for _ in range(6)]
        return PopulationState(*zeros)


class OneUniform(Neurons):
    def state(self, batch, device, dtype):
        state = super().state(batch, device, dtype)
        state.uniforms = state.uniforms[:, :1].clone()
        return state


class AlwaysFloat32(Neurons):
    def state(self, batch, device, dtype):
        return super().state(batch, device, torch.float32)


class Overflows(Neurons):
    def step(self, state):
        super().step(state)
        power = (9 * state.potential).exp()
        state.gain.mul_(power / power)


class DrawsForItself(Neurons):
    def step(self, state):
        state.potential.lerp_(state.drive, self.tau)
        torch.sigmoid(state.potential, out=state.probability)
        torch.bernoulli(state.probability, out=state.spikes)


class Remembers(Neurons):
    """Keeps the last drive in itself."""

    last = None

    def step(self, state):
        drive = state.drive.clone()
        super().step(state)
        if self.last is not None:
            state.potential.add_(self.last, alpha=0.1)
        self.last = drive


class Rebinds(Neurons):
    def step(self, state):
        state.potential = state.potential + self.tau * (state.drive - state.potential)
        torch.sigmoid(state.potential, out=state.probability)


class AddsAField(Neurons):
    def state(self, batch, device, dtype):
        return WithTraces(**vars(super().state(batch, device, dtype)), traces={})

    def step(self, state):
        super().step(state)
        state.traces.setdefault("calcium", torch.zeros_like(state.spikes)).add_(state.spikes)


@dataclass
class WithTraces(PopulationState):
    traces: dict


class UsesUpItsDrive(Neurons):
    def step(self, state):
        super().step(state)
        state.drive.zero_()


class HidesItsState(Neurons):
    """Adapts by a tensor that the state has, and does not show."""

    def state(self, batch, device, dtype):
        state = super().state(batch, device, dtype)
        state.hidden = torch.zeros_like(state.drive)
        return state

    def step(self, state):
        state.hidden.mul_(0.9).add_(state.spikes)
        super().step(state)
        state.potential.sub_(state.hidden)


class LooksAtData(Neurons):
    def step(self, state):
        if state.drive.any():
            super().step(state)


class Counts(Neurons):
    count = 0

    def step(self, state):
        self.count += 1
        state.drive.mul_(1.0)
        super().step(state)
        state.gain.mul_(1 / self.count)


class Stops(Neurons):
    """Decides in Python, but the same for some steps."""

    def __init__(self):
        super().__init__()
        self.steps = iter(range(1000))

    def step(self, state):
        super().step(state)
        state.gain.mul_(float(next(self.steps) < 4))


class MixesStreams(Neurons):
    def step(self, state):
        super().step(state)
        state.gain.sub_(state.potential.mean(-2, keepdim=True), alpha=0.1)


class Competes(Neurons):
    """Divides by the activity of the whole population, as a softmax does."""

    def step(self, state):
        super().step(state)
        state.gain.div_(1 + state.probability.sum(-1, keepdim=True))


class SaysNothingOfRates(Neurons):
    def step(self, state):
        super().step(state)
        state.spikes.mul_(0.5)


class HidesItsActivity(sf.Rate):
    def __init__(self):
        super().__init__(5)

    def variables(self, state):
        return {}


class NeverSilent(Neurons):
    """Spikes at a threshold, and claims a probability."""

    def state(self, batch, device, dtype):
        state = super().state(batch, device, dtype)
        state.uniforms = state.uniforms.new_empty(0)
        return state

    def step(self, state):
        super().step(state)
        torch.gt(state.potential, 0, out=state.spikes)


class WrongProbability(Neurons):
    """Spikes less often than it says."""

    def step(self, state):
        super().step(state)
        if state.uniforms.numel():
            torch.lt(state.uniforms, state.probability.square(), out=state.spikes)


class GainOfAnother(Neurons):
    """The surrogate derivative of neurons with a threshold."""

    def step(self, state):
        super().step(state)
        state.gain.copy_(1 / (1 + state.potential.abs()).square())


class NoDrive(Neurons):
    def step(self, state):
        state.drive.mul_(1)


class ForgetsTheVariance(Neurons):
    def perturbation(self, state, out):
        torch.sub(state.spikes, state.probability, out=out)


class NoiseWithoutSaying(sf.Rate):
    def __init__(self):
        super().__init__(5)

    def perturbation(self, state, out):
        out.fill_(0.1)


class CountsFromTheFirst(Neurons):
    def step(self, state):
        super().step(state)
        state.gain.mul_(torch.ones(self.size).to(state.gain) * len(state.gain) / 3)


@pytest.mark.parametrize(
    ("neurons", "check", "message"),
    [
        (NoState, "shapes_dtypes_devices", "its state is a dict: return a PopulationState"),
        (Transposed, "shapes_dtypes_devices", r"drive has shape \[5, 3\], expected \[3, 5\] \(3 s"),
        (OneUniform, "shapes_dtypes_devices", r"uniforms has shape \[3, 1\].* or \[0\] without"),
        (AlwaysFloat32, "shapes_dtypes_devices", "drive is torch.float32, expected torch.float64"),
        (Overflows, "finite", "gain is NaN or infinite with strong drive"),
        (DrawsForItself, "deterministic", "spikes in step 0 differs from run to run"),
        (DrawsForItself, "can_be_captured", "draws random numbers for itself"),
        (Remembers, "one_population_for_all", "depends on other states that the same object"),
        (Remembers, "checkpoint_round_trip", "goes on differently, first in potential"),
        (Rebinds, "state_in_place", "another tensor in the place of potential"),
        (AddsAField, "state_in_place", "calcium'.* comes or goes while it runs"),
        (UsesUpItsDrive, "state_in_place", "it writes to drive, which others write"),
        (HidesItsState, "checkpoint_round_trip", "what changes from step to step must be a tensor"),
        (LooksAtData, "no_look_at_data", "asks for the value of a tensor"),
        (LooksAtData, "can_be_captured", "asks for the values of a tensor"),
        (Counts, "can_be_captured", "changes the Python number 'count' at every step"),
        (Stops, "can_be_captured", "gain in step 4 is another one if the operations"),
        (MixesStreams, "streams_are_independent", "gain of one stream depends on .* other streams"),
        (Competes, "local", "gain of a neuron depends on the drive .* property `normalised`"),
        (SaysNothingOfRates, "spikes_are_zero_or_one", "not 0 or 1: for rates, let a property"),
        (HidesItsActivity, "spikes_are_zero_or_one", "does not declare its activity: return"),
        (NeverSilent, "silent_without_uniforms", "without uniforms its activity is not"),
        (WrongProbability, "probability_is_the_mean", "the activity of a neuron is 0.* where"),
        (GainOfAnother, "gain_is_the_derivative", "its gain is .* let a property"),
        (NoDrive, "gain_is_the_derivative", "its potential does not depend on its drive"),
        (ForgetsTheVariance, "perturbation_is_the_noise", "the noise over its variance"),
        (NoiseWithoutSaying, "perturbation_is_the_noise", "is not 0, and it is not `stochastic`"),
        (CountsFromTheFirst, "works_in_replicas", "count dimensions from the last"),
    ],
)
def test_broken_neurons_are_caught(neurons, check, message):
    with pytest.raises(NotConformant, match=f"{neurons.__name__}, {check}: .*{message}"):
        check_neuron(neurons(), [check])
    with pytest.raises(NotConformant, match=neurons.__name__):
        check_neuron(neurons())


def test_neurons_that_break_no_promise_pass():
    check_neuron(Neurons())


class Threshold(Population):
    """A user's own kind from scratch: integrate and fire, with a reset and a surrogate."""

    def state(self, batch, device, dtype):
        zeros = [torch.zeros(batch, self.size, device=device, dtype=dtype) for _ in range(4)]
        drive, potential, spikes, gain = zeros
        return PopulationState(drive, drive.new_empty(0), potential, spikes, spikes, gain)

    def step(self, state):
        state.potential.mul_(1 - state.spikes).lerp_(state.drive, self.tau)
        torch.gt(state.potential, 0.5, out=state.spikes)
        state.gain.copy_(1 / (1 + (state.potential - 0.5).abs()).square())


def test_spiking_neurons_without_noise_need_no_derivative():
    check_neuron(Threshold(5))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (sf.StochasticBinary, r"is the class StochasticBinary: call it, StochasticBinary\(...\)$"),
        (sf.ThreeFactor(), "must be a Population, ThreeFactor given"),
        (3, "must be a Population, int given"),
    ],
)
def test_what_is_no_population_is_refused(given, said):
    with pytest.raises(sf.SpikefaError, match=f"what is checked {said}"):
        check_neuron(given)
