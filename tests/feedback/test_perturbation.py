"""Node perturbation and scalar reward: on average the gradient, from enumeration and autograd."""

from functools import partial
from itertools import product

import numpy as np
import pytest
import torch

import spikefa as sf
from tests.helpers.driving import BATCH, drive, network

STREAMS = 200_000


def one_step(net, x, target, expected_outcome, seed=0):
    """Run one step in many streams whose running mean is `expected_outcome`; return the state."""
    random = torch.Generator().manual_seed(seed)
    state = net.state(STREAMS)
    state.feedback.mean.fill_(expected_outcome)
    state.feedback.seen.fill_(1.0)
    for population in state.populations:
        if population.uniforms.numel():
            population.uniforms.uniform_(generator=random)
    net.forward(state, x.expand(STREAMS, -1))
    net.feed_back(state, target.expand(STREAMS, -1))
    return state


def assert_mean_is(samples, expected):
    """Compare the mean over streams to what is expected, within 4.5 standard errors."""
    error = samples.std(0) / len(samples) ** 0.5
    z = (samples.mean(0) - expected) / error
    assert z.abs().max() < 4.5, z
    assert (expected.abs() > 10 * error).any(), "the test would see nothing"


def binary_network(circuit, output_error="probability", hidden=(3, 4)):
    net = network(circuit, (*hidden, 2), tau=1.0, scale=2.0, output_error=output_error)
    x = torch.tensor([[1.0, -0.5, 1.0, 0.7, 0.3, 1.0]], dtype=torch.float64)
    return net, x, torch.tensor([[1.0, 0.0]], dtype=torch.float64)


def expected_loss(weights, x, target, loss, output_spikes):
    """Return the loss averaged over all patterns of spikes, each weighed with its probability."""
    total = torch.zeros((), dtype=torch.float64)
    sizes = [weight.shape[1] for weight in weights[: None if output_spikes else -1]]
    for pattern in product((0.0, 1.0), repeat=sum(sizes)):
        chance, s = torch.ones((), dtype=torch.float64), x[0]
        spikes = torch.tensor(pattern, dtype=torch.float64).split(sizes)
        for weight, here in zip(weights, spikes, strict=False):
            p = torch.sigmoid(s @ weight)
            chance = chance * torch.where(here > 0, p, 1 - p).prod()
            s = here
        said = s if output_spikes else torch.sigmoid(s @ weights[-1])
        total = total + chance * loss(said - target[0])
    return total


def check_against_enumeration(net, x, target, loss, output_spikes, layers):
    weights = [s.weight.clone().requires_grad_() for s in net.synapses.values()]
    value = expected_loss(weights, x, target, loss, output_spikes)
    value.backward()
    state = one_step(net, x, target, value.item())
    pre = x.expand(STREAMS, -1)
    for layer in range(layers):
        here = state.populations[layer]
        post = state.feedback.modulators[layer] * here.gain  # what ThreeFactor makes of it
        samples = pre.unsqueeze(-1) * post.unsqueeze(-2)
        assert_mean_is(samples, weights[layer].grad)
        pre = here.spikes


def test_node_perturbation_is_the_gradient_of_the_expected_loss_of_spiking_neurons():
    net, x, target = binary_network(sf.NodePerturbation())
    check_against_enumeration(net, x, target, lambda e: (e**2).sum() / 2, False, layers=2)


def test_node_perturbation_everywhere_is_it_for_the_output_too():
    net, x, target = binary_network(sf.NodePerturbation(everywhere=True), "spikes", hidden=(2, 3))
    check_against_enumeration(net, x, target, lambda e: (e**2).sum() / 2, True, layers=3)


def test_scalar_reward_climbs_the_expected_reward():
    net, x, target = binary_network(sf.Reward(), "spikes", hidden=(2, 3))
    check_against_enumeration(net, x, target, lambda e: e.abs().mean() - 1, True, layers=3)


def test_node_perturbation_is_the_gradient_for_noisy_rate_neurons():
    circuit = sf.NodePerturbation()
    noise = 0.02
    net = sf.Network(
        6,
        {
            "hidden1": sf.Rate(4, "tanh", noise=noise),
            "hidden2": sf.Rate(3, "tanh", noise=noise),
            "output": sf.Rate(2, "linear"),
        },
        circuit,
        sf.ThreeFactor(),
        synapses=lambda *n, **where: sf.Dense(*n, scale=1.0, **where),
        dtype=torch.float64,
    )
    net.initialise(1)
    x = torch.linspace(-1, 1, 6, dtype=torch.float64).unsqueeze(0)
    target = torch.tensor([[1.0, -1.0]], dtype=torch.float64)
    weights = [s.weight for s in net.synapses.values()]
    s1 = torch.tanh(x @ weights[0]).requires_grad_()
    s2 = torch.tanh(s1 @ weights[1])
    s2.retain_grad()
    loss = ((s2 @ weights[2] - target) ** 2).sum() / 2
    loss.backward()
    state = one_step(net, x, target, loss.item())
    assert_mean_is(state.feedback.modulators[0], s1.grad[0])
    assert_mean_is(state.feedback.modulators[1], s2.grad[0])


