"""Output neurons that have saturated on the wrong side are told, and others are not."""

import warnings

import numpy as np
import pytest
import snntorch

import spikefa as sf
from spikefa.simulation.saturation import FLAT, LOOK_EVERY, SaturatedOutputs

SAID = "the output neurons have saturated on the wrong side"


def simulation(rate, circuit=None, replicas=None, **more):
    net = sf.models.lillicrap2016.spiking_mnist(
        hidden=[40],
        outputs=20,
        n_inputs=64,
        feedback=circuit or sf.FA(scale=0.4),
        rule=sf.ThreeFactor(learning_rate=rate),
        replicas=replicas,
    )
    return sf.Simulation(net, sf.datasets.digits(), seed=0, progress=False, batch_size=10, **more)


def test_what_is_added_up_is_that_of_numpy():
    sim = simulation(0.3)
    outputs = SaturatedOutputs(sim.training)
    missed = varied = looks = 0
    for _ in range(3 * LOOK_EVERY):
        sim.learn(1)
        outputs.look()
        if sim.training.presentation % LOOK_EVERY:
            continue
        state, target = sim.runner.state, sim.runner.target.numpy()
        error = state.populations[-1].spikes.numpy() - target
        missed += (error[state.populations[-1].gain.numpy() < FLAT] ** 2).sum()
        varied += target.size * target.var()
        looks += 1
    assert looks == outputs.looks == 3
    assert missed > 0
    np.testing.assert_allclose(outputs.missed, missed, rtol=1e-5)
    np.testing.assert_allclose(outputs.varied, varied, rtol=1e-5)


@pytest.mark.parametrize("circuit", [sf.FA(scale=0.4), sf.DFA()])
def test_steps_that_are_too_long_for_the_output_layer_are_told(circuit):
    with pytest.warns(UserWarning, match=SAID):
        simulation(1.0, circuit).train(2)


def test_a_network_that_learns_warns_of_nothing():
    sim = simulation(3e-2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sim.train(3)
    assert sim.history[-1]["train_error_percent_summed"] < 60


def test_a_network_is_warned_of_once_in_a_training():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        simulation(1.0).train(4)
    assert [str(each.message).startswith(SAID) for each in told] == [True]


def test_neurons_with_a_surrogate_gain_are_not_watched():
    """Those of snnTorch were warned of while they learned: far from the threshold the gain is 0."""

    def leaky(size):
        gain = snntorch.surrogate.fast_sigmoid(25)
        return sf.SnnTorch(snntorch.Leaky(beta=0.9, threshold=1.0, spike_grad=gain), size)

    net = sf.Network(
        64, {"hidden": leaky(40), "output": leaky(20)}, sf.FA(scale=0.2), sf.ThreeFactor(4e-3)
    )
    sim = sf.Simulation(net, sf.datasets.digits(), seed=0, batch_size=20, progress=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sim.train(3)


def test_the_replica_is_named():
    sim = simulation([3e-2, 3e-2], replicas=2)
    sim.network.synapses["output"].bias[1] = -40  # silent, whatever the others learn
    with pytest.warns(UserWarning, match="the output neurons of replica 1 have saturated"):
        sim.train(2)
