"""Forward direct feedback alignment: B follows the Jacobian matrix that autograd computes."""

from functools import partial
from itertools import product

import pytest
import torch

import spikefa as sf
from tests.helpers.driven_network import N_IN, N_OUT, network

HIDDEN = (3, 2, 4)


def jacobians(net, x, of_drive):
    """Return the derivative of the output of a rate network by the activity of each layer."""
    found = []
    synapses = list(net.synapses.values())
    for layer in range(len(synapses) - 1):

        def output(s, above=synapses[layer + 1 :]):
            for each in above[:-1]:
                s = torch.tanh(s @ each.weight + each.bias)
            v = s @ above[-1].weight + above[-1].bias
            return v if of_drive else torch.tanh(v)

        s = x
        for each in synapses[: layer + 1]:
            s = torch.tanh(s @ each.weight + each.bias)
        found.append(torch.autograd.functional.jacobian(output, s))
    return found


def arrested(net, batch):
    state = net.state(batch)
    net.set_learning_rates(state, 0.0)
    for number, synapses in enumerate(net.synapses.values()):
        synapses.bias.add_(torch.linspace(-0.3, 0.2 + number / 10, synapses.n_post))
    return state


def tanh_network(hidden=HIDDEN, **options):
    return network(sf.FDFA(**options), hidden, population=partial(sf.Rate, activation="tanh"))


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("hidden", [(4,), HIDDEN])
def test_over_all_directions_the_mean_is_exactly_the_jacobian(hidden, gated):
    """One stream for each pattern of signs; in one step with rate 1, B is the mean."""
    patterns = torch.tensor(list(product((0.0, 1.0), repeat=sum(hidden))), dtype=torch.float64)
    net = tanh_network(hidden, rate=1.0, gain=2.0, gated=gated)
    state = arrested(net, len(patterns))
    for chances, pattern in zip(
        state.feedback.chances, patterns.split(list(hidden), 1), strict=True
    ):
        chances.copy_(pattern)
    x = torch.linspace(-1, 1, N_IN, dtype=torch.float64)
    net.step(state, x.expand(len(patterns), -1), torch.zeros(1, N_OUT, dtype=torch.float64))
    for matrix, expected in zip(net.feedback.matrices, jacobians(net, x, gated), strict=True):
        torch.testing.assert_close(matrix, 2 * expected, rtol=0, atol=1e-12)
        assert expected.abs().max() > 0.01


def test_while_plasticity_rests_it_converges_to_the_jacobian():
    net = tanh_network((9, 7), rate=0.01)
    state, random = arrested(net, 8), torch.Generator().manual_seed(0)
    x = torch.linspace(-1, 1, N_IN, dtype=torch.float64)
    wanted = jacobians(net, x, of_drive=True)

    def cosines():
        return [
            torch.cosine_similarity(matrix.flatten(), there.flatten(), 0).item()
            for matrix, there in zip(net.feedback.matrices, wanted, strict=True)
        ]

    assert max(cosines()) < 0.6
    for _ in range(800):
        for chances in state.feedback.chances:
            chances.uniform_(generator=random)
        net.step(state, x.expand(8, -1), torch.zeros(8, N_OUT, dtype=torch.float64))
    assert min(cosines()) > 0.98


def test_in_equilibrium_it_fluctuates_as_the_docstring_says():
    """Linear neurons with orthogonal weights, where all layers move the output alike."""
    rate, batch, n = 0.05, 4, 12
    net = network(
        sf.FDFA(rate=rate), (n, n), n_out=n, population=lambda size: sf.Rate(size, "linear")
    )
    random = torch.Generator().manual_seed(0)
    for name in ("hidden2", "output"):
        torch.nn.init.orthogonal_(net.synapses[name].weight, generator=random)
    state = net.state(batch)
    net.set_learning_rates(state, 0.0)
    above, top = net.synapses["hidden2"].weight, net.synapses["output"].weight
    wanted, angles = [(above @ top).mT, top.mT], []
    for step in range(400):
        for chances in state.feedback.chances:
            chances.uniform_(generator=random)
        net.step(state, torch.zeros(batch, N_IN, dtype=torch.float64), state.error.clone())
        if step > 100:
            angles += [
                torch.cosine_similarity(b.flatten(), there.flatten(), 0).arccos()
                for b, there in zip(net.feedback.matrices, wanted, strict=True)
            ]
    predicted = torch.tensor((rate * 2 * n / (2 * batch)) ** 0.5).arctan()
    assert abs(torch.stack(angles).mean() / predicted - 1) < 0.1


def test_its_error_is_that_of_backprop_where_no_layer_lies_between():
    """One hidden layer: B is W^T, whatever the gains are."""
    net = network(sf.FDFA(rate=0.005), (9,))
    state, random = net.state(8), torch.Generator().manual_seed(0)
    net.set_learning_rates(state, 0.0)
    for _ in range(1500):
        for chances in state.feedback.chances:
            chances.uniform_(generator=random)
        x = torch.rand(8, N_IN, dtype=torch.float64, generator=random)
        net.step(state, x, state.error.clone())
    assert net.alignment()["output"] < 5
