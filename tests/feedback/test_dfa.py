"""Direct feedback alignment against a loop, and against FA where they are the same."""

import numpy as np
import pytest
import torch

import spikefa as sf

N_IN, HIDDEN, N_OUT, BATCH, TAU = 6, (8, 7), 5, 3, 0.8
PHI = {
    "identity": lambda u: u,
    "tanh": np.tanh,
    "logistic": lambda u: 2 / (1 + np.exp(-u)) - 1,
}


def network(feedback, hidden=HIDDEN, rate=False):
    def population(size):
        return sf.Rate(size, "tanh") if rate else sf.StochasticBinary(size)

    populations = {f"hidden{layer}": population(n) for layer, n in enumerate(hidden, start=1)}
    net = sf.Network(
        N_IN,
        {**populations, "output": population(N_OUT)},
        feedback,
        sf.ThreeFactor(0.05, weight_decay=0),
        dtype=torch.float64,
    )
    net.initialise(2)
    return net


def run(net, steps=4):
    """Step the network; return its state and the output error of each step."""
    source = torch.Generator().manual_seed(7)
    state, errors = net.state(BATCH), []
    for _ in range(steps):
        for population in state.populations:
            population.uniforms.uniform_(generator=source)
        for uniforms in state.feedback.uniforms().values():
            uniforms.uniform_(generator=source)
        inputs = torch.rand(BATCH, N_IN, dtype=torch.float64, generator=source)
        target = torch.rand(BATCH, N_OUT, dtype=torch.float64, generator=source)
        net.step(state, inputs, target)
        errors.append((state.error.numpy().copy(), state.populations[-1].gain.numpy().copy()))
    return state, errors


@pytest.mark.parametrize("phi", PHI)
@pytest.mark.parametrize("gated", [False, True])
def test_modulators_are_those_of_the_equation(phi, gated):
    net = network(sf.DFA(0.7, phi_delta=phi, gated=gated, tau=TAU))
    state, errors = run(net)
    matrices = [matrix.numpy() for matrix in net.feedback.matrices]
    top = np.zeros((BATCH, N_OUT))
    below = [np.zeros((BATCH, n)) for n in HIDDEN]
    for error, gain in errors:
        top = (1 - TAU) * top + TAU * error
        sent = PHI[phi](top) * (gain if gated else 1)
        for layer, matrix in enumerate(matrices):
            for stream in range(BATCH):
                for neuron in range(HIDDEN[layer]):
                    drive = sum(sent[stream, k] * matrix[k, neuron] for k in range(N_OUT))
                    here = below[layer][stream, neuron]
                    below[layer][stream, neuron] = (1 - TAU) * here + TAU * drive
    for modulator, u in zip(state.feedback.modulators, [*below, top], strict=True):
        np.testing.assert_allclose(modulator.numpy(), PHI[phi](u), rtol=0, atol=1e-12)


@pytest.mark.parametrize("rate", [False, True])
@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("phi", [*PHI, "spiking"])
def test_with_one_hidden_layer_it_is_feedback_alignment(phi, gated, rate):
    nets = [
        network(circuit(0.7, phi_delta=phi, gated=gated), HIDDEN[:1], rate)
        for circuit in (sf.FA, sf.DFA)
    ]
    assert torch.equal(nets[0].feedback.matrices[0], nets[1].feedback.matrices[0])
    before = nets[0].synapses["hidden1"].weight.clone()
    for net in nets:
        run(net)
    for name, synapses in nets[0].synapses.items():
        assert torch.equal(synapses.weight, nets[1].synapses[name].weight)
    assert not torch.equal(before, nets[0].synapses["hidden1"].weight)


def test_without_hidden_layers_there_is_nothing_to_carry():
    net = network(sf.DFA(), hidden=())
    state, errors = run(net, steps=1)
    np.testing.assert_allclose(state.feedback.modulators[0].numpy(), 0.9 * errors[0][0])
    assert net.feedback.tensors() == {}


def test_a_circuit_serves_one_network():
    circuit = sf.DFA()
    network(circuit)
    with pytest.raises(sf.SpikefaError, match="this DFA circuit is part of a network already"):
        network(circuit)