def test_each_stream_compares_with_its_own_running_mean():
    """E, its mean with the weights of a debiased exponential average, and what is delivered."""
    beta = 0.2
    circuit = sf.NodePerturbation(baseline_rate=beta, phi_delta="tanh")
    net = network(circuit)
    losses, top = [], np.zeros((BATCH, net.n_outputs))

    def compare(state, target):
        nonlocal top
        error = state.populations[-1].spikes.numpy() - target.numpy()
        losses.append((error**2).sum(1) / 2)
        past = np.array(losses[:-1])
        weights = (1 - beta) ** np.arange(len(past))[::-1]
        surprise = np.zeros(BATCH)
        if len(past):
            before = weights @ past / weights.sum()
            seen = 1 - (1 - beta) ** len(losses)  # the first surprises count for less
            surprise = (losses[-1] - before) * (1 - beta / seen) / (1 - beta)
        np.testing.assert_allclose(state.feedback.surprise[:, 0], surprise, rtol=0, atol=1e-12)
        for population, modulator in zip(
            state.populations[:-1], state.feedback.modulators, strict=False
        ):
            s, p = population.spikes.numpy(), population.probability.numpy()
            expected = surprise[:, None] * (s - p) / (p * (1 - p))
            np.testing.assert_allclose(modulator, expected, rtol=0, atol=1e-10)
        top = 0.1 * top + 0.9 * error
        np.testing.assert_allclose(state.feedback.modulators[-1], np.tanh(top), atol=1e-12)

    drive(net, 20, each=compare)


def test_reward_without_noise_is_the_same_for_all():
    net = network(sf.Reward(noisy=False), rate=True)
    state = drive(net, 8)
    surprise = state.feedback.surprise
    assert surprise.unique().numel() == BATCH
    for modulator in state.feedback.modulators:
        assert (modulator == surprise).all()


def test_neurons_that_are_sure_of_themselves_learn_nothing_and_break_nothing():
    population = sf.StochasticBinary(4)
    state = population.state(1, torch.device("cpu"), torch.float32)
    state.drive.copy_(torch.tensor([[-1e4, 1e4, 0.0, -30.0]]))
    state.uniforms.copy_(torch.tensor([[0.0, 0.99, 0.2, 0.5]]))
    population.step(state)
    out = torch.empty(1, 4)
    population.perturbation(state, out)
    torch.testing.assert_close(out, torch.tensor([[0.0, 0.0, 2.0, -1.0]]))


def learn_parity(circuit, eta, steps=2000):
    """Return the loss, first and last, on the parity of two inputs: no use without hidden units."""
    net = sf.Network(
        2,
        {"hidden1": sf.StochasticBinary(8, tau=1.0), "output": sf.StochasticBinary(1, tau=1.0)},
        circuit,
        sf.ThreeFactor(eta, weight_decay=0),
        synapses=partial(sf.Dense, scale=1.0),
    )
    net.initialise(0)
    x = torch.tensor([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]]).repeat(8, 1)
    target = (x[:, :1] * x[:, 1:] > 0).float()
    random = torch.Generator().manual_seed(0)
    state, losses = net.state(len(x)), []
    for _ in range(steps):
        for population in state.populations:
            population.uniforms.uniform_(generator=random)
        net.step(state, x, target)
        losses.append(state.error.square().mean())
    return torch.stack(losses[:200]).mean().item(), torch.stack(losses[-200:]).mean().item()


def test_node_perturbation_learns_what_needs_hidden_units():
    before, after = learn_parity(sf.NodePerturbation(tau=1.0), eta=0.1)
    assert before > 0.4
    assert after < 0.1


def test_scalar_reward_learns_three_patterns_of_four():
    """It stays there: the network has reached the best that small changes lead to."""
    before, after = learn_parity(sf.Reward(), eta=0.03)
    assert before > 0.4
    assert after < 0.3


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("phi_delta", ["identity", "tanh", "logistic", "spiking"])
@pytest.mark.parametrize("sizes", [(4,), (5, 4), (5, 7, 4)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_runs_with_every_depth(batch, phi_delta, sizes, dtype):
    for circuit in (sf.NodePerturbation(phi_delta=phi_delta), sf.Reward()):
        net = network(circuit, sizes, dtype=dtype)
        state = drive(net, 4, batch=batch)
        assert all(tensor.isfinite().all() for tensor in net.tensors().values())
        spiking = phi_delta == "spiking" and isinstance(circuit, sf.NodePerturbation)
        assert list(state.feedback.uniforms()) == [f"error{len(sizes)}"] * spiking
        variables = net.variables(state)["output"]
        assert variables["surprise"].shape == variables["outcome"].shape == (batch, 1)
        assert net.alignment() == {}


def test_neurons_without_noise_are_refused():
    with pytest.raises(sf.SpikefaError, match=r"NodePerturbation learns from .* has none"):
        network(sf.NodePerturbation(), rate=True)
    quiet = {"hidden1": sf.Rate(3, noise=0.1), "output": sf.Rate(2)}
    sf.Network(4, quiet, sf.NodePerturbation(), sf.ThreeFactor())
    with pytest.raises(sf.SpikefaError, match=r"Rate\(size=2, .* has none: take StochasticBinary"):
        sf.Network(4, quiet, sf.NodePerturbation(everywhere=True), sf.ThreeFactor())


@pytest.mark.parametrize("circuit", [sf.NodePerturbation, sf.Reward])
@pytest.mark.parametrize("rate", [0.0, 1.0, float("nan")])
def test_the_baseline_needs_a_rate(circuit, rate):
    with pytest.raises(sf.SpikefaError, match="baseline_rate of "):
        circuit(baseline_rate=rate)
