"""The gradient of the expected loss, against the sum over all spikes there can be."""

from itertools import product

import pytest
import torch

import spikefa as sf
from spikefa.analysis.expected_gradient import expected_modulators, gradient_angles

SIZES = {"hidden1": 4, "hidden2": 3, "output": 2}
TARGET = torch.tensor([[1.0, 0.0]], dtype=torch.float64)


def network(feedback=None):
    populations = {name: sf.StochasticBinary(size, tau=0.8) for name, size in SIZES.items()}
    net = sf.Network(
        5, populations, feedback or sf.FA(scale=1.0), sf.ThreeFactor(), dtype=torch.float64
    )
    net.initialise(3)
    for synapses in net.synapses.values():
        synapses.weight.mul_(40)  # effects that a few thousand samples can show
    return net


def after_two_steps(net):
    state, source = net.state(1), torch.Generator().manual_seed(1)
    for _ in range(2):
        for population in state.populations:
            population.uniforms.uniform_(generator=source)
        net.forward(state, (torch.rand(1, 5, generator=source) < 0.5).double())
    return state


def patterns(probability):
    """Every pattern of spikes with its probability."""
    for bits in product((0.0, 1.0), repeat=len(probability)):
        spikes = torch.tensor(bits, dtype=torch.float64)
        yield spikes, torch.where(spikes > 0, probability, 1 - probability).prod()


def expected_loss(net, state, layer, potential, loss):
    """E[L] if the population `layer` has this potential, the others what they have kept."""
    probability = torch.sigmoid(potential)
    if layer == len(SIZES) - 1:
        if loss == "probability":
            return 0.5 * (probability - TARGET[0]).square().sum()
        chances = patterns(probability)
        return sum(0.5 * (s - TARGET[0]).square().sum() * chance for s, chance in chances)
    above, here = state.populations[layer + 1], state.populations[layer]
    weight = list(net.synapses.values())[layer + 1].weight
    total = torch.zeros((), dtype=torch.float64)
    for spikes, chance in patterns(probability):
        moved = above.potential[0] + 0.8 * ((spikes - here.spikes[0]) @ weight)
        total += chance * expected_loss(net, state, layer + 1, moved, loss)
    return total


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["probability", "spikes"])
@pytest.mark.parametrize("layer", [0, 1])
def test_equals_the_slope_of_the_sum_over_all_patterns(layer, loss):
    net = network()
    state = after_two_steps(net)
    found = expected_modulators(net, state, TARGET, samples=3000, loss=loss)[layer][0]
    here = state.populations[layer]
    slopes = []
    for neuron in range(len(found)):
        step = torch.zeros_like(here.potential[0])
        step[neuron] = 1e-5
        up, down = (
            expected_loss(net, state, layer, here.potential[0] + sign * step, loss)
            for sign in (1, -1)
        )
        slopes.append((up - down) / 2e-5)
    wanted = torch.stack(slopes) / here.gain[0]
    assert wanted.abs().max() > 0.02
    torch.testing.assert_close(found, wanted, atol=0.1 * float(wanted.abs().max()), rtol=0)


def test_nothing_changes():
    net = network()
    state = after_two_steps(net)
    before = [population.potential.clone() for population in state.populations]
    first = expected_modulators(net, state, TARGET, samples=2)
    again = expected_modulators(net, state, TARGET, samples=2)
    assert all(map(torch.equal, first, again))
    assert all(map(torch.equal, before, [each.potential for each in state.populations]))


def test_backpropagation_is_nearer_than_feedback_alignment():
    digits = sf.datasets.digits()
    angles = {}
    for circuit in (sf.Backprop(), sf.FA(scale=1.0)):
        net = sf.models.lillicrap2016.spiking_mnist(
            n_inputs=64, hidden=30, hidden_layers=2, outputs=50, feedback=circuit
        )
        net.initialise(0)
        for synapses in net.synapses.values():
            synapses.weight.mul_(10)
        images = digits.train.part(slice(10))
        angles[type(circuit)] = gradient_angles(net, images, samples=16)
    assert set(angles[sf.FA]) == {"hidden1", "hidden2"}
    assert angles[sf.Backprop]["hidden2"] < 60
    assert 75 < angles[sf.FA]["hidden2"] < 105


def test_other_neurons_are_refused():
    net = sf.Network(
        5, {"hidden": sf.Rate(4), "output": sf.Rate(2)}, sf.FA(scale=1.0), sf.ThreeFactor()
    )
    net.initialise(0)
    with pytest.raises(sf.SpikefaError, match="StochasticBinary"):
        expected_modulators(net, net.state(1), torch.zeros(1, 2))
    with pytest.raises(sf.SpikefaError, match="samples"):
        expected_modulators(network(), network().state(1), TARGET, samples=0)
