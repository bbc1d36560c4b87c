"""Normalised populations and shortcuts: what is refused, and how they are shown."""

from functools import partial

import pytest
import torch
from torch.nn.functional import pad

import spikefa as sf
from spikefa.backends.support import obstacle
from spikefa.errors import SpikefaError
from spikefa.network.division_checks import check_divisible

SIZES = {"hidden1": 6, "hidden2": 6, "output": 2}
NORM = partial(sf.BatchNorm, channels=3)
SAME = partial(sf.Skip, layout=sf.Skipping((3, 2, 1), 3))
BOTH = [
    sf.Normalisation("hidden1", NORM),
    sf.Connection("hidden1", "hidden2", synapses=SAME, delay=0),
]


def network(connections, rule=None, populations=None):
    return sf.Network(
        4,
        populations or {name: sf.Rate(size, "tanh") for name, size in SIZES.items()},
        sf.FA(tau=1.0, gated=True),
        rule or sf.ThreeFactor(0.1),
        connections=connections,
    )


@pytest.mark.parametrize(
    ("connections", "message"),
    [
        ([sf.Normalisation("hidden3", NORM)], "but the populations are hidden1, hidden2, output"),
        ([sf.Normalisation("hidden1", NORM)] * 2, "two projections called 'hidden1_norm'"),
        (
            [sf.Normalisation("hidden1", NORM), sf.Normalisation("hidden1", NORM, name="again")],
            "the input of 'hidden1' is normalised twice",
        ),
        ([sf.Normalisation("hidden1", sf.Dense)], "a Normalisation needs BatchNorm"),
        (
            [sf.Normalisation("hidden1", partial(sf.BatchNorm, channels=4))],
            "4 channels do not divide 6 neurons",
        ),
        (
            [sf.Connection("hidden1", "hidden2", synapses=SAME)],
            "the shortcut hidden1_to_hidden2 has a delay",
        ),
        (
            [sf.Connection("hidden1", "hidden2", synapses=NORM, delay=0)],
            "which are for a Normalisation",
        ),
        (
            [sf.Connection("hidden1", "output", synapses=SAME, delay=0)],
            "a shortcut of 6 onto 6 neurons, and the populations have 6 and 2",
        ),
    ],
)
def test_what_does_not_fit_is_refused(connections, message):
    with pytest.raises(SpikefaError, match=message):
        network(connections)


def test_a_shortcut_in_the_chain_is_refused():
    with pytest.raises(SpikefaError, match="the synapses onto 'hidden2' are Skip, which are for"):
        sf.Network(
            4,
            {name: sf.Rate(size, "tanh") for name, size in SIZES.items()},
            sf.Backprop(tau=1.0),
            sf.ThreeFactor(0.1),
            synapses={"hidden2": SAME},
        )


def test_a_shortcut_from_the_input_may_have_a_delay():
    layout = partial(sf.Skip, layout=sf.Skipping((2, 2, 1), 3))
    net = network([sf.Connection("input", "hidden2", synapses=layout)])
    assert net.feedback.wiring.shortcuts == ()


def test_a_batch_of_one_neuron_for_each_channel_is_refused():
    """The running variance became NaN."""
    net = network([sf.Normalisation("hidden1", partial(sf.BatchNorm, channels=6))])
    net.initialise(0)
    with pytest.raises(SpikefaError, match=r"normalised over a batch of 1: .* give a larger batch"):
        net.step(net.state(1), torch.ones(1, 4), torch.zeros(1, 2))
    net.forward(net.state(1), torch.ones(1, 4), resting=True)
    assert net.projections["hidden1_norm"].variance.eq(1).all()


@pytest.mark.parametrize("constraint", [sf.Failure(0.5), sf.Mismatch(0.1)])
def test_constraints_of_single_synapses_are_refused(constraint):
    with pytest.raises(SpikefaError, match="about single neurons or synapses"):
        sf.BatchNorm(6, 6, channels=3, constraints=(constraint,))
    with pytest.raises(SpikefaError, match="Skip synapses have no weights"):
        SAME(6, 6, constraints=(constraint,))


