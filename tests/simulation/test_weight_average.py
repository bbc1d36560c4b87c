"""The mean of the weights, against a loop, and what is tested with it."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from tests.helpers.fused_pairs import DEVICE

SIZES = {"hidden1": 8, "output": 4}


def simulation(tiny, average=None, backend="eager", batch=2, dtype=torch.float64, **options):
    network = sf.Network(
        12,
        {name: sf.StochasticBinary(size) for name, size in SIZES.items()},
        sf.FA(),
        sf.ThreeFactor(1e-1),
        dtype=dtype,
        device=DEVICE,
        **options,
    )
    return sf.Simulation(
        network,
        tiny.hold_out(6),
        batch_size=batch,
        seed=4,
        progress=False,
        backend=backend,
        average_epochs=average,
    )


def weights(sim):
    return {name: each.clone() for name, each in sim.network.tensors().items() if "syn" in name}


@pytest.mark.parametrize("average", [0.5, 1.5])
def test_it_is_a_plain_mean_that_becomes_exponential(average, tiny):
    """16 images in 8 presentations an epoch, each of which is added."""
    sim = simulation(tiny, average)
    mean = 0.0
    for number in range(1, 25):
        sim.learn(1)
        share = max(1 / number, 1 / (8 * average))
        mean = mean + share * (weights(sim)["synapses.hidden1.weight"].numpy() - mean)
        found = sim.training.average.mean["synapses.hidden1.weight"]
        np.testing.assert_allclose(found, mean, rtol=0, atol=1e-13)
    biases = sim.training.average.mean["synapses.output.bias"]
    assert not biases.equal(weights(sim)["synapses.output.bias"])


def test_long_epochs_are_looked_at_a_hundred_times(tiny):
    seen = []
    sim = simulation(tiny, 1.0, batch=1)
    average = type(sim.training.average)(sim.network, 2.0, lambda epochs: int(500 * epochs))
    for presentation in range(1, 21):
        for each in weights(sim).values():
            each.fill_(presentation)
        for each in sim.network.synapses.values():
            each.weight.fill_(presentation)
        average.follow(presentation)
        seen.append(float(average.mean["synapses.output.weight"][0, 0]))
    assert seen[4] == 5
    assert seen[9] == 7.5
    assert len(set(seen[4:])) == 4  # after 5, 10, 15 and 20 presentations


def test_tests_use_it_and_training_goes_on_without_it(tiny):
    plain, averaged = simulation(tiny), simulation(tiny, 1.0)
    for sim in (plain, averaged):
        sim.train(2)
    for name, each in plain.tensors().items():
        assert each.equal(averaged.tensors()[name]), name
    with_mean = simulation(tiny)
    for name, each in averaged.training.average.mean.items():
        with_mean.network.tensors()[name].copy_(each)
    before = weights(averaged)
    found, expected = (
        each.test(spikes=True).predictions.spikes_summed for each in (averaged, with_mean)
    )
    np.testing.assert_array_equal(found, expected)
    assert averaged.look().score() == with_mean.look().score()
    validated = averaged.history[-1]["validation_error_percent"]
    assert validated == with_mean.test(tiny.hold_out(6).validation, "validation").error_percent
    assert all(before[name].equal(each) for name, each in weights(averaged).items())


def test_a_test_before_any_training_uses_the_weights_of_now(tiny):
    """And not those that were drawn when the mean was made."""
    averaged, plain = simulation(tiny, 1.0), simulation(tiny)
    for sim in (averaged, plain):
        for each in sim.network.synapses.values():
            each.weight.fill_(0.7)
    found, expected = (
        each.test(spikes=True).predictions.spikes_summed for each in (averaged, plain)
    )
    np.testing.assert_array_equal(found, expected)


def test_weights_come_back_if_a_test_is_interrupted(tiny):
    sim = simulation(tiny, 1.0)
    sim.learn(3)
    before = weights(sim)

    def interrupted():
        with sim.training.average.in_place():
            assert not weights(sim)["synapses.output.weight"].equal(
                before["synapses.output.weight"]
            )
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert all(before[name].equal(each) for name, each in weights(sim).items())


def test_stopped_and_resumed_is_the_uninterrupted_run(tiny, tmp_path):
    whole, first, second = (simulation(tiny, 0.7) for _ in range(3))
    whole.learn(13)
    first.learn(6)
    first.save(tmp_path / "checkpoint.pt")
    second.learn(2)
    second.restore(tmp_path / "checkpoint.pt")
    second.learn(7)
    for name, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[name]), name
    assert any(name.startswith("average.") for name in whole.tensors())


def test_a_run_does_not_go_on_with_another_average(tiny, tmp_path):
    simulation(tiny, 0.7).save(tmp_path / "checkpoint.pt")
    for other in (None, 0.8):
        with pytest.raises(SpikefaError, match="average"):
            simulation(tiny, other).restore(tmp_path / "checkpoint.pt")


def test_replicas_have_the_means_that_they_would_have_alone(tiny):
    both, alone = simulation(tiny, 1.0, replicas=2), simulation(tiny, 1.0)
    both.learn(9)
    alone.learn(9)
    for name, each in alone.training.average.mean.items():
        torch.testing.assert_close(both.training.average.mean[name][0], each)
    assert both.test().replicas[0].measures == alone.test().measures


def test_constraints_hold_for_the_mean_or_are_refused(tiny):
    laws = (sf.Dale(0.5), sf.Bounded(-0.2, 0.2))
    sim = simulation(tiny, 1.0, synapses=lambda *a, **kw: sf.Dense(*a, constraints=laws, **kw))
    sim.learn(9)
    mean = sim.training.average.mean["synapses.hidden1.weight"]
    assert mean.abs().max() <= 0.2
    assert ((mean >= 0).all(1) | (mean <= 0).all(1)).all()
    with pytest.raises(SpikefaError, match="leave average_epochs out, or that constraint"):
        simulation(
            tiny, 1.0, synapses=lambda *a, **kw: sf.Dense(*a, constraints=(sf.Bits(4),), **kw)
        )


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), "2"])
def test_a_wrong_number_of_epochs_is_refused(wrong, tiny):
    with pytest.raises(SpikefaError, match="average_epochs"):
        simulation(tiny, wrong)
