"""Sign-concordant feedback: signs of the forward weights, magnitudes of their own."""

import math

import pytest
import torch

import spikefa as sf

N_IN, HIDDEN, N_OUT, BATCH = 6, (60, 40), 30, 3


def network(feedback, rule=None):
    sizes = {"hidden1": HIDDEN[0], "hidden2": HIDDEN[1], "output": N_OUT}
    net = sf.Network(
        N_IN,
        {name: sf.StochasticBinary(n) for name, n in sizes.items()},
        feedback,
        rule or sf.ThreeFactor(0.05),
        dtype=torch.float64,
    )
    net.initialise(2)
    return net


def step(net, state, seed=0):
    source = torch.Generator().manual_seed(seed)
    for population in state.populations:
        population.uniforms.uniform_(generator=source)
    for uniforms in state.feedback.uniforms().values():
        uniforms.uniform_(generator=source)
    inputs = torch.rand(BATCH, N_IN, dtype=torch.float64, generator=source)
    net.step(state, inputs, torch.ones(BATCH, N_OUT, dtype=torch.float64))


def glorot(above):
    return math.sqrt(2 / (above.n_pre + above.n_post))


@pytest.mark.parametrize("variant", ["uSF", "brSF", "frSF"])
def test_signs_follow_the_forward_weights_and_sizes_do_not(variant):
    net = network(sf.SF(variant))
    state = net.state(BATCH)
    above = list(net.synapses.values())[1:]
    for seed in range(3):
        signs = [synapses.weight.mT.sign().clone() for synapses in above]
        step(net, state, seed)
        for sign, synapses, back in zip(signs, above, net.feedback.matrices, strict=True):
            assert torch.equal(back.sign(), sign)
            assert back.pow(2).mean().sqrt().item() == pytest.approx(glorot(synapses), rel=0.05)


def test_magnitudes():
    kept = {}
    for variant in ("uSF", "brSF", "frSF"):
        net = network(sf.SF(variant, scale=0.2), sf.ThreeFactor(1e-12))
        state, seen = net.state(BATCH), []
        for seed in range(2):
            step(net, state, seed)
            seen.append(net.feedback.matrices[0].abs().clone())
        kept[variant] = seen
    assert kept["uSF"][0].unique().tolist() == pytest.approx([0.2])
    for variant in ("brSF", "frSF"):  # uniform in [0, 0.2 sqrt(3)]
        first = kept[variant][0]
        assert 0.97 * 0.2 * math.sqrt(3) < first.max().item() <= 0.2 * math.sqrt(3)
        assert first.mean().item() == pytest.approx(0.1 * math.sqrt(3), rel=0.05)
    torch.testing.assert_close(kept["frSF"][0], kept["frSF"][1])
    one, other = (each.flatten() for each in kept["brSF"])
    assert torch.corrcoef(torch.stack([one, other]))[0, 1].abs() < 0.1


def test_redrawn_magnitudes_are_uniforms_of_the_state():
    """Whoever drives the network draws them, so a run that goes on is the same run."""
    net = network(sf.SF("brSF"))
    drawn = net.state(BATCH).feedback.uniforms()
    assert {name: tuple(each.shape) for name, each in drawn.items()} == {
        "magnitude1": (40, 60),
        "magnitude2": (30, 40),
    }
    assert not network(sf.SF("frSF")).state(BATCH).feedback.uniforms()


@pytest.mark.parametrize("variant", ["uSF", "frSF"])
def test_the_error_is_carried_by_these_matrices(variant):
    net = network(sf.SF(variant, scale=[0.3, 0.4], gated=True, tau=1.0))
    before = [back.clone() for back in net.feedback.matrices]
    state = net.state(BATCH)
    step(net, state)
    lowest, middle, top = state.feedback.modulators
    gains = [population.gain for population in state.populations]
    torch.testing.assert_close(top, state.error)
    torch.testing.assert_close(middle, (top * gains[2]) @ before[1])
    torch.testing.assert_close(lowest, (middle * gains[1]) @ before[0])


def test_uniform_magnitudes_of_equal_forward_weights_are_backpropagation():
    """If all forward weights have one size, their signs are all there is to know."""
    nets = [network(feedback) for feedback in (sf.SF(scale=0.1), sf.Backprop(gated=False))]
    for net in nets:
        for synapses in net.synapses.values():
            synapses.weight.sign_().mul_(0.1)
        step(net, net.state(BATCH))
    for name, synapses in nets[0].synapses.items():
        torch.testing.assert_close(synapses.weight, nets[1].synapses[name].weight)


def test_fixed_magnitudes_are_in_the_checkpoint():
    first, second = network(sf.SF("frSF")), network(sf.SF("frSF"))
    second.initialise(9)
    for name, tensor in second.tensors().items():
        tensor.copy_(first.tensors()[name])
    states = [net.state(BATCH) for net in (first, second)]
    for net, state in zip((first, second), states, strict=True):
        step(net, state)
    for one, other in zip(*(net.tensors().values() for net in (first, second)), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"variant": "SF"}, "variant must be one of uSF, brSF, frSF, 'SF' given"),
        ({"scale": 0}, "scale of SF is 0: give"),
        ({"scale": [0.1, 0]}, r"scale\[1\] of SF is 0: give"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(sf.SpikefaError, match=message):
        sf.SF(**arguments)


def test_scales_must_fit_the_layers():
    with pytest.raises(sf.SpikefaError, match="for 2 hidden populations"):
        network(sf.SF(scale=[0.1]))


def test_without_hidden_layers_there_is_nothing_to_carry():
    for variant in ("uSF", "brSF", "frSF"):
        net = sf.Network(
            N_IN, {"output": sf.StochasticBinary(N_OUT)}, sf.SF(variant), sf.ThreeFactor()
        )
        net.initialise(0)
        assert net.feedback.tensors() == {}
        assert not net.state(1).feedback.uniforms()
