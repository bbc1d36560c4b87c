"""Batch normalisation and shortcuts: the gradient of autograd, and the identities of circuits."""

import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.feedback.folded import Folded
from tests.helpers.small_residual import (
    BATCH,
    RATE,
    gradients,
    network,
    outputs,
    running_means,
    shown,
    weights_of,
)

EXACT = {"rtol": 0, "atol": 1e-10}


def transposed(net):
    above = list(net.synapses.values())[1:]
    for matrix, synapses in zip(net.feedback.matrices, above, strict=True):
        matrix.copy_(synapses.weight.mT)


@pytest.mark.parametrize("kind", [sf.Backprop, sf.FA, sf.KP])
def test_with_the_transposed_weights_every_layer_learns_the_gradient(kind):
    net = network(kind(tau=1.0, gated=True))
    state = net.state(BATCH)
    for step in range(3):
        if kind is not sf.Backprop:
            transposed(net)
        before, running = weights_of(net), running_means(net)
        inputs, target = shown(net, step)
        net.step(state, inputs, target)
        expected, after = gradients(before, running, inputs, target), weights_of(net)
        for name, own in before.items():
            assert expected[name].abs().max() > 1e-3, name
            torch.testing.assert_close((own - after[name]) / RATE, expected[name], **EXACT)
        for name, (mean, variance) in running.items():  # as torch has changed them
            norm = net.projections[f"{name}_norm"]
            torch.testing.assert_close(norm.mean, mean, **EXACT)
            torch.testing.assert_close(norm.variance, variance, **EXACT)


def test_with_dfa_every_population_learns_from_its_own_error():
    """The change of each layer is the gradient of ``h_l (e B_l)``, its input being fixed."""
    net = network(sf.DFA(tau=1.0))
    state = net.state(BATCH)
    for matrix in net.feedback.matrices:
        matrix.uniform_(-1, 1, generator=torch.Generator().manual_seed(3))
    before, running = weights_of(net), running_means(net)
    inputs, target = shown(net)
    net.step(state, inputs, target)
    errors = dict(
        zip(net.populations, (state.error @ B for B in net.feedback.matrices), strict=False)
    )
    own = {name: each.clone().requires_grad_() for name, each in before.items()}
    sums = []

    def receive(name, activity):
        sums.append((activity.flatten(1) * errors[name]).sum())
        return activity.detach()

    output = outputs(own, running, inputs, True, receive)
    (sum(sums) + 0.5 * (output - target).square().sum()).backward()
    after = weights_of(net)
    for name, weight in before.items():
        assert own[name].grad.abs().max() > 1e-3, name
        torch.testing.assert_close((weight - after[name]) / RATE, own[name].grad, **EXACT)


def run(net, steps=4):
    state = net.state(BATCH)
    for step in range(steps):
        net.step(state, *shown(net, step))
    return state


def assert_same_weights(net, other):
    for name, tensor in net.tensors().items():
        if name.startswith("synapses"):
            torch.testing.assert_close(other.tensors()[name], tensor, **EXACT)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_pfa_with_the_identity_is_kp(momentum):
    kp = network(sf.KP(tau=1.0, gated=True, momentum=momentum), decay=0.01)
    pfa = network(sf.PFAo(tau=1.0, momentum=momentum), decay=0.01)
    groups = [each.sharing.groups for each in list(pfa.synapses.values())[1:]]
    parts = pfa.feedback.fixed, pfa.feedback.plastic_matrices, kp.feedback.matrices, groups
    for fixed, plastic, matrix, blocks in zip(*parts, strict=True):
        fixed.copy_(torch.eye(fixed.shape[1]).repeat(blocks, 1))
        plastic.copy_(matrix)
    run(kp)
    run(pfa)
    assert_same_weights(kp, pfa)


