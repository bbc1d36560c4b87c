"""Circuits over convolutions: identities with autograd and with each other."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.analysis.alignment import path_norm_ratios
from spikefa.errors import SpikefaError
from tests.helpers.small_convolutions import (
    BATCH,
    LAYOUTS,
    N_OUT,
    RATE,
    gradients,
    network,
    shown,
)

EXACT = {"rtol": 0, "atol": 1e-10}


def transposed(net):
    """Give a circuit that descends layer by layer the transposed forward weights."""
    above = list(net.synapses.values())[1:]
    for matrix, synapses in zip(net.feedback.matrices, above, strict=True):
        matrix.copy_(synapses.weight.mT)


def run(net, steps=4):
    state = net.state(BATCH)
    for step in range(steps):
        net.step(state, *shown(net, state, step))
    return state


@pytest.mark.parametrize("spiking", [False, True])
@pytest.mark.parametrize("kind", [sf.Backprop, sf.FA, sf.KP])
def test_with_the_transposed_weights_every_layer_learns_the_gradient(kind, spiking):
    net = network(kind(tau=1.0, gated=True), spiking)
    if kind is not sf.Backprop:
        transposed(net)
    before = {name: tensor.clone() for name, tensor in net.tensors().items()}
    state = net.state(BATCH)
    inputs, target = shown(net, state)
    net.step(state, inputs, target)
    weights = {name: before[f"synapses.{name}"] for name in gradients(net, inputs, target)}
    after = {name: net.tensors()[f"synapses.{name}"].clone() for name in weights}
    for name, own in weights.items():
        net.tensors()[f"synapses.{name}"].copy_(own)
    expected = gradients(net, inputs, target, state if spiking else None)
    for name, own in weights.items():
        assert expected[name].abs().max() > 1e-4
        torch.testing.assert_close((own - after[name]) / RATE, expected[name], **EXACT)


@pytest.mark.parametrize("spiking", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_pfa_with_the_identity_is_kp(spiking, momentum):
    kp = network(sf.KP(tau=1.0, gated=True, momentum=momentum), spiking, decay=0.01)
    pfa = network(sf.PFAo(tau=1.0, momentum=momentum), spiking, decay=0.01)
    for layout, fixed, plastic, matrix in zip(
        [*list(LAYOUTS.values())[1:], None],
        pfa.feedback.fixed,
        pfa.feedback.plastic_matrices,
        kp.feedback.matrices,
        strict=True,
    ):
        groups = 1 if layout is None else layout.groups
        fixed.copy_(torch.eye(fixed.shape[1]).repeat(groups, 1))
        plastic.copy_(matrix)
    run(kp)
    run(pfa)
    for name, tensor in kp.tensors().items():
        if name.startswith("synapses"):
            torch.testing.assert_close(pfa.tensors()[name], tensor, **EXACT)
    for plastic, matrix in zip(pfa.feedback.plastic_matrices, kp.feedback.matrices, strict=True):
        torch.testing.assert_close(plastic, matrix, **EXACT)


def test_pfa_with_fixed_r_is_fa_along_its_path():
    pfa = network(sf.PFA(3.0, tau=1.0, plastic=False))
    fa = network(sf.FA(tau=1.0, gated=True))
    for matrix, path in zip(fa.feedback.matrices, pfa.feedback.paths(), strict=True):
        matrix.copy_(path())
    run(pfa)
    run(fa)
    for name, tensor in fa.tensors().items():
        if name.startswith("synapses"):
            torch.testing.assert_close(pfa.tensors()[name], tensor, **EXACT)


def test_kp_comes_closer_to_w_by_the_decay_of_each_step():
    net = network(sf.KP(tau=1.0, gated=True), decay=0.05)
    differences = []
    for _ in range(2):
        above = list(net.synapses.values())[1:]
        pairs = zip(net.feedback.matrices, above, strict=True)
        differences.append([float((each.weight.mT - own).norm()) for own, each in pairs])
        run(net, 10)
    ratios = np.array(differences[1]) / differences[0]
    np.testing.assert_allclose(ratios, 0.95**10, rtol=1e-9)


def test_the_gap_between_pfa_and_backprop_is_that_of_the_paper():
    """Proposition 3 holds for the channels of a convolution: arccos(1 / sqrt(1 + lambda))."""
    first = sf.Convolution((4, 6, 6), 30, 3)
    second = sf.Convolution(first.out_shape, 60, 3)
    for kind, expected in (
        (sf.PFA(5.0, tau=1.0), np.degrees(np.arccos(1.2**-0.5))),
        (sf.PFAo(), 0),
    ):
        kind.tau = 1.0
        net = sf.Network(
            first.n_pre,
            {"conv1": sf.Rate(first.n_post, "tanh"), "conv2": sf.Rate(second.n_post, "tanh")},
            kind,
            sf.ThreeFactor(0.01, weight_decay=0.05),
            synapses={
                "conv1": lambda *n, **of: sf.Conv(*n, convolution=first, scale=0.3, **of),
                "conv2": lambda *n, **of: sf.Conv(*n, convolution=second, scale=0.3, **of),
            },
            dtype=torch.float64,
        )
        net.initialise(0)
        state, source = net.state(2), torch.Generator().manual_seed(0)
        for _ in range(300):
            x, t = (torch.rand(2, n, generator=source).double() for n in (144, second.n_post))
            net.step(state, x, 2 * t - 1)
        assert abs(net.alignment()["conv2"] - expected) < 2.5


def test_the_matrix_of_pfa_o_is_orthonormal_in_each_group():
    net = network(sf.PFAo(2.0))
    middle, groups = net.feedback.fixed[0], LAYOUTS["conv2"].groups
    assert middle.shape == (6, 12 // groups)
    for block in middle.chunk(groups):
        torch.testing.assert_close(block @ block.mT, torch.eye(3).double(), **EXACT)


def test_the_weights_of_pfa_have_the_variance_of_the_channels_they_lead_to():
    found = sf.Convolution((8, 3, 3), 200, 3)
    net = sf.Network(
        9,
        {"hidden": sf.Rate(72), "output": sf.Rate(200)},
        sf.PFA(2.0),
        sf.ThreeFactor(0.1),
        synapses={"output": lambda *n, **of: sf.Conv(*n, convolution=found, **of)},
    )
    net.initialise(0)
    fixed = net.feedback.fixed[0]
    assert fixed.shape == (200, 400)
    assert float(fixed.var()) == pytest.approx(1 / 400, rel=0.02)


def test_sign_concordant_feedback_has_the_signs_of_the_kernel():
    net = network(sf.SF(tau=1.0))
    run(net, 1)
    for matrix, scale, synapses in zip(
        net.feedback.matrices, net.feedback.scales, list(net.synapses.values())[1:], strict=True
    ):
        state = net.state(1)
        net.feedback.step(state.feedback, state.error, state.populations)
        assert matrix.equal(scale * synapses.weight.mT.sign())
    # conv2: 4 / 2 channels below and 6 / 2 above, 2 x 2 pixels
    assert net.feedback.scales[0] == pytest.approx((2 / (2 * 4 + 3 * 4)) ** 0.5)


def test_dfa_reaches_every_neuron_of_every_layer():
    net = network(sf.DFA(tau=1.0))
    state = net.state(BATCH)
    inputs, target = shown(net, state)
    net.forward(state, inputs)
    net.feed_back(state, target)
    for matrix, layout, modulator in zip(
        net.feedback.matrices, LAYOUTS.values(), state.feedback.modulators, strict=False
    ):
        assert matrix.shape == (N_OUT, layout.n_post)
        torch.testing.assert_close(modulator, state.error @ matrix, **EXACT)


def test_angles_and_norms_of_paths():
    assert all(angle < 1e-5 for angle in network(sf.Backprop()).alignment().values())
    assert all(
        ratio == pytest.approx(1) for ratio in path_norm_ratios(network(sf.Backprop())).values()
    )
    for circuit in (sf.FA(), sf.KP(), sf.SF(), sf.PFA(), sf.PFAo()):
        net = network(circuit)
        run(net, 1)
        assert list(net.alignment()) == ["conv2", "conv3", "output"]
        assert list(path_norm_ratios(net)) == ["conv2", "conv3", "output"]
        assert all(0 < angle < 180 for angle in net.alignment().values())


@pytest.mark.parametrize(
    "circuit", [sf.FA(), sf.DFA(), sf.SF(), sf.KP(momentum=0.5), sf.PFA(), sf.PFAo(), sf.Backprop()]
)
def test_replicas_learn_what_each_learns_alone(circuit):
    together = network(circuit, replicas=2, seed=[5, 6])
    state = together.state(BATCH)
    alone = [network(type(circuit)(**vars_of(circuit)), seed=seed) for seed in (5, 6)]
    states = [one.state(BATCH) for one in alone]
    for step in range(3):
        drawn = [shown(one, own, step) for one, own in zip(alone, states, strict=True)]
        together.step(state, *(torch.stack(each) for each in zip(*drawn, strict=True)))
        for one, own, given in zip(alone, states, drawn, strict=True):
            one.step(own, *given)
    for number, one in enumerate(alone):
        for name, tensor in one.tensors().items():
            torch.testing.assert_close(together.replica(number).tensors()[name], tensor, **EXACT)


def vars_of(circuit):
    return {"momentum": circuit.momentum} if isinstance(circuit, sf.KP) else {}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sf.FA(procedural=True), "cannot be procedural: it is small, store it"),
        (lambda: sf.PFA(neurons=50), "a multiple of 12, to be whole channels"),
        (lambda: sf.PAL(), "PAL takes each pair of neurons"),
        (lambda: sf.FDFA(), "FDFA takes each pair of neurons"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(SpikefaError, match=message):
        network(make())
