"""Neurons that are silenced at random, against a loop in NumPy and statistics."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.backends.support import obstacle
from spikefa.errors import SpikefaError
from spikefa.utils.seeding import generator

SIZES = {"hidden1": 30, "hidden2": 20, "output": 4}


def simulation(tiny, dropout=None, batch=3, seed=4, **options):
    network = sf.Network(
        12,
        {
            name: sf.StochasticBinary(size, dropout=None if name == "output" else dropout)
            for name, size in SIZES.items()
        },
        sf.FA(),
        sf.ThreeFactor(1e-2, weight_decay=0.0),
        dtype=torch.float64,
        **options,
    )
    return sf.Simulation(network, tiny, batch_size=batch, seed=seed, progress=False)


def copies(synapses):
    return [each.numpy().copy() for each in (synapses.weight, synapses.bias)]


def logistic(v):
    return 1 / (1 + np.exp(-v))


def test_each_step_is_that_of_a_loop(tiny):
    """A silenced neuron integrates; it has no probability and no gain, for a presentation."""
    sim = simulation(tiny, sf.Dropout(0.4))
    here, network = sim.runner.state.populations[1], sim.network
    source = generator(4, "train", "dropout", "hidden2")
    potential = np.zeros((3, 20))
    for _ in range(4):
        chances = torch.rand(3, 20, generator=source, dtype=torch.float64).numpy()
        weight, bias = copies(network.synapses["hidden2"])
        for _ in sim.present():
            sent = sim.runner.state.populations[0].spikes.numpy()
            potential = 0.1 * potential + 0.9 * (sent @ weight + bias)
            p = logistic(potential)
            kept = chances >= 0.4
            np.testing.assert_allclose(here.potential, potential, atol=1e-12)
            np.testing.assert_allclose(here.probability, p * kept, atol=1e-12)
            np.testing.assert_allclose(here.gain, p * (1 - p) * kept, atol=1e-12)
            np.testing.assert_array_equal(here.spikes, here.uniforms.numpy() < p * kept)
            weight, bias = copies(network.synapses["hidden2"])


def test_synapses_of_a_silenced_neuron_do_not_change(tiny):
    sim = simulation(tiny, sf.Dropout(0.5), batch=1)
    for _ in range(3):
        before = {name: each.clone() for name, each in sim.network.tensors().items()}
        sim.learn(1)
        silent = sim.runner.state.populations[0].dropout.kept[0] == 0
        assert 0 < silent.sum() < 30
        changed = {name: each - before[name] for name, each in sim.network.tensors().items()}
        assert not changed["synapses.hidden1.weight"][:, silent].any()
        assert not changed["synapses.hidden1.bias"][silent].any()
        assert not changed["synapses.hidden2.weight"][silent].any()
        assert changed["synapses.hidden1.weight"][:, ~silent].any()


def test_the_share_of_silent_neurons_is_the_one_that_was_asked_for(tiny):
    sim = simulation(tiny, sf.Dropout(0.3), batch=20)
    kept = []
    for _ in range(30):
        sim.learn(1)
        kept.append(sim.runner.state.populations[0].dropout.kept.clone())
    kept = torch.stack(kept)
    deviation = (0.3 * 0.7 / kept.numel()) ** 0.5
    assert abs(1 - kept.mean() - 0.3) < 4 * deviation
    assert not kept[0].equal(kept[1])
    assert not kept[0, 0].equal(kept[0, 1])  # streams have their own


@pytest.mark.parametrize("redrawn", ["presentation", "step"])
def test_tests_silence_none_for_long_but_spikes_are_rarer(redrawn, tiny):
    sim = simulation(tiny, sf.Dropout(0.25, redrawn))
    sim.learn(2)
    sim.look()
    here = sim.held_out.state.populations[0]
    p = logistic(here.potential.numpy())
    np.testing.assert_allclose(here.probability, 0.75 * p, atol=1e-12)
    assert set(here.spikes.unique().tolist()) <= {0.0, 1.0}
    assert sim.test().measures == sim.test().measures


def test_a_step_of_its_own_takes_no_random_numbers(tiny):
    """The spike of a neuron that would be silenced in every step anew only fails more often."""
    sim = simulation(tiny, sf.Dropout(0.25, "step"))
    sim.learn(2)
    here = sim.runner.state.populations[0]
    p = logistic(here.potential.numpy())
    np.testing.assert_allclose(here.probability, 0.75 * p, atol=1e-12)
    np.testing.assert_allclose(here.gain, 0.75 * p * (1 - p), atol=1e-12)


def test_nothing_else_is_drawn_differently(tiny):
    plain, silenced = simulation(tiny), simulation(tiny, sf.Dropout(0.5))
    plain.learn(3)
    silenced.learn(3)
    for name, state in plain.runner.random.states().items():
        assert state.equal(silenced.runner.random.states()[name]), name


@pytest.mark.parametrize("redrawn", ["presentation", "step"])
def test_stopped_and_resumed_is_the_uninterrupted_run(redrawn, tiny, tmp_path):
    whole, first, second = (simulation(tiny, sf.Dropout(0.3, redrawn)) for _ in range(3))
    whole.learn(9)
    first.learn(4)
    first.save(tmp_path / "checkpoint.pt")
    second.learn(1)
    second.restore(tmp_path / "checkpoint.pt")
    second.learn(5)
    for name, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[name]), name


def test_a_run_does_not_go_on_with_another_dropout(tiny, tmp_path):
    simulation(tiny, sf.Dropout(0.3)).save(tmp_path / "checkpoint.pt")
    simulation(tiny).save(tmp_path / "without.pt")
    with pytest.raises(SpikefaError, match="dropout"):
        simulation(tiny, sf.Dropout(0.2)).restore(tmp_path / "checkpoint.pt")
    with pytest.raises(SpikefaError, match="dropout"):
        simulation(tiny, sf.Dropout(0.3)).restore(tmp_path / "without.pt")


def test_a_replica_is_silenced_as_it_would_be_alone(tiny):
    both = simulation(tiny, sf.Dropout(0.3), replicas=2)
    alone = simulation(tiny, sf.Dropout(0.3), seed=5)
    both.learn(3)
    alone.learn(3)
    for name, tensor in alone.network.tensors().items():
        torch.testing.assert_close(both.network.tensors()[name][1], tensor)
    kept = both.runner.state.populations[0].dropout.kept
    assert kept[1].equal(alone.runner.state.populations[0].dropout.kept)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: sf.Dropout(0), "above 0, below 1"),
        (lambda: sf.Dropout(1.0), "above 0, below 1"),
        (lambda: sf.Dropout(0.5, "image"), "redrawn"),
        (lambda: sf.StochasticBinary(3, dropout=0.5), r"give Dropout\(share\), or None"),
        (
            lambda: sf.Network(
                2,
                {"out": sf.StochasticBinary(3, dropout=sf.Dropout(0.5))},
                sf.FA(),
                sf.ThreeFactor(),
            ),
            "give dropout to the others",
        ),
    ],
)
def test_wrong_arguments_are_refused(make, says):
    with pytest.raises(SpikefaError, match=says):
        make()


def test_the_older_kernels_refuse_it():
    populations = {
        "a": sf.StochasticBinary(3, dropout=sf.Dropout(0.5)),
        "b": sf.StochasticBinary(2),
    }
    network = sf.Network(12, populations, sf.FA(), sf.ThreeFactor())
    assert "its population a has a dropout" in obstacle("fused", network)
