"""Rate networks on the same engine: gradients against autograd."""

from functools import partial

import pytest
import torch

import spikefa as sf
from spikefa.models import rate_network as make_rate_network
from spikefa.neurons import noiseless

SIZES = (5, 12, 8, 8, 3)  # rectangular layers and a square one
ACTIVATIONS = {
    "linear": lambda v: v,
    "logistic": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky": lambda v: torch.where(v > 0, v, v / 20),
    "tanh_relu": lambda v: torch.tanh(torch.relu(v)),
    "softmax": lambda v: torch.softmax(v, -1),
}


def rate_network(feedback, activation, output):
    names = ["hidden1", "hidden2", "hidden3", "output"]
    functions = [activation] * 3 + [output]
    net = sf.Network(
        SIZES[0],
        {name: sf.Rate(n, f) for name, n, f in zip(names, SIZES[1:], functions, strict=True)},
        feedback=feedback,
        rule=sf.ThreeFactor(1.0, weight_decay=0),
        dtype=torch.float64,
    )
    net.initialise(seed=5)
    for synapses in net.synapses.values():  # of a size that makes all layers matter
        synapses.weight.mul_(20)
        synapses.bias.uniform_(0, 0.5, generator=torch.Generator().manual_seed(1))
    return net


def gradients(net, activation, output, x, target):
    """Return the gradients of the loss, weight and bias of each layer, from autograd."""
    weights = [s.weight.clone().requires_grad_() for s in net.synapses.values()]
    biases = [s.bias.clone().requires_grad_() for s in net.synapses.values()]
    functions = [ACTIVATIONS[activation]] * 3 + [ACTIVATIONS[output]]
    s = x
    for f, weight, bias in zip(functions, weights, biases, strict=True):
        s = f(s @ weight + bias)
    loss = -(target * s.log()).sum() if output == "softmax" else ((s - target) ** 2).sum() / 2
    loss.backward()
    return [weight.grad for weight in weights], [bias.grad for bias in biases]


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "softmax"])
@pytest.mark.parametrize("output", ["linear", "tanh", "logistic", "softmax"])
@pytest.mark.parametrize("circuit", ["backprop", "fa"])
def test_fa_with_transposed_weights_is_autograd_on_every_layer(activation, output, circuit):
    feedback = sf.Backprop(tau=1.0) if circuit == "backprop" else sf.FA(tau=1.0, gated=True)
    net = rate_network(feedback, activation, output)
    if circuit == "fa":
        for back, synapses in zip(feedback.matrices, list(net.synapses.values())[1:], strict=True):
            back.copy_(synapses.weight.mT)
    random = torch.Generator().manual_seed(2)
    x = torch.randn(30, SIZES[0], generator=random, dtype=torch.float64)
    target = torch.softmax(torch.randn(30, SIZES[-1], generator=random, dtype=torch.float64), -1)
    expected_weights, expected_biases = gradients(net, activation, output, x, target)
    before = {name: tensor.clone() for name, tensor in net.tensors().items()}
    net.step(net.state(30), x, target)
    for name, by_weight, by_bias in zip(
        net.synapses, expected_weights, expected_biases, strict=True
    ):
        for part, gradient in (("weight", by_weight), ("bias", by_bias)):
            path = f"synapses.{name}.{part}"
            change = net.tensors()[path] - before[path]
            assert gradient.abs().max() > 1e-4, "the test would see nothing"
            torch.testing.assert_close(change, -gradient, rtol=0, atol=1e-10)


def test_noise_of_rate_neurons_has_the_deviation_given():
    population = sf.Rate(4, "linear", noise=0.3)
    state = population.state(50_000, torch.device("cpu"), torch.float64)
    state.drive.fill_(2.0)
    state.uniforms.uniform_(generator=torch.Generator().manual_seed(0))
    population.step(state)
    assert state.spikes.mean().item() == pytest.approx(2.0, abs=0.003)
    assert state.spikes.std().item() == pytest.approx(0.3, abs=0.003)
    assert (state.probability == 2.0).all()


def test_error_neurons_can_spike_around_a_tonic_rate():
    """2 (s - 1/2) has the mean of the logistic phi_delta, tanh(U/2)."""
    circuit = sf.FA(phi_delta="spiking", tau=1.0)
    net = sf.Network(3, {"output": sf.StochasticBinary(2)}, circuit, sf.ThreeFactor())
    net.initialise(0)
    state = net.state(40_000)
    for uniforms in state.feedback.uniforms().values():
        uniforms.uniform_(generator=torch.Generator().manual_seed(3))
    error = torch.tensor([0.8, -0.4]).expand(40_000, 2)
    circuit.step(state.feedback, error, state.populations)
    activity = state.feedback.modulators[-1]
    assert set(activity.unique().tolist()) == {-1.0, 1.0}
    torch.testing.assert_close(activity.mean(0), torch.tanh(error[0] / 2), rtol=0, atol=0.02)


