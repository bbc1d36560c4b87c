"""PFA and PFA-o against NumPy loops, feedback alignment, Kolen-Pollack and the paper's theorems."""

from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from tests.helpers.driving import BATCH, SIZES, drive, network

SGD = partial(torch.optim.SGD, momentum=0.9)


class Loop:
    """PFA layer by layer in NumPy, from the paper's column convention: W is [N_{l+1}, N_l]."""

    def __init__(self, net, eta, decay):
        circuit, self.eta, self.decay = net.feedback, eta, decay
        self.W = [s.weight.numpy().T.copy() for s in net.synapses.values()]
        self.B = [b.numpy().T.copy() for b in circuit.fixed]
        self.R = [r.numpy().T.copy() for r in circuit.plastic_matrices]
        self.U = [np.zeros((n, BATCH)) for n in SIZES]
        self.m = [np.zeros((len(b), BATCH)) for b in self.B]

    def step(self, error, spikes, gain, circuit):
        """Carry and learn, `spikes` from the input upwards, arrays [n, batch]."""
        tau, mid = circuit.tau, circuit.middle_tau
        self.U[-1] = (1 - tau) * self.U[-1] + tau * error
        e = [None] * len(SIZES)
        for layer in reversed(range(len(SIZES))):
            e[layer] = np.tanh(self.U[layer]) * gain[layer]
            if layer:
                self.m[layer - 1] = (1 - mid) * self.m[layer - 1] + mid * self.B[layer - 1] @ e[
                    layer
                ]
                self.U[layer - 1] = (1 - tau) * self.U[layer - 1] + tau * (
                    self.R[layer - 1] @ self.m[layer - 1]
                )
        for layer in range(len(SIZES)):
            for k in range(BATCH):
                self.W[layer] -= self.eta * np.outer(e[layer][:, k], spikes[layer][:, k])
            if layer:
                for k in range(BATCH):
                    x, m = spikes[layer][:, k], self.m[layer - 1][:, k]
                    self.R[layer - 1] -= self.eta * np.outer(x, m)
        self.W = [(1 - self.decay) * w for w in self.W]
        self.R = [(1 - self.decay) * r for r in self.R]


@pytest.mark.parametrize("circuit", [sf.PFA, sf.PFAo])
@pytest.mark.parametrize("middle_tau", [1.0, 0.6])
def test_pfa_follows_its_equations(circuit, middle_tau):
    eta, decay = 0.05, 1e-3
    feedback = circuit(expansion=2, scale=0.5, phi_delta="tanh", middle_tau=middle_tau)
    net = network(feedback, eta=eta, decay=decay)
    loop, inputs = Loop(net, eta, decay), []
    learn = net.learn

    def remember(state, x, *through):
        inputs.append(x)
        learn(state, x, *through)

    net.learn = remember

    def compare(state, target):
        spikes = [inputs[-1].numpy().T, *(p.spikes.numpy().T for p in state.populations)]
        gain = [p.gain.numpy().T for p in state.populations]
        loop.step(state.error.numpy().T, spikes, gain, feedback)
        for got, expected in (
            *zip((s.weight for s in net.synapses.values()), loop.W, strict=True),
            *zip(feedback.plastic_matrices, loop.R, strict=True),
            *zip((e.potential for e in state.feedback.errors), loop.U, strict=True),
            *zip((m.activity for m in state.feedback.middle), loop.m, strict=True),
        ):
            np.testing.assert_allclose(got, expected.T, rtol=0, atol=1e-12)

    before = {name: tensor.clone() for name, tensor in feedback.tensors().items()}
    drive(net, 20, each=compare)
    changed = {n for n, tensor in feedback.tensors().items() if not tensor.equal(before[n])}
    assert changed == {"R1", "R2", "R3"}, "B must neither learn nor decay"


