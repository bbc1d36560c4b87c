"""Batch normalisation and shortcuts: the gradient of autograd, and the identities of circuits."""

from functools import partial

import pytest
import torch

import spikefa as sf
from spikefa.analysis.delta_angles import pseudo_gradients
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


@pytest.mark.parametrize("kind", [sf.FDFA, sf.PAL, sf.WM, partial(sf.Mixed, "s2")])
def test_circuits_that_would_be_wrong_are_refused(kind):
    def made(connections):
        sizes = {"hidden1": 4, "hidden2": 4, "output": 4}
        neurons = {name: sf.StochasticBinary(size) for name, size in sizes.items()}
        return sf.Network(3, neurons, kind(), sf.ThreeFactor(), connections=connections)

    norm = sf.Normalisation("hidden1", partial(sf.BatchNorm, channels=2))
    layout = partial(sf.Skip, layout=sf.Skipping((4, 1, 1), 4))
    skip = sf.Connection("hidden1", "hidden2", delay=0, synapses=layout)
    with pytest.raises(SpikefaError, match="does not serve hidden1_norm, a normalisation: give"):
        made([norm])
    with pytest.raises(SpikefaError, match="does not serve hidden1_to_hidden2, a shortcut: give"):
        made([skip])


def dense(connections, circuit=None, **more):
    neurons = {name: sf.Rate(4, "tanh") for name in ("hidden1", "hidden2")}
    net = sf.Network(
        4,
        neurons | {"output": sf.Rate(4, "linear")},
        circuit or sf.Backprop(tau=1.0),
        sf.ThreeFactor(RATE, weight_decay=0),
        partial(sf.Dense, scale=0.5),
        connections=connections,
        dtype=torch.float64,
        **more,
    )
    net.initialise(1)
    return net


def test_two_shortcuts_between_the_same_populations_both_carry_the_error():
    layout = partial(sf.Skip, layout=sf.Skipping((4, 1, 1), 4))
    ends = {"source": "hidden1", "target": "hidden2", "delay": 0, "synapses": layout}
    net = dense([sf.Connection(**ends), sf.Connection(**ends, name="again")])
    weights = [each.weight.clone().requires_grad_() for each in net.synapses.values()]
    x, target = (torch.rand(5, 4, dtype=torch.float64) for _ in range(2))
    hidden = torch.tanh(x @ weights[0])
    output = torch.tanh(hidden @ weights[1] + 2 * hidden) @ weights[2]
    (0.5 * (output - target).square().sum()).backward()
    before = net.synapses["hidden1"].weight.clone()
    net.step(net.state(5), x, target)
    change = (before - net.synapses["hidden1"].weight) / RATE
    torch.testing.assert_close(change, weights[0].grad, **EXACT)


def test_pseudo_gradients_are_what_the_rule_learns():
    net = dense([sf.Normalisation("hidden1", partial(sf.BatchNorm, channels=2))])
    state = net.state(5)
    x, target = (torch.rand(5, 4, dtype=torch.float64) for _ in range(2))
    before = [each.weight.clone() for each in net.synapses.values()]
    net.step(state, x, target)
    found = pseudo_gradients(state, x, state.feedback.modulators)
    for synapses, own, gradient in zip(net.synapses.values(), before, found, strict=True):
        torch.testing.assert_close((own - synapses.weight) / RATE, gradient, **EXACT)


def test_replicas_are_trained_in_a_simulation():
    """A shortcut has no weights, which cannot be viewed as those of replicas."""
    net = sf.models.resnet20(sf.KP(tau=1.0, gated=True), 0.002, (1, 8, 8), (4, 8), 1, replicas=2)
    data = sf.datasets.digits().subset(60, 20)
    sim = sf.Simulation(net, data, steps_per_image=1, batch_size=20, progress=False)
    sim.train(epochs=1)
    assert len(sim.histories) == 2
    assert "weights_conv1_to_conv3" not in net.variables(net.state(2))["conv3"]
