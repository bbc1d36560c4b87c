"""Changes handed to torch.optim, against training by autograd with the same optimiser."""

from functools import partial

import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError

SIZES, RATES = (6, 9, 4), (0.02, 0.005)
OPTIMISERS = {
    "SGD": torch.optim.SGD,
    "momentum": partial(torch.optim.SGD, momentum=0.9),
    "Nesterov": partial(torch.optim.SGD, momentum=0.9, nesterov=True, weight_decay=0.01),
    "Adam": torch.optim.Adam,
    "AMSGrad": partial(torch.optim.Adam, amsgrad=True),
    "AdamW": partial(torch.optim.AdamW, weight_decay=0.1),
    "NAdam": torch.optim.NAdam,
    "RAdam": torch.optim.RAdam,
    "Adamax": torch.optim.Adamax,
    "RMSprop": partial(torch.optim.RMSprop, momentum=0.5, centered=True),
    "Adagrad": partial(torch.optim.Adagrad, initial_accumulator_value=0.3),
    "Adadelta": torch.optim.Adadelta,
    "Rprop": torch.optim.Rprop,
}


def network(optimiser=None, rule=None):
    net = sf.Network(
        SIZES[0],
        {"hidden1": sf.Rate(SIZES[1], "tanh"), "output": sf.Rate(SIZES[2], "logistic")},
        feedback=sf.Backprop(tau=1.0),
        rule=rule or sf.ThreeFactor(RATES, weight_decay=0),
        synapses=partial(sf.Dense, scale=0.8),
        dtype=torch.float64,
        optimiser=optimiser,
    )
    net.initialise(seed=1)
    return net


def data(steps):
    random = torch.Generator().manual_seed(5)
    for _ in range(steps):
        x = torch.randn(7, SIZES[0], generator=random, dtype=torch.float64)
        yield x, torch.rand(7, SIZES[2], generator=random, dtype=torch.float64)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_backpropagation_and_an_optimiser_are_torch_training(name):
    """A learning-rate schedule, a frozen phase, and rates of their own included."""
    net = network(OPTIMISERS[name])
    layers = [[s.weight.clone(), s.bias.clone()] for s in net.synapses.values()]
    for layer in layers:
        for tensor in layer:
            tensor.requires_grad_()
    groups = [{"params": layer, "lr": rate} for layer, rate in zip(layers, RATES, strict=True)]
    torchs = OPTIMISERS[name](groups)
    state = net.state(7)
    for step, (x, target) in enumerate(data(30)):
        factors = (1 if step < 20 else 0.3, 0 if 10 <= step < 15 else 1)
        net.set_learning_rates(state, factors)
        net.step(state, x, target)
        torchs.zero_grad()
        hidden = torch.tanh(x @ layers[0][0] + layers[0][1])
        output = torch.sigmoid(hidden @ layers[1][0] + layers[1][1])
        (0.5 * (output - target).square().sum()).backward()
        for group, layer, rate, factor in zip(
            torchs.param_groups, layers, RATES, factors, strict=True
        ):
            group["lr"] = rate * factor
            if factor == 0:
                for tensor in layer:
                    tensor.grad = None
        torchs.step()
        for synapses, (weight, bias) in zip(net.synapses.values(), layers, strict=True):
            torch.testing.assert_close(synapses.weight, weight.detach(), rtol=0, atol=1e-9)
            torch.testing.assert_close(synapses.bias, bias.detach(), rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", ["outer", "direct"])
def test_plain_sgd_is_the_path_without_an_optimiser(kind):
    class WeightByWeight(sf.ThreeFactor):
        def update(self, pre, post, modulator, state):
            outer = super().update(pre, post, modulator, state)
            return sf.Direct(outer.pre.mT @ outer.post, outer.post.sum(-2))

    rule = (sf.ThreeFactor if kind == "outer" else WeightByWeight)(RATES, weight_decay=1e-3)
    nets = [network(optimiser, rule) for optimiser in (None, torch.optim.SGD)]
    for net in nets:
        state = net.state(7)
        for x, target in data(30):
            net.step(state, x, target)
    plain, handed = (net.tensors() for net in nets)
    for name, tensor in plain.items():
        torch.testing.assert_close(tensor, handed[name], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["momentum", "Adam", "NAdam", "Adagrad"])
def test_a_stopped_run_goes_on_bit_for_bit(name, tiny, tmp_path):
    def simulation():
        net = sf.Network(
            12,
            {"hidden1": sf.StochasticBinary(6), "output": sf.StochasticBinary(4)},
            sf.FA(),
            sf.ThreeFactor(0.01),
            optimiser=OPTIMISERS[name],
        )
        return sf.Simulation(net, tiny, batch_size=4, seed=9)

    whole, first, second = simulation(), simulation(), simulation()
    first.save(tmp_path / "at the start")
    second.restore(tmp_path / "at the start")
    whole.train(epochs=2)
    first.train(epochs=1)
    first.save(tmp_path / "checkpoint")
    second.restore(tmp_path / "checkpoint")
    second.train(epochs=1)
    assert any(name.startswith("network.optimiser.hidden1.weight_") for name in whole.tensors())
    for path, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[path]), path


@pytest.mark.parametrize(
    ("optimiser", "message"),
    [
        (partial(torch.optim.SGD, lr=0.1), "leave lr out"),
        (torch.optim.LBFGS, "cannot be made: LBFGS"),
        (torch.optim.SparseAdam, "SparseAdam cannot take one step"),
        (torch.optim.ASGD, "its state does not begin at 0"),
    ],
)
def test_optimisers_that_do_not_fit(optimiser, message):
    with pytest.raises(SpikefaError, match=message):
        network(optimiser)
