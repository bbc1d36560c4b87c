"""Eqs. 5 to 8 of Lillicrap et al. 2016 against a loop that knows nothing of the engine."""

from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets import Images
from spikefa.synapses import Dense

N_IN, HIDDEN, N_OUT, CLASSES, BATCH = 12, (9, 7), 10, 5, 4
TAU, ETA, GAMMA, STEPS_PER_IMAGE = 0.9, 0.02, 1e-3, 3


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


PHI = {"identity": lambda u: u, "tanh": np.tanh, "logistic": lambda u: 2 * sigmoid(u) - 1}


class Loop:
    """The equations, neuron by neuron where that is clearer, written from the paper."""

    def __init__(self, weights, biases, feedback, phi, gated, output_error):
        self.W, self.b, self.B = weights, biases, feedback
        self.phi, self.gated, self.output_error = phi, gated, output_error
        self.V = [np.zeros((BATCH, len(b))) for b in biases]
        self.U = [np.zeros((BATCH, len(b))) for b in biases]

    def step(self, x, uniforms, target):
        spikes, p = [x], []
        for layer in range(len(self.W)):
            drive = np.empty_like(self.V[layer])
            for k in range(BATCH):
                for j in range(drive.shape[1]):
                    drive[k, j] = sum(self.W[layer][:, j] * spikes[-1][k]) + self.b[layer][j]
            self.V[layer] = (1 - TAU) * self.V[layer] + TAU * drive
            p.append(sigmoid(self.V[layer]))
            spikes.append(np.where(uniforms[layer] < p[-1], 1.0, 0.0))
        said = spikes[-1] if self.output_error == "spikes" else p[-1]
        gain = [q * (1 - q) for q in p]
        self.U[-1] = (1 - TAU) * self.U[-1] + TAU * (said - target)
        for layer in reversed(range(len(self.W) - 1)):
            sent = self.phi(self.U[layer + 1]) * (gain[layer + 1] if self.gated else 1)
            self.U[layer] = (1 - TAU) * self.U[layer] + TAU * np.einsum(
                "kj,ji->ki", sent, self.B[layer]
            )
        for layer in range(len(self.W)):
            third = self.phi(self.U[layer]) * gain[layer]
            for k in range(BATCH):
                self.W[layer] = self.W[layer] - ETA * np.outer(spikes[layer][k], third[k])
                self.b[layer] = self.b[layer] - ETA * third[k]
            self.W[layer] = (1 - GAMMA) * self.W[layer]
            self.b[layer] = (1 - GAMMA) * self.b[layer]
        self.spikes = spikes


def make_network(phi_delta, gated, output_error):
    names = [*(f"hidden{i}" for i in range(1, len(HIDDEN) + 1)), "output"]
    sizes = dict(zip(names, (*HIDDEN, N_OUT), strict=True))
    net = sf.Network(
        N_IN,
        {name: sf.StochasticBinary(n, tau=TAU) for name, n in sizes.items()},
        feedback=sf.FA(scale=0.8, phi_delta=phi_delta, gated=gated, tau=TAU),
        rule=sf.ThreeFactor(ETA, weight_decay=GAMMA),
        synapses=partial(Dense, scale=0.6),
        output_error=output_error,
        dtype=torch.float64,
    )
    net.initialise(seed=3)
    return net