def test_with_r_frozen_it_is_feedback_alignment_with_the_product():
    frozen = sf.PFA(expansion=3, scale=0.5, plastic=False, gated=True)
    fa = sf.FA(scale=0.5, gated=True)
    one, two = network(frozen, decay=1e-3), network(fa, decay=1e-3)
    for matrix, path in zip(fa.matrices, frozen.paths(), strict=True):
        matrix.copy_(path())
    first, second = drive(one, 40), drive(two, 40)
    for name, synapses in one.synapses.items():
        torch.testing.assert_close(
            synapses.weight, two.synapses[name].weight, rtol=0, atol=1e-11, msg=name
        )
    for a, b in zip(first.feedback.modulators, second.feedback.modulators, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-11)


@pytest.mark.parametrize("rate", [False, True])
def test_with_b_the_identity_it_is_kolen_pollack(rate):
    """There the feedback weights change as the transposed forward ones, and decay alike."""
    eta, decay = 0.03, 1e-2
    circuit = sf.PFA(expansion=1, scale=0.5)
    net = network(circuit, rate=rate, eta=eta, decay=decay)
    for fixed in circuit.fixed:
        fixed.copy_(torch.eye(len(fixed)))
    feedback = [matrix.numpy().copy() for matrix in circuit.plastic_matrices]
    potential = [np.zeros((BATCH, n)) for n in SIZES]

    def compare(state, target):
        """What the Kolen-Pollack rule does with the same activity."""
        populations = state.populations
        potential[-1] = 0.1 * potential[-1] + 0.9 * state.error.numpy()
        for layer in reversed(range(1, len(SIZES))):
            delta = potential[layer] * populations[layer].gain.numpy()
            back = feedback[layer - 1]
            potential[layer - 1] = 0.1 * potential[layer - 1] + 0.9 * delta @ back
            back = back - eta * delta.T @ populations[layer - 1].spikes.numpy()
            feedback[layer - 1] = (1 - decay) * back
        for got, expected in zip(circuit.plastic_matrices, feedback, strict=True):
            np.testing.assert_allclose(got, expected, rtol=0, atol=1e-12)
        for error, expected in zip(state.feedback.errors, potential, strict=True):
            np.testing.assert_allclose(error.potential, expected, rtol=0, atol=1e-12)

    drive(net, 60, each=compare)


def alignment_after_random_activity(circuit, above=500, below=400, steps=40):
    """Return the path's angle when what R and W were at first has decayed away.

    Random errors in the upper population meet random activity in the lower one, so that W becomes
    a random matrix, as proposition 3 has it.
    """
    net = sf.Network(
        1,
        {"hidden1": sf.Rate(below, "linear", noise=1.0), "output": sf.Rate(above, "linear")},
        feedback=circuit,
        rule=sf.ThreeFactor(0.01, weight_decay=0),
    )
    net.initialise(0)
    assert abs(net.alignment()["output"] - 90) < 1, "before learning"
    random = torch.Generator().manual_seed(1)
    state, batch = net.state(200), 200
    for _ in range(steps):
        state.populations[0].spikes.normal_(generator=random)
        state.error.normal_(generator=random)
        circuit.step(state.feedback, state.error, state.populations)
        net.learn(state, torch.zeros(batch, 1))
        for decaying in (*net.synapses.values(), circuit):
            decaying.decay(0.8)
    return net.alignment()["output"]


@pytest.mark.parametrize("expansion", [2, 5, 10, 50])
def test_path_angle_of_pfa_goes_to_that_of_proposition_3(expansion):
    above = 100 if expansion == 50 else 200
    circuit = sf.PFA(expansion, scale=0.05)
    angle = alignment_after_random_activity(circuit, above)
    assert angle == pytest.approx(np.degrees(np.arccos((1 + 1 / expansion) ** -0.5)), abs=1)


@pytest.mark.parametrize("expansion", [1, 1.5])
def test_path_angle_of_pfa_o_goes_to_zero(expansion):
    assert alignment_after_random_activity(sf.PFAo(expansion, scale=0.05), 200) < 1


