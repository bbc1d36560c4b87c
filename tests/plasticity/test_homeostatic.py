"""Neurons with a homeostatic rule come to spike at the rate that it aims at."""

import torch

import spikefa as sf


def test_rates_come_to_the_target_and_rest_in_tests():
    """With almost no error, from a rate of a half; what is learnt is in the biases, so it stays."""
    sizes = {"hidden1": sf.StochasticBinary(30), "output": sf.StochasticBinary(20)}
    rule = sf.Homeostatic(0.05, target=0.2, strength=1.0)
    net = sf.Network(64, sizes, sf.FA(scale=1e-6), rule)
    digits = sf.datasets.digits().subset(400, 100)
    sim = sf.Simulation(net, digits, batch_size=10, seed=1, progress=False)
    hidden = sim.training.runner.state.populations[0]

    def rate(presentations=20):
        spikes = []
        for _ in range(presentations):
            spikes += [hidden.spikes.mean().item() for _ in sim.present()]
        return sum(spikes) / len(spikes)

    assert abs(rate(1) - 0.5) < 0.15
    sim.train(epochs=3)
    assert abs(rate() - 0.2) < 0.02
    before = net.synapses["hidden1"].bias.clone()
    assert (before < 0).all()
    sim.test()
    assert net.synapses["hidden1"].bias.equal(before)


def test_weights_change_as_without_the_target():
    pre, post = torch.rand(4, 6), sf.Post(*torch.rand(3, 4, 5))
    changed = []
    for rule in (sf.ThreeFactor(0.1), sf.Homeostatic(0.1)):
        synapses = sf.Dense(6, 5)
        state = rule.state(6, 5, 4, 0.1, torch.device("cpu"), torch.float32)
        synapses.apply(rule.update(pre, post, torch.ones(4, 5), state))
        changed.append(synapses)
    one, other = changed
    torch.testing.assert_close(one.weight, other.weight)
    term = (other.bias - one.bias) / -0.1
    torch.testing.assert_close(term, 0.1 * (post.spikes - 0.1).sum(0))