def test_dropout_leaves_neurons_out_of_activity_and_gain_and_keeps_the_mean():
    population = sf.Rate(50_000, "tanh", dropout=0.3)
    state = population.state(2, torch.device("cpu"), torch.float64)
    state.drive.fill_(0.8)
    state.uniforms.uniform_(generator=torch.Generator().manual_seed(0))
    population.step(state)
    kept = state.uniforms >= 0.3
    f = torch.tensor(0.8, dtype=torch.float64).tanh()
    torch.testing.assert_close(state.spikes, torch.where(kept, f / 0.7, 0.0))
    torch.testing.assert_close(state.gain, torch.where(kept, (1 - f**2) / 0.7, 0.0))
    assert kept.double().mean() == pytest.approx(0.7, abs=0.005)
    assert state.spikes.mean() == pytest.approx(float(f), abs=0.01)


@pytest.mark.parametrize(
    "population",
    [
        sf.Rate(3, "linear", noise=2.0),
        sf.Rate(3, "relu", dropout=0.9),
        sf.StochasticBinary(3, tau=1),
    ],
)
def test_a_silenced_state_is_the_mean_of_the_noisy_ones(population):
    def run(state):
        state.drive.fill_(0.7)
        population.step(state)
        return state

    noisy = population.state(30_000, torch.device("cpu"), torch.float64)
    quiet = noiseless(population.state(1, torch.device("cpu"), torch.float64))
    noisy.uniforms.uniform_(generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(run(quiet).spikes[0], run(noisy).spikes.mean(0), rtol=0, atol=0.05)
    assert quiet.uniforms.numel() == 0
    assert noiseless(quiet) is quiet


def test_dropout_is_backpropagation_through_the_neurons_that_are_left():
    """Against autograd, with the masks of this very step; twice, since gains must not pile up."""
    net = make_rate_network(SIZES, sf.Backprop(tau=1.0), 1.0, "linear", "tanh", 0.8, dropout=0.4)
    net.initialise(0)
    random = torch.Generator().manual_seed(2)
    state = net.state(6)
    for _ in range(2):
        x = torch.randn(6, SIZES[0], generator=random, dtype=torch.float64)
        target = torch.randn(6, SIZES[-1], generator=random, dtype=torch.float64)
        leaves = [s.weight.clone().requires_grad_() for s in net.synapses.values()]
        biases = [s.bias.clone() for s in net.synapses.values()]
        h = x
        for here, weight, bias in zip(state.populations[:-1], leaves, biases, strict=False):
            here.uniforms.uniform_(generator=random)
            h = (h @ weight + bias) * (here.uniforms >= 0.4) / 0.6
        ((torch.tanh(h @ leaves[-1] + biases[-1]) - target) ** 2).sum().div(2).backward()
        net.step(state, x, target)
        for synapses, before in zip(net.synapses.values(), leaves, strict=True):
            torch.testing.assert_close(synapses.weight, (before - before.grad).detach())


def test_synapses_of_another_kind_and_their_scale():
    net = make_rate_network(
        (20, 30, 10),
        sf.FA(tau=1.0),
        0.1,
        weight_scale=(0.5, 2.0),
        synapses={"output": partial(sf.Masked, sparsity=0.5)},
    )
    net.initialise(0)
    assert (net.synapses["output"].weight == 0).sum() == 150
    assert float(net.synapses["output"].weight.abs().max()) == pytest.approx(2.0, abs=0.1)
    assert float(net.synapses["hidden1"].weight.abs().max()) == pytest.approx(0.5, abs=0.02)
    with pytest.raises(sf.SpikefaError, match="hidden7"):
        make_rate_network((4, 3), sf.FA(tau=1.0), 0.1, synapses={"hidden7": sf.Dense})


@pytest.mark.parametrize(
    "given", [{"dropout": 1.0}, {"dropout": -0.1}, {"dropout": 0.5, "noise": 1}]
)
def test_dropout_that_cannot_be_is_refused(given):
    with pytest.raises(sf.SpikefaError, match="dropout"):
        sf.Rate(3, **given)