def test_with_a_leak_in_the_extra_population_the_path_aligns_less():
    """The switch does what its description says."""
    assert alignment_after_random_activity(sf.PFAo(middle_tau=0.5, scale=0.05), 200) > 20


@pytest.mark.parametrize("expansion", [2, 10])
def test_eigenvalues_follow_the_law_of_marchenko_and_pastur(expansion):
    """Eq. 8: support and distribution function, at the size of a real layer."""
    circuit = sf.PFA(expansion)
    net = sf.Network(
        1, {"h": sf.Rate(1, "linear"), "output": sf.Rate(1000, "linear")}, circuit, sf.ThreeFactor()
    )
    net.initialise(0)
    fixed = circuit.fixed[0].double().numpy()
    values = np.linalg.eigvalsh(fixed @ fixed.T)
    ratio = 1 / expansion
    low, high = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2
    assert values.min() == pytest.approx(low, abs=0.03)
    assert values.max() == pytest.approx(high, abs=0.03)
    v = np.linspace(low, high, 20_001)[1:-1]
    density = np.sqrt((high - v) * (v - low)) / (2 * np.pi * ratio * v)
    distribution = np.cumsum(density) * (v[1] - v[0])
    assert distribution[-1] == pytest.approx(1, abs=1e-3)
    expected = np.interp(values, v, distribution)
    empirical = (np.arange(len(values)) + 0.5) / len(values)
    assert np.abs(expected - empirical).max() < 0.01


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_b_of_pfa_o_has_orthonormal_rows(dtype):
    circuit = sf.PFAo(neurons=[9, 12, 4])
    network(circuit, dtype=dtype)
    for fixed in circuit.fixed:
        eye = torch.eye(len(fixed), dtype=dtype)
        torch.testing.assert_close(fixed @ fixed.mT, eye, rtol=0, atol=1e-6)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("phi_delta", ["identity", "tanh", "logistic", "spiking"])
@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("sizes", [(4,), (5, 4), (5, 7, 4)])
@pytest.mark.parametrize("rate", [False, True])
def test_pfa_runs_with_every_population_and_depth(batch, phi_delta, gated, sizes, rate):
    circuit = sf.PFA(2, phi_delta=phi_delta, gated=gated, middle_phi_delta=phi_delta)
    net = network(circuit, sizes, rate, dtype=torch.float32)
    state = drive(net, 3, batch=batch)
    assert all(tensor.isfinite().all() for tensor in net.tensors().values())
    hidden = len(sizes) - 1
    assert len(net.alignment()) == len(state.feedback.middle) == hidden
    spiking = phi_delta == "spiking"
    assert len(state.feedback.uniforms()) == spiking * (hidden + len(sizes))


def test_path_angle_and_r_can_be_probed():
    net = network(sf.PFA(2))
    state = drive(net, 5)
    variables = net.variables(state)
    for name, angle in net.alignment().items():
        assert variables[name]["alignment"]().item() == pytest.approx(angle, abs=1e-9)
    circuit = net.feedback
    back = (circuit.fixed[0] @ circuit.plastic_matrices[0]).flatten().numpy()
    forward = net.synapses["hidden2"].weight.mT.flatten().numpy()
    cosine = back @ forward / np.linalg.norm(back) / np.linalg.norm(forward)
    assert net.alignment()["hidden2"] == pytest.approx(np.degrees(np.arccos(cosine)))
    assert variables["hidden1"]["R"].data_ptr() == circuit.plastic_matrices[0].data_ptr()
    assert variables["hidden1"]["middle"].shape == (BATCH, 14)
    assert "R" not in variables["output"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"expansion": 0.5}, "is 0.5: give a number from 1 to"),
        ({"expansion": float("nan")}, "expansion of .*: give a number from 1 to"),
        ({"scale": -1}, "scale of .* is -1: give a number from 0 to"),
        ({"scale": 0, "plastic": False}, "positive if R is fixed"),
        ({"scale": [0.1, -1]}, r"scale\[1\] of .* is -1: give"),
        ({"momentum": 1}, "momentum of"),
        ({"middle_tau": 0}, "tau of .*: give"),
        ({"middle_phi_delta": "relu"}, "phi_delta must be one of"),
    ],
)
@pytest.mark.parametrize("circuit", [sf.PFA, sf.PFAo])
def test_bad_arguments_are_told_at_once(circuit, arguments, says):
    with pytest.raises(sf.SpikefaError, match=says):
        circuit(**arguments)


