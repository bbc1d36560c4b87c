"""Chu & Bacho 2024, eq. 11: an update that agrees with the gradient in sign lowers the loss.

The update of each layer is what the engine did in one step; the gradient is autograd's, and the
loss is measured by running the engine forward again with that one layer changed.
"""

import numpy as np
import pytest
import torch

import spikefa as sf

SIZES = (6, 10, 8, 3)
BATCH = 12
ETA = 1e-6
NETWORKS = 40


CIRCUITS = {
    "FA": lambda: sf.FA(scale=1.0, tau=1.0, gated=True),
    "DFA": lambda: sf.DFA(scale=1.0, tau=1.0, gated=True),
    "PFA": lambda: sf.PFA(expansion=2, scale=1.0, tau=1.0),
    "s3": lambda: sf.Mixed("s3", scale=1.0, tau=1.0),
}


def network(circuit, seed, output):
    """Return a network with weights of a size that makes all layers matter, and its task."""
    activations = ("tanh", "tanh", output)
    net = sf.Network(
        SIZES[0],
        {
            f"p{i}": sf.Rate(n, f)
            for i, (n, f) in enumerate(zip(SIZES[1:], activations, strict=True))
        },
        feedback=circuit,
        rule=sf.ThreeFactor(ETA, weight_decay=0),
        dtype=torch.float64,
    )
    net.initialise(seed)
    random = torch.Generator().manual_seed(seed)
    for synapses in net.synapses.values():
        synapses.weight.normal_(0, 0.6, generator=random)
        synapses.bias.normal_(0, 0.2, generator=random)
    x = torch.randn(BATCH, SIZES[0], generator=random, dtype=torch.float64)
    target = torch.softmax(torch.randn(BATCH, SIZES[-1], generator=random, dtype=torch.float64), -1)
    return net, x, target


def loss(said, target, output):
    if output == "softmax":
        return -(target * said.log()).sum()
    return ((said - target) ** 2).sum() / 2


def measured_loss(net, x, target, output):
    state = net.state(BATCH)
    net.forward(state, x)
    return float(loss(state.populations[-1].spikes, target, output))


def gradients(net, x, target, output):
    """Return dL/dW of each layer, from autograd."""
    weights = [each.weight.clone().requires_grad_() for each in net.synapses.values()]
    s = x
    for weight, each in zip(weights, net.synapses.values(), strict=True):
        v = s @ weight + each.bias
        s = torch.softmax(v, -1) if output == "softmax" and weight is weights[-1] else torch.tanh(v)
    loss(s, target, output).backward()
    return [weight.grad for weight in weights]


def layers(circuit, seed, output):
    """Return, per layer, the fall of the loss that eq. 9 predicts and the fall measured."""
    net, x, target = network(circuit, seed, output)
    expected = gradients(net, x, target, output)
    weights = [each.weight for each in net.synapses.values()]
    before = [weight.clone() for weight in weights]
    biases = [each.bias.clone() for each in net.synapses.values()]
    at_first = measured_loss(net, x, target, output)
    net.step(net.state(BATCH), x, target)
    changed = [weight.clone() for weight in weights]
    for each, bias in zip(net.synapses.values(), biases, strict=True):
        each.bias.copy_(bias)
    falls = []
    for layer, gradient in enumerate(expected):
        for number, weight in enumerate(weights):
            weight.copy_((changed if number == layer else before)[number])
        fall = at_first - measured_loss(net, x, target, output)
        falls.append((-float((gradient * (changed[layer] - before[layer])).sum()), fall))
    return falls


@pytest.mark.slow
@pytest.mark.parametrize("output", ["tanh", "softmax"])
@pytest.mark.parametrize("name", CIRCUITS)
def test_the_sign_of_the_alignment_is_that_of_the_change_of_the_loss(name, output):
    falls = [layers(CIRCUITS[name](), seed, output) for seed in range(NETWORKS)]
    predicted, measured = np.moveaxis(falls, 2, 0)
    decided = np.abs(predicted) > 1e-8  # at right angles what counts is of second order
    assert decided.mean() > 0.9
    assert (np.sign(predicted) == np.sign(measured))[decided].all()
    np.testing.assert_allclose(measured, predicted, rtol=1e-3, atol=1e-10)
    hidden, top = predicted[:, :-1], predicted[:, -1]
    assert (top > 0).all(), "the output layer follows the gradient in every circuit"
    assert 0.2 < (hidden > 0).mean() < 0.8, "one sign alone would prove nothing"


def test_backpropagation_is_the_gradient_itself():
    for seed in range(5):
        net, x, target = network(sf.Backprop(tau=1.0), seed, "tanh")
        expected = gradients(net, x, target, "tanh")
        predicted = [fall for fall, _ in layers(sf.Backprop(tau=1.0), seed, "tanh")]
        lengths = [ETA * float((gradient**2).sum()) for gradient in expected]
        np.testing.assert_allclose(predicted, lengths, rtol=1e-6)
