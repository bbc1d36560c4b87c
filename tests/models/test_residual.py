"""The residual networks against torch's own layers, with autograd and torch's optimiser."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

import spikefa as sf
from spikefa.bench.residual import PlainResidual
from spikefa.errors import SpikefaError

BATCH, RATE = 6, 0.05
SMALL = {"shape": (2, 12, 12), "channels": (4, 8), "blocks": 2, "outputs": 3}
SGD = partial(torch.optim.SGD, momentum=0.9)


def pairs(net, module):
    """Yield names, and the tensors of a network and of a module, each with its own shape."""
    convolutions = [each for each in module.modules() if isinstance(each, nn.Conv2d)]
    norms = [each for each in module.modules() if isinstance(each, nn.BatchNorm2d)]
    for number, (one, other) in enumerate(zip(convolutions, norms, strict=True), start=1):
        yield f"conv{number}", net.synapses[f"conv{number}"].kernel, one.weight
        own = net.projections[f"conv{number}_norm"]
        yield f"gain {number}", own.weight.flatten(), other.weight
        yield f"bias {number}", own.bias, other.bias
        yield f"mean {number}", own.mean, other.running_mean
        yield f"variance {number}", own.variance, other.running_var
    yield "output", net.synapses["output"].weight.mT, module.output.weight
    yield "bias", net.synapses["output"].bias, module.output.bias


@pytest.fixture(scope="module")
def trained():
    torch.manual_seed(0)
    module = PlainResidual(**SMALL).double()
    net = sf.models.resnet20(
        sf.Backprop(tau=1.0), RATE / BATCH, **SMALL, optimiser=SGD, dtype=torch.float64
    )
    net.initialise(0)
    with torch.no_grad():
        for _, own, theirs in pairs(net, module):
            own.copy_(theirs)
    optimiser, state = torch.optim.SGD(module.parameters(), RATE, momentum=0.9), net.state(BATCH)
    for _ in range(5):
        x = torch.randn(BATCH, net.n_inputs, dtype=torch.float64)
        labels = torch.randint(3, (BATCH,))
        net.step(state, x, torch.eye(3, dtype=torch.float64)[labels])
        optimiser.zero_grad()
        cross_entropy(module(x), labels).backward()
        optimiser.step()
    return net, module, state


def test_it_learns_as_torch_does(trained):
    net, module, _ = trained
    for name, own, theirs in pairs(net, module):
        torch.testing.assert_close(own, theirs.detach(), rtol=0, atol=1e-10, msg=name)


def test_at_rest_it_answers_as_torch_does(trained):
    net, module, state = trained
    x = torch.randn(BATCH, net.n_inputs, dtype=torch.float64)
    net.forward(state, x, resting=True)
    expected = module.eval()(x).softmax(-1).detach()
    torch.testing.assert_close(state.populations[-1].spikes, expected, rtol=0, atol=1e-10)


def test_resnet_20_has_the_weights_of_the_paper():
    net = sf.models.resnet20(sf.FA(tau=1.0, gated=True), 0.1)
    count = sum(
        each.weight.numel() + each.bias.numel() * each.biased for each in net.projections.values()
    )
    assert len(net.populations) == 20
    plain = PlainResidual((3, 32, 32), (16, 32, 64), 3)
    assert count == sum(each.numel() for each in plain.parameters())
    assert round(count / 1e6, 2) == 0.27


def test_resnet_18_has_the_shapes_of_the_paper():
    net = sf.models.resnet18(sf.DFA(tau=1.0), 0.1, shape=(3, 64, 64), channels=(4, 8, 16, 32))
    shapes = [each.sharing.out_shape for each in net.synapses.values()]
    assert len(shapes) == 18
    assert shapes[0] == (4, 16, 16)
    assert shapes[4] == (4, 16, 16)
    assert shapes[8] == (8, 8, 8)
    assert shapes[16] == (32, 2, 2)
    assert shapes[17] == (1000, 1, 1)


def test_channels_that_fall_are_refused():
    with pytest.raises(SpikefaError, match="8 channels onto 4: give at least as many"):
        sf.models.resnet20(sf.DFA(tau=1.0), 0.1, channels=(8, 4))
