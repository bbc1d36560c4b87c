"""Projections, replicas and presentations are chosen by whole numbers that there are."""

import numpy as np
import pytest

import spikefa as sf


@pytest.fixture
def simulation(tiny):
    net = sf.models.lillicrap2016.spiking_mnist(hidden=4, hidden_layers=1, outputs=4, n_inputs=12)
    return sf.Simulation(net, tiny, batch_size=11)


def _factors(simulation):
    *factors, decay = simulation.runner.state.learning_rates.own.tolist()
    assert decay == 1
    return factors


@pytest.mark.parametrize(("projections", "rates"), [((0,), [0, 1]), ((-1,), [1, 0]), ((), [1, 1])])
def test_a_projection_is_frozen_by_its_number(simulation, projections, rates):
    simulation.freeze(*projections)
    assert _factors(simulation) == rates
    simulation.freeze(*map(np.int64, projections))
    assert _factors(simulation) == rates


@pytest.mark.parametrize("projection", [2, -3, 0.0, True, "hidden1", [0]])
def test_a_projection_that_there_is_not_is_not_ignored(simulation, projection):
    with pytest.raises(sf.SpikefaError, match="the projections to freeze"):
        simulation.freeze(projection)


@pytest.mark.parametrize("number", [1.5, True, -1, "2"])
def test_presentations_and_epochs_are_whole_numbers(simulation, number):
    with pytest.raises(sf.SpikefaError, match=r"presentations of Simulation\.learn is"):
        simulation.learn(number)
    with pytest.raises(sf.SpikefaError, match=r"epochs of Simulation\.train is"):
        simulation.train(number)
    with pytest.raises(sf.SpikefaError, match="a number of presentations in `at`"):
        simulation.follow([0, number], {})
    assert simulation.presentation == 0


def test_curves_are_followed_forwards(simulation):
    with pytest.raises(sf.SpikefaError, match="ascending"):
        simulation.follow([4, 2], {})


def test_a_replica_that_there_is_not():
    net = sf.models.lillicrap2016.spiking_mnist(hidden=4, outputs=10, n_inputs=12)
    with pytest.raises(sf.SpikefaError, match="no replicas: use it itself"):
        net.replica(0)
