"""Direct feedback that learns comes closer to backpropagation than one that is fixed."""

import pytest
import torch

import spikefa as sf

N_IN, N_HIDDEN, N_OUT, BATCH = 20, 30, 10, 20


def learned(circuit, steps=500):
    """Let three hidden layers learn a teacher with weight decay; return network and state."""
    populations = {f"hidden{layer}": sf.Rate(N_HIDDEN, "tanh") for layer in (1, 2, 3)}
    net = sf.Network(
        N_IN,
        {**populations, "output": sf.Rate(N_OUT, "linear")},
        circuit,
        sf.ThreeFactor(1e-3, weight_decay=1e-3),
        synapses=lambda *n, **where: sf.Dense(*n, scale=(3 / n[0]) ** 0.5, **where),
        dtype=torch.float64,
    )
    net.initialise(0)
    random = torch.Generator().manual_seed(1)

    def normal(*shape):
        return torch.randn(*shape, generator=random, dtype=torch.float64)

    below, above = normal(N_IN, N_HIDDEN) / N_IN**0.5, normal(N_HIDDEN, N_OUT) / N_HIDDEN**0.5
    state = net.state(BATCH)
    for _ in range(steps):
        for uniforms in state.feedback.uniforms().values():
            uniforms.uniform_(generator=random)
        x = normal(BATCH, N_IN)
        net.step(state, x, torch.tanh(2 * x @ below) @ above)
    return net, state


def angles(net, state):
    """Return the mean angle of each hidden layer's modulators to autograd's, in degrees."""
    *between, top = list(net.synapses.values())[1:]
    layers = [state.populations[0].spikes.clone().requires_grad_()]
    for synapses in between:
        layers.append(torch.tanh(layers[-1] @ synapses.weight + synapses.bias))
    output = layers[-1] @ top.weight + top.bias
    wanted = torch.autograd.grad(output, layers, grad_outputs=state.error)
    found = zip(state.feedback.modulators[:-1], wanted, strict=True)
    return torch.stack(
        [torch.cosine_similarity(a, b, -1).arccos().rad2deg().mean() for a, b in found]
    )


@pytest.fixture(scope="module")
def fixed():
    return angles(*learned(sf.DFA(0.3, tau=1.0)))


def test_direct_kolen_pollack_points_closer_to_the_gradient_than_dfa(fixed):
    """In all layers, and in none of them does the angle vanish."""
    found = angles(*learned(sf.DKP(0.3, tau=1.0)))
    assert (found < fixed - 5).all(), (found, fixed)
    assert (found > 10).all(), found


def test_forward_direct_feedback_alignment_comes_closest(fixed):
    found = angles(*learned(sf.FDFA(0.3, rate=0.01, tau=1.0)))
    assert (found < 25).all(), found
    assert (found < fixed / 2).all(), (found, fixed)