@pytest.mark.parametrize("make", [lambda: sf.PFA(3.0, tau=1.0), lambda: sf.PFAo(2.0, tau=1.0)])
def test_folded_the_path_is_that_of_the_extra_populations(make):
    whole, folded = network(make(), decay=0.01), network(Folded(make()), decay=0.01)
    run(whole)
    run(folded)
    assert_same_weights(whole, folded)
    for path, matrix in zip(whole.feedback.paths(), folded.feedback.matrices, strict=True):
        torch.testing.assert_close(path(), matrix, **EXACT)
    assert whole.alignment() == pytest.approx(folded.alignment())


@pytest.mark.parametrize("circuit", [sf.PFAo, sf.KP, sf.SF])
def test_replicas_learn_as_they_would_alone(circuit):
    both = network(circuit(tau=1.0, gated=True), replicas=2, seed=[5, 6])
    state = both.state(BATCH)
    for step in range(3):
        both.step(state, *(torch.stack([each, each]) for each in shown(both, step)))
    for number, seed in enumerate([5, 6]):
        one = network(circuit(tau=1.0, gated=True), seed=seed)
        run(one, 3)
        assert_same_weights(one, both.replica(number))


def test_a_run_that_is_resumed_is_the_uninterrupted_one(tmp_path):
    def simulation():
        net = sf.models.resnet20(
            sf.PFAo(tau=1.0), 0.002, shape=(1, 8, 8), channels=(4, 8), blocks=1
        )
        data = sf.datasets.digits().subset(train=300, test=100)
        return sf.Simulation(net, data, steps_per_image=1, batch_size=20, seed=2, progress=False)

    whole, part = simulation(), simulation()
    whole.learn(20)
    part.learn(8)
    part.save(tmp_path / "checkpoint")
    other = simulation()
    other.restore(tmp_path / "checkpoint")
    other.learn(12)
    for name, tensor in whole.network.tensors().items():
        assert torch.equal(other.network.tensors()[name], tensor), name
    assert whole.test().error_percent == other.test().error_percent


def test_at_rest_the_running_means_serve_and_stay():
    net = network(sf.Backprop(tau=1.0))
    state = net.state(BATCH)
    for step in range(3):
        net.step(state, *shown(net, step))
    weights, running = weights_of(net), running_means(net)
    inputs, _ = shown(net, 9)
    net.forward(state, inputs, resting=True)
    expected = outputs(weights, running, inputs, training=False)
    torch.testing.assert_close(state.populations[-1].spikes, expected, **EXACT)
    for name, (mean, variance) in running_means(net).items():
        assert torch.equal(mean, running[name][0])
        assert torch.equal(variance, running[name][1])


def test_at_rest_the_error_passes_the_normalisation_without_means():
    net = network(sf.Backprop(tau=1.0))
    state = run(net, 2)
    inputs, target = shown(net, 9)
    own, running = weights_of(net), running_means(net)
    net.forward(state, inputs, resting=True)
    net.feed_back(state, target)
    activity = {}

    def receive(name, found):
        found.retain_grad()
        activity[name] = found
        return found

    images = inputs.clone().requires_grad_()
    output = outputs(own, running, images, False, receive)
    (0.5 * (output - target).square().sum()).backward()
    for error, (name, found) in zip(state.feedback.errors, activity.items(), strict=False):
        torch.testing.assert_close(error.activity, found.grad.flatten(1), **EXACT, msg=name)


class Own(sf.FeedbackCircuit):
    """A circuit that says nothing of shortcuts."""

    serves_shared = True

    def connect(self, forward, device, dtype):
        """Need no weights."""

    def initialise(self, seed):
        """Draw nothing."""

    def state(self, batch, device, dtype):
        raise NotImplementedError

    def step(self, state, error, forward):
        raise NotImplementedError

    def tensors(self):
        return {}


def test_a_circuit_that_knows_no_shortcuts_is_refused():
    with pytest.raises(SpikefaError, match="Own carries no error along shortcuts: give a circuit"):
        network(Own())
