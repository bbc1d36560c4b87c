"""Learning functions, with circuits that watch: R replicas are R single networks."""

from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.analysis.delta_angles import angles_to
from spikefa.datasets.functions import linear
from spikefa.errors import SpikefaError
from spikefa.models import rate_network

SEEDS = [2, 5, 0]


def simulation(circuit, seed, replicas=None, batch=2, noise=0.0):
    net = rate_network(
        (6, 5, 5, 4), circuit(), 0.02, weight_scale=0.4, noise=noise, replicas=replicas
    )
    net.initialise(seed)
    seeds = [seed] if isinstance(seed, int) else seed
    tasks = [linear(6, 4, own) for own in seeds]
    stimulus = sf.FunctionStimulus(tasks if replicas else tasks[0], tests=9)
    return sf.Simulation(net, stimulus, batch_size=batch, seed=seed, progress=False)


def follow(sim, watching=sf.Backprop, seed=0):
    angles = angles_to(sim.network, watching(tau=1.0), sim.held_out.state, seed)
    nse = sim.held_out.answers.nse
    return sim.follow([0, 3, 200, 300], {"nse": nse, "angles": angles})


@pytest.mark.parametrize("batch", [1, 3])
def test_every_replica_learns_what_a_single_network_learns(batch):
    found = follow(simulation(partial(sf.FA, tau=1.0), SEEDS, 3, batch))
    for number, seed in enumerate(SEEDS):
        for name, alone in follow(simulation(partial(sf.FA, tau=1.0), seed, None, batch)).items():
            np.testing.assert_allclose(found[name][:, number], alone, rtol=1e-9, err_msg=name)


def test_noise_is_that_of_a_single_network():
    def errors(seed, replicas=None):
        sim = simulation(partial(sf.NodePerturbation, tau=1.0), seed, replicas, noise=0.3)
        return sim.follow([0, 300], {"nse": sim.held_out.answers.nse})["nse"]

    found = errors(SEEDS, 3)
    for number, seed in enumerate(SEEDS):
        np.testing.assert_allclose(found[:, number], errors(seed), rtol=1e-9)


def test_a_watching_circuit_with_weights_of_its_own():
    """Its weights too are those it would have beside a single network."""
    watching = partial(sf.KP, 0.3)
    found = follow(simulation(partial(sf.FA, tau=1.0), SEEDS, 3), watching, seed=[7, 8, 9])
    for number, seed in enumerate(SEEDS):
        alone = follow(simulation(partial(sf.FA, tau=1.0), seed), watching, seed=7 + number)
        np.testing.assert_allclose(found["angles"][:, number], alone["angles"], rtol=1e-9)


@pytest.mark.parametrize("other", [sf.Backprop, sf.KP, partial(sf.SF, "brSF"), sf.PseudoBackprop])
def test_another_circuit_takes_over(other):
    def run(sim, seed):
        sim.learn(20)
        sim.switch(other(tau=1.0), seed)
        sim.freeze(0)
        sim.learn(20)
        return sim.network.tensors()

    together = run(simulation(partial(sf.FA, tau=1.0), SEEDS, 3), [3, 4, 5])
    for number, seed in enumerate(SEEDS):
        for name, tensor in run(simulation(partial(sf.FA, tau=1.0), seed), 3 + number).items():
            there = together[name][number] if tensor.dim() else together[name]
            torch.testing.assert_close(there, tensor, msg=name)


def test_tasks_must_fit():
    net = rate_network((6, 4), sf.FA(tau=1.0), 0.1, replicas=3)
    with pytest.raises(SpikefaError, match="2 tasks for 3 replicas: give one, or one for each"):
        sf.Simulation(net, sf.FunctionStimulus([linear(6, 4, 0)] * 2))
    with pytest.raises(SpikefaError, match="a task with 5 inputs"):
        sf.Simulation(net, sf.FunctionStimulus([linear(6, 4, 0), linear(6, 4, 1), linear(5, 4, 0)]))