@pytest.mark.parametrize("phi_delta", ["identity", "tanh", "logistic"])
@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("output_error", ["spikes", "probability"])
def test_engine_follows_the_equations_across_image_switches(phi_delta, gated, output_error):
    net = make_network(phi_delta, gated, output_error)
    loop = Loop(
        [s.weight.numpy().copy() for s in net.synapses.values()],
        [s.bias.numpy().copy() for s in net.synapses.values()],
        [matrix.numpy().copy() for matrix in net.feedback.matrices],
        PHI[phi_delta],
        gated,
        output_error,
    )
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (20, 3, 4)).astype(np.uint8)
    labels = random.integers(0, CLASSES, 20).astype(np.uint8)
    stimulus = sf.ImageStimulus(Images(pixels, labels, n_classes=CLASSES))
    images = stimulus.state(BATCH, N_OUT, net.device, net.dtype)
    state = net.state(BATCH)
    before = {name: tensor.clone() for name, tensor in net.tensors().items()}

    for step in range(30):
        if step % STEPS_PER_IMAGE == 0:
            shown = random.integers(0, 20, BATCH)
            images.items.copy_(torch.as_tensor(shown))
            stimulus.show(images)
        x = random.random((BATCH, N_IN))
        uniforms = [random.random((BATCH, n)) for n in (*HIDDEN, N_OUT)]
        images.uniforms.copy_(torch.as_tensor(x))
        for population, u in zip(state.populations, uniforms, strict=True):
            population.uniforms.copy_(torch.as_tensor(u))
        stimulus.step(images)
        net.step(state, images.inputs, images.target)

        bright = np.minimum(pixels[shown].reshape(BATCH, -1) / 255, 0.95)
        target = np.array([[float(j // 2 == labels[i]) for j in range(N_OUT)] for i in shown])
        loop.step((x < bright).astype(float), uniforms, target)

        for layer, (name, synapses) in enumerate(net.synapses.items()):
            here = state.populations[layer]
            np.testing.assert_array_equal(here.spikes, loop.spikes[layer + 1], err_msg=name)
            for got, expected in (
                (here.potential, loop.V[layer]),
                (state.feedback.errors[layer].potential, loop.U[layer]),
                (state.feedback.modulators[layer], loop.phi(loop.U[layer])),
                (synapses.weight, loop.W[layer]),
                (synapses.bias, loop.b[layer]),
            ):
                np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12, err_msg=name)

    changed = {name for name, tensor in net.tensors().items() if not tensor.equal(before[name])}
    assert changed == {f"synapses.{n}.{part}" for n in net.synapses for part in ("weight", "bias")}


def test_pixels_spike_with_their_brightness_up_to_the_cap():
    pixels = np.array([[[0, 51, 255]]], dtype=np.uint8)
    stimulus = sf.ImageStimulus(Images(pixels, np.zeros(1, np.uint8)))
    images = stimulus.state(20000, 10, torch.device("cpu"), torch.float32)
    stimulus.show(images)
    images.uniforms.uniform_(generator=torch.Generator().manual_seed(1))
    stimulus.step(images)
    rates = images.inputs.mean(0)
    assert rates[0] == 0
    np.testing.assert_allclose(rates[1:], [0.2, 0.95], atol=0.012)  # four standard errors


def test_output_layer_descends_the_gradient_of_the_squared_error():
    """Sign and transpose from autograd: with tau = 1 the output update is -eta dE/dW."""
    net = sf.Network(
        6,
        {"output": sf.StochasticBinary(4, tau=1.0)},
        feedback=sf.FA(tau=1.0),
        rule=sf.ThreeFactor(1.0, weight_decay=0),
        output_error="probability",
        dtype=torch.float64,
    )
    net.initialise(0)
    weight = net.synapses["output"].weight.clone().requires_grad_()
    bias = net.synapses["output"].bias.clone().requires_grad_()
    inputs = (torch.rand(5, 6, dtype=torch.float64) < 0.5).double()
    target = torch.eye(4, dtype=torch.float64)[torch.tensor([0, 1, 2, 3, 0])]
    error = 0.5 * (torch.sigmoid(inputs @ weight + bias) - target).square().sum()
    error.backward()
    net.step(net.state(5), inputs, target)
    torch.testing.assert_close(net.synapses["output"].weight, (weight - weight.grad).detach())
    torch.testing.assert_close(net.synapses["output"].bias, (bias - bias.grad).detach())


@pytest.mark.parametrize("sizes", [(6, 5, 4), (4, 7, 10), (5, 5, 5)])
def test_gated_fa_with_transposed_weights_is_backpropagation(sizes):
    """With B = W^T, tau = 1 and probabilities in place of spikes, every layer is the gradient."""
    n_in, n_hidden, n_out = sizes
    net = sf.Network(
        n_in,
        {
            "hidden1": sf.StochasticBinary(n_hidden, tau=1.0),
            "output": sf.StochasticBinary(n_out, tau=1.0),
        },
        feedback=sf.FA(tau=1.0, gated=True),
        rule=sf.ThreeFactor(1.0, weight_decay=0),
        synapses=partial(Dense, scale=1.0),
        output_error="probability",
        dtype=torch.float64,
    )
    net.initialise(0)
    net.feedback.matrices[0].copy_(net.synapses["output"].weight.T)
    weights = [s.weight.clone().requires_grad_() for s in net.synapses.values()]
    state = net.state(3)
    for population in state.populations:
        population.uniforms.fill_(0.5)
    inputs = (torch.rand(3, n_in, dtype=torch.float64) < 0.5).double()
    target = torch.rand(3, n_out, dtype=torch.float64)
    hidden = torch.sigmoid(inputs @ weights[0])
    spikes = (hidden > 0.5).double() + hidden - hidden.detach()  # the spike, with Psi as slope
    (0.5 * (torch.sigmoid(spikes @ weights[1]) - target).square().sum()).backward()
    net.step(state, inputs, target)
    for synapses, weight in zip(net.synapses.values(), weights, strict=True):
        torch.testing.assert_close(
            synapses.weight, (weight - weight.grad).detach(), rtol=0, atol=1e-10
        )


def test_weight_decay_of_the_paper_is_not_lost_in_float32():
    """1 - 1e-8 is 1 in float32; applied step by step it would do nothing at all."""
    net = sf.Network(
        2,
        {"output": sf.StochasticBinary(2)},
        feedback=sf.FA(),
        rule=sf.ThreeFactor(1e-30, weight_decay=1e-8),
    )
    net.initialise(0)
    before = net.synapses["output"].weight.double()
    state = net.state(1)
    steps = 100_000
    for _ in range(steps):
        net.finish(state)
    shrunk = net.synapses["output"].weight.double() / before
    np.testing.assert_allclose(1 - shrunk, steps * 1e-8, rtol=0.1)