@pytest.mark.parametrize("circuit", [sf.PFA, sf.PFAo])
def test_too_few_extra_neurons_for_the_layer_above(circuit):
    with pytest.raises(
        sf.SpikefaError, match=r"at least the 7 neurons of the layer above, 6 given"
    ):
        network(circuit(neurons=[8, 6, 4]))
    with pytest.raises(sf.SpikefaError, match="give one, or one each"):
        network(circuit(neurons=[8, 6]))
    with pytest.raises(sf.SpikefaError, match="for 3 hidden populations: give one, or one each"):
        network(circuit(scale=[0.1, 0.2]))


@pytest.mark.parametrize("circuit", [sf.PFA, sf.PFAo])
def test_momentum_of_r_is_that_of_torch(circuit):
    """R takes the steps that torch.optim.SGD takes from the same gradients."""
    eta, momentum = 0.03, 0.9
    feedback = circuit(expansion=2, scale=[0.5, 0.4, 0.3], momentum=momentum)
    net = network(feedback, eta=eta)
    likes = [matrix.clone().requires_grad_() for matrix in feedback.plastic_matrices]
    assert [like.abs().max().item() for like in likes] == pytest.approx([0.5, 0.4, 0.3], rel=0.1)
    reference = torch.optim.SGD(likes, lr=eta, momentum=momentum)

    def compare(state, target):
        for layer, like in enumerate(likes):
            below = state.populations[layer].spikes
            like.grad = state.feedback.middle[layer].activity.mT @ below
        reference.step()
        for got, expected in zip(feedback.plastic_matrices, likes, strict=True):
            torch.testing.assert_close(got, expected.detach(), rtol=0, atol=1e-12)

    drive(net, 20, each=compare)
    assert {"v1", "v2", "v3"} <= set(feedback.tensors())


def test_momentum_of_r_in_replicas_is_that_of_each_alone():
    def learned(seed, **replicas):
        net = sf.Network(
            6,
            {"hidden1": sf.Rate(5), "output": sf.Rate(4)},
            sf.PFA(2, tau=1.0, momentum=0.9),
            sf.ThreeFactor(0.05, weight_decay=1e-3),
            dtype=torch.float64,
            **replicas,
        )
        net.initialise(seed)
        state = net.state(3)
        x = torch.randn(3, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        x = x.expand(2, 3, 6) if replicas else x
        for _ in range(5):
            net.step(state, x, x[..., :4])
        return net.feedback.tensors()

    both = learned(3, replicas=2)
    for number in (0, 1):
        for name, tensor in learned(3 + number).items():
            torch.testing.assert_close(both[name][number], tensor, rtol=0, atol=1e-12)


def test_the_path_is_as_long_as_w_only_with_the_momentum_of_the_optimiser():
    lengths = {}
    for momentum in (0.0, 0.9):
        circuit = sf.PFAo(scale=0.05, momentum=momentum)
        net = network(circuit, eta=1e-3, decay=3e-2, rate=True, scale=0.05, optimiser=SGD)
        drive(net, 400)
        path, weight = circuit.paths()[-1](), net.synapses["output"].weight
        lengths[momentum] = (path.norm() / weight.norm()).item()
    assert net.alignment()["output"] < 2
    assert lengths[0.9] == pytest.approx(1, abs=0.02)
    assert lengths[0.0] < 0.3
