"""Weight decay, its schedules, and freezing: against loops in NumPy."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError

ETA = (0.3, 0.05)


class Still(sf.PlasticityRule):
    """Changes nothing, so that decay is all there is."""

    def update(self, pre, post, modulator, state):
        return sf.Outer(pre, torch.zeros_like(modulator))


class Follows(sf.FA):
    """FA whose matrices decay with the forward weights, as those of Kolen-Pollack do."""

    def decay(self, factor):
        for matrix in self.matrices:
            matrix.mul_(factor)


def network(rule, feedback=None, dtype=torch.float32):
    net = sf.Network(
        12,
        {"hidden1": sf.StochasticBinary(5), "output": sf.StochasticBinary(4)},
        feedback=feedback or sf.FA(),
        rule=rule,
        dtype=dtype,
    )
    net.initialise(0)
    for synapses in net.synapses.values():
        synapses.bias.fill_(0.7)
    return net


def weights(net):
    return {name: tensor.clone().double() for name, tensor in net.tensors().items()}


@pytest.mark.parametrize("times_rate", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_decay_of_a_schedule_is_exact(tiny, times_rate, dtype):
    """High in the first epoch and tiny after: what is due from before the change is not lost."""
    gamma, high = 3e-6, 300.0
    net = network(Still(ETA, weight_decay=gamma, decay_times_rate=times_rate), dtype=dtype)
    before = weights(net)
    simulation = sf.Simulation(
        net,
        tiny,
        batch_size=4,
        steps_per_image=7,
        schedule=sf.Piecewise({0: 1, 2: 0.5}),
        decay_schedule=sf.Piecewise({0: high, 1: 1}),
    )
    expected = np.ones(2)
    while simulation.epoch < 3:
        epoch = simulation.epoch
        for _ in simulation.present():
            for layer in range(2):
                rate = ETA[layer] * (0.5 if epoch >= 2 else 1) if times_rate else 1
                expected[layer] *= 1 - rate * gamma * (high if epoch < 1 else 1)
    learning_rates = simulation.runner.state.learning_rates
    due = (learning_rates.due + learning_rates.waited * learning_rates.log_factors).exp().numpy()
    for layer, name in enumerate(net.synapses):
        for part in ("weight", "bias"):
            path = f"synapses.{name}.{part}"
            shrunk = (net.tensors()[path].double() / before[path]).numpy()
            tolerance = 1e-12 if dtype == torch.float64 else 2e-3 * (1 - expected[layer])
            np.testing.assert_allclose(shrunk * due[layer], expected[layer], atol=tolerance, rtol=0)
    assert (1 - expected).min() > 1e-4, "the test would see nothing"


def test_what_is_due_survives_a_stop(tiny, tmp_path):
    def simulation():
        return sf.Simulation(
            network(sf.ThreeFactor(0.01, weight_decay=1e-6)),
            tiny,
            batch_size=4,
            steps_per_image=7,
            seed=2,
        )

    whole, first, second = simulation(), simulation(), simulation()
    whole.train(epochs=6)
    first.train(epochs=2)
    learning_rates = first.runner.state.learning_rates
    assert int(learning_rates.waited) > 0, "the test would see nothing"
    first.save(tmp_path / "checkpoint")
    second.restore(tmp_path / "checkpoint")
    second.train(epochs=4)
    for name, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[name]), name


def test_the_circuit_decays_with_the_forward_weights(tiny):
    net = network(Still(0.1, weight_decay=0.01), Follows(), torch.float64)
    before = weights(net)
    sf.Simulation(net, tiny, batch_size=11, steps_per_image=5).train(epochs=1)
    for name in ("synapses.output.weight", "feedback.B1"):
        shrunk = net.tensors()[name] / before[name]
        torch.testing.assert_close(shrunk, torch.full_like(shrunk, 0.99**10))


def test_frozen_projections_stay_bit_for_bit_the_others_learn(tiny):
    """Figure 5c of Lillicrap et al. 2016: W0 first, then W, then W0 again."""
    net = network(sf.ThreeFactor(0.1, weight_decay=0.01), dtype=torch.float64)
    simulation = sf.Simulation(
        net,
        tiny,
        batch_size=11,
        schedule={
            "hidden1": sf.Piecewise({0: 1, 1: 0, 2: 1}),
            "output": sf.Piecewise({0: 0, 1: 1, 2: 0}),
        },
    )
    for phase, (learns, rests) in enumerate(
        [("hidden1", "output"), ("output", "hidden1"), ("hidden1", "output")]
    ):
        before = weights(net)
        row = simulation.train(epochs=1)[-1]
        for part in ("weight", "bias"):
            changed = net.tensors()[f"synapses.{learns}.{part}"]
            same = net.tensors()[f"synapses.{rests}.{part}"]
            assert not changed.equal(before[f"synapses.{learns}.{part}"]), phase
            assert same.equal(before[f"synapses.{rests}.{part}"]), phase
        assert f"learning_rate_factor_{learns}" in row


def test_a_frozen_projection_costs_no_update(tiny):
    calls = []

    class Counting(sf.ThreeFactor):
        def update(self, pre, post, modulator, state):
            calls.append(pre.shape[-1])
            return super().update(pre, post, modulator, state)

    simulation = sf.Simulation(
        network(Counting()), tiny, schedule={"output": sf.Piecewise({0: 0})}, batch_size=11
    )
    calls.clear()  # made by the check of the rule
    simulation.train(epochs=1)
    assert set(calls) == {12}


def test_factors_that_cannot_be():
    net = network(sf.ThreeFactor(0.1, weight_decay=0.5))
    state = net.state(1)
    for factors, message in (
        ({"factor": -1.0}, "must be 0 or more"),
        ({"factor": [1.0]}, "1 factors for 2 projections"),
        ({"decay": 2.0}, "weight decay of 1.0 per step"),
    ):
        with pytest.raises(SpikefaError, match=message):
            net.set_learning_rates(state, **factors)


def test_a_circuit_that_decays_needs_projections_that_decay_alike(tiny):
    with pytest.raises(SpikefaError, match="Follows decay with those of all projections"):
        network(sf.ThreeFactor(ETA, weight_decay=0.01, decay_times_rate=True), Follows())
    network(sf.ThreeFactor(ETA, weight_decay=0.01, decay_times_rate=True), sf.FA())
    net = network(sf.ThreeFactor(ETA, weight_decay=0.01), Follows())
    state = net.state(1)
    net.set_learning_rates(state, factor=0.0)
    with pytest.raises(SpikefaError, match="freeze none, or all"):
        net.set_learning_rates(state, factor=[0.0, 1.0])


def test_a_schedule_for_a_projection_that_is_not_there(tiny):
    with pytest.raises(SpikefaError, match="'hidden7', but projections are to hidden1, output"):
        sf.Simulation(network(sf.ThreeFactor()), tiny, schedule={"hidden7": sf.Constant()})
