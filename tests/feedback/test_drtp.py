"""Direct random target projection against a loop, and against DFA where they are the same."""

import numpy as np
import pytest
import torch

import spikefa as sf
from tests.helpers.driven_network import HIDDEN, N_OUT, network, run

BATCH, TAU = 3, 0.8
PHI = {
    "identity": lambda u: u,
    "tanh": np.tanh,
    "logistic": lambda u: 2 / (1 + np.exp(-u)) - 1,
}


@pytest.mark.parametrize("phi", PHI)
def test_modulators_are_those_of_the_equation(phi):
    net = network(sf.DRTP(0.7, phi_delta=phi, tau=TAU))
    matrices = [matrix.numpy() for matrix in net.feedback.matrices]
    state, random = net.state(BATCH), np.random.default_rng(1)
    top = np.zeros((BATCH, N_OUT))
    below = [np.zeros((BATCH, n)) for n in HIDDEN]
    for _ in range(4):
        target = random.random((BATCH, N_OUT))
        for population in state.populations:
            population.uniforms.copy_(
                torch.from_numpy(random.random((BATCH, population.spikes.shape[-1])))
            )
        inputs = torch.from_numpy(random.random((BATCH, net.n_inputs)))
        net.step(state, inputs, torch.from_numpy(target))
        top = (1 - TAU) * top + TAU * (state.populations[-1].spikes.numpy() - target)
        for u, matrix in zip(below, matrices, strict=True):
            for stream in range(BATCH):
                for neuron in range(u.shape[1]):
                    wanted = sum(target[stream, k] * matrix[k, neuron] for k in range(N_OUT))
                    u[stream, neuron] = (1 - TAU) * u[stream, neuron] - TAU * wanted
    for modulator, u in zip(state.feedback.modulators, [*below, top], strict=True):
        np.testing.assert_allclose(modulator.numpy(), PHI[phi](u), rtol=0, atol=1e-12)


def test_if_the_output_is_silent_it_is_direct_feedback_alignment():
    """The error of a silent output is minus the target."""
    nets = [
        network(circuit(0.7, tau=1.0), population=lambda n: sf.Rate(n, "linear"))
        for circuit in (sf.DRTP, sf.DFA)
    ]
    for net in nets:
        net.synapses["output"].weight.zero_()
    drtp, dfa = (run(net, steps=1).feedback.modulators for net in nets)
    for one, other in zip(drtp, dfa, strict=True):
        assert one.any()
        torch.testing.assert_close(one, other, rtol=0, atol=1e-15)


def test_hidden_layers_do_not_depend_on_what_the_output_does():
    nets = [network(sf.DRTP(0.7)) for _ in range(2)]
    nets[1].synapses["output"].weight.neg_()
    states = [run(net, steps=20) for net in nets]
    assert not torch.equal(states[0].error, states[1].error)
    for name in ("hidden1", "hidden2"):
        assert torch.equal(nets[0].synapses[name].weight, nets[1].synapses[name].weight)


def test_with_two_hidden_layers_it_learns_digits_and_shallow_does_not():
    def error(feedback):
        net = sf.models.lillicrap2016.spiking_mnist(
            n_inputs=64,
            hidden=100,
            hidden_layers=2,
            outputs=100,
            feedback=feedback,
            rule=sf.ThreeFactor(1e-2),
        )
        sim = sf.Simulation(net, sf.datasets.digits(), batch_size=20, seed=0, progress=False)
        sim.train(epochs=3)
        return sim.test().error_percent_summed

    assert error(sf.DRTP(0.8)) < 40 < error(sf.Shallow())