def test_weights_that_were_never_drawn_are_not_saved(tmp_path):
    with pytest.raises(SpikefaError, match="draw them first"):
        sf.save_weights(network(BOTH), tmp_path / "weights.safetensors")


def test_a_layout_is_refused_that_is_none():
    with pytest.raises(SpikefaError, match=r"give a Skipping\(shape, channels\)"):
        sf.Skip(6, 6, layout="same")
    with pytest.raises(SpikefaError, match="a shortcut of 3 channels onto 2"):
        sf.Skipping((3, 2, 1), 2)


def test_ranks_and_fused_kernels_do_not_divide_them():
    net = network(BOTH)
    parts = net.projections, net.routes, net.rules, net.feedback, net.optimiser, net.leading
    with pytest.raises(SpikefaError, match="hidden1_norm"):
        check_divisible(*parts)
    spiking = {name: sf.StochasticBinary(size) for name, size in SIZES.items()}
    standard = network(BOTH, populations=spiking)
    for name in ("fused", "fused-deferred"):
        assert "hidden1_norm has a delay, or is beside the chain" in obstacle(name, standard)


def test_a_shortcut_does_not_learn():
    net = network(BOTH)
    net.initialise(0)
    state = net.state(3)
    net.step(state, torch.ones(3, 4), torch.zeros(3, 2))
    skipped = net.projections["hidden1_to_hidden2"]
    assert not skipped.plastic
    assert skipped.weight.numel() == 0
    assert net.projections["hidden1_norm"].bias.any()


def test_a_shortcut_sends_what_torch_pads():
    layout = sf.Skipping((3, 5, 4), 6, stride=2)
    skip = sf.Skip(layout.n_pre, layout.n_post, layout=layout)
    pre, out = torch.randn(2, layout.n_pre), torch.empty(2, layout.n_post)
    skip.drive(pre, out)
    images = pre.view(2, 3, 5, 4)[:, :, ::2, ::2]
    assert layout.out_shape == (6, 3, 2)
    torch.testing.assert_close(out, pad(images, (0, 0, 0, 0, 1, 2)).flatten(1))
    error, back = torch.randn(2, layout.n_post), torch.empty(2, layout.n_pre)
    layout.carry(error, skip.weight, back)
    torch.testing.assert_close((back * pre).sum(), (out * error).sum())  # the transpose


def test_channelwise_synapses_are_a_convolution_of_one_group_each():
    rows, one = (4, 3, 2), sf.synapses.Channelwise(24, 4)
    grouped = sf.Convolution(rows, 4, 1, groups=4)
    pre, post, weight = torch.randn(5, 24), torch.randn(5, 24), torch.randn(1, 4)
    for name in ("drive", "carry"):
        found, expected = torch.empty(5, 24), torch.empty(5, 24)
        own = weight if name == "drive" else weight.mT
        getattr(one, name)(pre, own, found)
        getattr(grouped, name)(pre, own, expected)
        torch.testing.assert_close(found, expected)
    found, expected = torch.zeros(1, 4), torch.zeros(1, 4)
    one.add_outer(found, pre, post)
    grouped.add_outer(expected, pre, post)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(one.gathered(post), grouped.gathered(post))


def test_they_are_shown():
    page = network(BOTH)._repr_html_()
    assert "its own dendrites" in page
    assert "Skip, 6 x 6" in page
    assert "hidden1_norm, hidden1_to_hidden2" in repr(network(BOTH))


def test_probes_read_weights_and_modulators():
    net = network(BOTH)
    net.initialise(0)
    variables = net.variables(net.state(3))
    assert variables["hidden1"]["weights_hidden1_norm"].shape == (1, 3)
    assert variables["hidden1"]["modulator"].shape == (3, 6)
