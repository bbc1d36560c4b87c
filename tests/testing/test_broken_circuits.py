"""Circuits that break one promise each: the kit catches all of them, and says which promise."""

from importlib.util import find_spec

import pytest

import spikefa as sf
from spikefa.backends import Backend
from spikefa.testing import NotConformant, check_feedback
from spikefa.testing.backends import OTHERS


class SecretTransport(sf.Backprop):
    """Reads W^T and does not say so."""

    reads_weights = False


class CopiesInLearning(sf.FA):
    """Takes the transposed weights over while learning, not while carrying."""

    def learn(self, state, layers):
        for matrix, layer in zip(self.matrices, layers[1:], strict=True):
            matrix.copy_(layer.synapses.weight.mT)


class WrongSize(sf.FA):
    def state(self, batch, device, dtype):
        state = super().state(batch, device, dtype)
        del state.errors[0]
        return state

    def step(self, state, error, forward):
        """Leave it at that."""


class Rebinds(sf.FA):
    def step(self, state, error, forward):
        super().step(state, error, forward)
        for one in state.errors:
            one.activity = one.potential = 0.5 * one.potential


class OverwritesTheActivity(sf.FA):
    def step(self, state, error, forward):
        forward[0].gain.mul_(2)
        super().step(state, error, forward)


class Unsaved(sf.FA):
    def learn(self, state, layers):
        for matrix in self.matrices:
            matrix.mul_(0.9)

    def tensors(self):
        return {}


class Remembers(sf.FA):
    def step(self, state, error, forward):
        self.count = getattr(self, "count", 0) + 1
        super().step(state, error * self.count, forward)


class GlobalRandomness(sf.FA):
    def initialise(self, seed):
        for matrix in self.matrices:
            matrix.uniform_(-0.1, 0.1)


class CountsFromTheFirst(sf.FA):
    """The first dimension is that of the streams only as long as there are no replicas."""

    def learn(self, state, layers):
        for matrix, modulator in zip(self.matrices, state.modulators[1:], strict=True):
            matrix.add_(modulator.sum(0).unsqueeze(-1), alpha=0.01)


class MakesNewTensors(sf.FA):
    def initialise(self, seed):
        super().initialise(seed)
        for matrix in self.random.each:
            matrix.stored = matrix.stored.clone()


class LooksAtData(sf.FA):
    def step(self, state, error, forward):
        if error.abs().max() > 0:
            super().step(state, error, forward)


class HidesItsNeeds(sf.PseudoBackprop):
    """Decides on the host when it is time, within a step, and does not say so."""

    def learn(self, state, projections):
        super().maintain()

    def maintain(self):
        pass


class MixesStreams(sf.FA):
    def step(self, state, error, forward):
        super().step(state, error - error.mean(0), forward)


class Competes(sf.FA):
    """Divides by the activity of the whole population."""

    def step(self, state, error, forward):
        super().step(state, error, forward)
        for one, population in zip(state.errors, forward, strict=True):
            one.activity.div_(1 + population.spikes.sum(-1, keepdim=True))


class Explodes(sf.FA):
    def step(self, state, error, forward):
        super().step(state, error, forward)
        state.errors[0].activity.div_(0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("circuit", "check", "message"),
    [
        (SecretTransport, "reads_no_weights", "depends on the forward weights"),
        (CopiesInLearning, "learning_reads_no_weights", "B1 learn depends on the forward weights"),
        (WrongSize, "shapes_dtypes_devices", "2 modulators for 3 forward populations"),
        (Rebinds, "state_in_place", "another tensor in the place of state.feedback.errors"),
        (OverwritesTheActivity, "state_in_place", "writes to populations.0.gain"),
        (Unsaved, "checkpoint_round_trip", "goes on differently"),
        (Remembers, "checkpoint_round_trip", "goes on differently"),
        (GlobalRandomness, "deterministic", "with the same seed"),
        (LooksAtData, "no_look_at_data", "asks for the value of a tensor"),
        (LooksAtData, "can_be_captured", "asks for the values of a tensor"),
        (Remembers, "can_be_captured", "changes the Python number 'count'"),
        (HidesItsNeeds, "can_be_captured", "asks for the values of a tensor"),
        (MixesStreams, "streams_are_independent", "other streams"),
        (Competes, "local", "depends on what other neurons of its population"),
        (CountsFromTheFirst, "works_in_replicas", "count dimensions from the last"),
        (MakesNewTensors, "works_in_replicas", "initialise must write into the existing tensors"),
        (Explodes, "finite", "is NaN or infinite"),
    ],
)
def test_a_broken_circuit_is_caught(circuit, check, message):
    with pytest.raises(NotConformant, match=f"{circuit.__name__}, {check}: .*{message}"):
        check_feedback(circuit(), [check])
    with pytest.raises(Exception, match=circuit.__name__):
        check_feedback(circuit())


class ChangesLater(sf.FA):
    """Decides in Python, but the same for some steps."""

    steps = 0

    def step(self, state, error, forward):
        super().step(state, error, forward)
        ChangesLater.steps += 1
        state.errors[0].activity.mul_(-1.0 if ChangesLater.steps % 6 == 0 else 1.0)


class Sloppy(Backend):
    def step(self, inputs, target):
        super().step(inputs, target)
        self.state.feedback.errors[0].potential.mul_(1 + 1e-3)


def test_a_backend_that_computes_something_else_is_caught(monkeypatch):
    monkeypatch.setitem(OTHERS, "sloppy", Sloppy)
    with pytest.raises(NotConformant, match="between the backends eager and sloppy"):
        check_feedback(sf.FA(), ["backends_agree"])


def test_a_graph_that_repeats_what_has_changed_is_caught():
    with pytest.raises(NotConformant, match="differs between the backends eager and graph"):
        check_feedback(ChangesLater(), ["backends_agree"])


@pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed")
def test_kernels_that_forget_to_learn_are_caught(monkeypatch):
    from spikefa.backends.fused import Fused

    monkeypatch.setattr(Fused, "flush", lambda self: None)
    with pytest.raises(NotConformant, match=r"synapses.* between the backends eager and fused"):
        check_feedback(sf.FA(), ["backends_agree"])
