"""The kit for stimuli finds what it promises to find, and lets good ones pass."""

from dataclasses import dataclass

import pytest
import torch

import spikefa as sf
from spikefa.datasets.examples import classification
from spikefa.datasets.functions import linear
from spikefa.testing import STIMULUS_CHECKS, NotConformant, check_stimulus
from tests.helpers.small_events import EVENTS


def jitter(inputs, source):
    drawn = torch.rand(inputs.shape, generator=source, dtype=inputs.dtype)  # on the CPU
    inputs.add_(drawn.to(inputs.device), alpha=0.1)


DIGITS = sf.datasets.digits().subset(60, 20)
GOOD = {
    "rate code": lambda: sf.ImageStimulus(DIGITS.train),
    "latency code": lambda: sf.ImageStimulus(DIGITS.train, encoding=sf.LatencyCode()),
    "delta code": lambda: sf.ImageStimulus(DIGITS.train, encoding=sf.DeltaCode(off_spikes=True)),
    "graded": lambda: sf.ImageStimulus(DIGITS.train, steps=1, encoding=sf.Graded(0.3, 2.0)),
    "examples": lambda: sf.ExampleStimulus(classification(DIGITS.train)),
    "changed examples": lambda: sf.ExampleStimulus(classification(DIGITS.train), change=jitter),
    "function": lambda: sf.FunctionStimulus(linear(5, 10, 0)),
    **EVENTS,
}


@pytest.mark.slow
@pytest.mark.parametrize("check", STIMULUS_CHECKS)
@pytest.mark.parametrize("stimulus", GOOD)
def test_every_stimulus_keeps_every_promise(stimulus, check):
    check_stimulus(GOOD[stimulus](), checks=[check])


@dataclass
class NoiseState(sf.StimulusState):
    clock: torch.Tensor


class Noise(sf.Stimulus):
    """A good one, whose subclasses each break one promise."""

    n_inputs = 4
    steps = 3
    measures = ("mean",)

    def __len__(self):
        return 20

    def state(self, streams, n_outputs, device, dtype):
        def zeros(*shape, dtype=dtype):
            return torch.zeros(shape, device=device, dtype=dtype)

        return NoiseState(
            inputs=zeros(streams, 4),
            target=zeros(streams, n_outputs),
            uniforms=zeros(streams, 4),
            items=zeros(streams, dtype=torch.int64),
            labels=zeros(streams, dtype=torch.int64),
            clock=zeros(1),
        )

    def show(self, state):
        state.target.copy_(state.items.unsqueeze(1) / 20)

    def step(self, state):
        state.clock.add_(1)
        torch.mul(state.uniforms, state.clock, out=state.inputs)

    def measure(self, state, outputs):
        return outputs.mean(-1).unsqueeze(0)


class WrongShape(Noise):
    def state(self, streams, n_outputs, device, dtype):
        state = super().state(streams, n_outputs, device, dtype)
        state.target = state.target[:, :-1].clone()
        return state


class WrongType(Noise):
    def state(self, streams, n_outputs, device, dtype):
        return super().state(streams, n_outputs, device, torch.float32)


class NoItems(Noise):
    def __len__(self):
        return 0


class WrongLabel(Noise):
    def labels(self, items):
        return [3] * len(items)


class WrongMeasure(Noise):
    def measure(self, state, outputs):
        return outputs.mean(-1)


class GlobalRandomness(Noise):
    def step(self, state):
        state.inputs.copy_(torch.rand(state.inputs.shape, dtype=state.inputs.dtype))


class Counts(Noise):
    def __init__(self):
        self.shown = 0

    def show(self, state):
        self.shown += 1
        super().show(state)


class RemembersTensor(Noise):
    def __init__(self):
        self.last = torch.zeros(())

    def step(self, state):
        super().step(state)
        state.inputs.add_(self.last.to(state.inputs))
        self.last.fill_(float(state.items[0]) + 1)


class Rebinds(Noise):
    def step(self, state):
        state.clock = state.clock + 1
        torch.mul(state.uniforms, state.clock, out=state.inputs)


class HidesState(Noise):
    """Keeps its clock where no checkpoint looks."""

    def step(self, state):
        state.hidden = getattr(state, "hidden", 0) + 1
        torch.mul(state.uniforms, state.hidden, out=state.inputs)


class LooksAtData(Noise):
    def show(self, state):
        if float(state.items.float().mean()) > 5:
            super().show(state)


class SharesAmongReplicas(Noise):
    def step(self, state):
        state.inputs.copy_(state.uniforms).add_(state.uniforms.mean())


BROKEN = [
    (WrongShape, "shapes_dtypes_devices", r"target has shape \[3, 9\], expected \[3, 10\]|target"),
    (WrongType, "shapes_dtypes_devices", "float32"),
    (NoItems, "items", "it has no items"),
    (WrongLabel, "items", "labels of item 0 are \\[3\\]"),
    (WrongMeasure, "items", r"expected \[1, 3\]"),
    (GlobalRandomness, "deterministic", "global random generator|differs from run to run"),
    (Counts, "holds_no_state", "its own attribute"),
    (RemembersTensor, "holds_no_state", "depends on what else"),
    (Rebinds, "state_in_place", r"assigns state\.clock anew: write in place"),
    (HidesState, "state_is_complete", "inputs of step .* differs in a run that was resumed"),
    (LooksAtData, "capturable", "cannot be captured"),
    (SharesAmongReplicas, "replicas", "inputs of step 0 differs in replica 0"),
]


def test_the_one_that_the_others_break_is_good():
    check_stimulus(Noise())


@pytest.mark.parametrize(("kind", "check", "message"), BROKEN)
def test_what_is_broken_is_found(kind, check, message):
    with pytest.raises(NotConformant, match=message):
        check_stimulus(kind(), checks=[check])


def test_every_promise_has_an_example_that_breaks_it():
    assert {check for _, check, _ in BROKEN} == set(STIMULUS_CHECKS)
