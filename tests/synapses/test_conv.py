"""Convolutional synapses, against loops in NumPy, torch's own layers and dense synapses."""

from functools import partial
from itertools import product

import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d, conv2d

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.utils.seeding import generator

LAYOUTS = {
    "plain": ((2, 5, 6), 4, 3, {}),
    "strides": ((2, 7, 8), 3, (3, 2), {"stride": (2, 3)}),
    "padding": ((1, 4, 5), 3, 3, {"padding": (2, 1)}),
    "groups": ((4, 5, 5), 6, 3, {"groups": 2, "padding": 1}),
    "pool": ((2, 7, 9), 3, 2, {"pool": 2}),
    "everything": ((4, 9, 8), 6, 2, {"stride": 2, "padding": 1, "groups": 2, "pool": (1, 2)}),
    "pool and stride": ((1, 11, 12), 2, 3, {"stride": (2, 1), "padding": 1, "pool": (2, 3)}),
}
BATCH = 3


def layout(name):
    shape, channels, kernel_size, more = LAYOUTS[name]
    return sf.Convolution(shape, channels, kernel_size, **more)


def conv(name, seed=0, **more):
    found = layout(name)
    made = sf.Conv(found.n_pre, found.n_post, convolution=found, dtype=torch.float64, **more)
    made.initialise(generator(seed, "conv"))
    made.bias.copy_(torch.randn(made.bias.shape, generator=generator(seed, "bias")))
    return made


def random(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed, "activity"), dtype=torch.float64)


def pair(given):
    return (given, given) if isinstance(given, int) else given


def places(found):
    """Yield each synapse: presynaptic neuron, row and channel of its weight, postsynaptic neuron.

    Written from the definition, with a loop over everything; pooling repeats a synapse with a part
    of its weight.
    """
    channels, height, width = found.shape
    (kh, kw), stride, padding, pool = map(
        pair, (found.kernel_size, found.stride, found.padding, found.pool)
    )
    _, rows, columns = found.out_shape
    inner, outer = channels // found.groups, found.channels // found.groups
    for o, y, x in product(range(found.channels), range(rows), range(columns)):
        for i, j in product(range(pool[0]), range(pool[1])):
            for c, u, v in product(range(inner), range(kh), range(kw)):
                at = (pool[0] * y + i) * stride[0] + u - padding[0]
                across = (pool[1] * x + j) * stride[1] + v - padding[1]
                if 0 <= at < height and 0 <= across < width:
                    channel = o // outer * inner + c
                    pre = (channel * height + at) * width + across
                    yield pre, (c * kh + u) * kw + v, o, (o * rows + y) * columns + x


@pytest.mark.parametrize("name", LAYOUTS)
def test_drive_carry_and_change_are_sums_over_the_synapses(name):
    synapses = conv(name)
    found = synapses.convolution
    weight, part = synapses.weight.numpy().copy(), 1 / np.prod(pair(found.pool))
    pre, post = random(BATCH, found.n_pre), random(BATCH, found.n_post, seed=1)
    drive, back = np.zeros((BATCH, found.n_post)), np.zeros((BATCH, found.n_pre))
    change = np.zeros_like(weight)
    for i, row, column, j in places(found):
        drive[:, j] += part * weight[row, column] * pre[:, i].numpy()
        back[:, i] += part * weight[row, column] * post[:, j].numpy()
        change[row, column] += part * float(pre[:, i] @ post[:, j])
    bias = synapses.bias.numpy().copy()
    drive += np.repeat(bias, found.n_post // found.channels)

    out, sent = torch.empty(BATCH, found.n_post).double(), torch.empty(BATCH, found.n_pre).double()
    synapses.drive(pre, out)
    np.testing.assert_allclose(out, drive, atol=1e-12)
    found.carry(post, synapses.weight.mT, sent)
    np.testing.assert_allclose(sent, back, atol=1e-12)
    opposite = torch.zeros_like(synapses.weight.mT)
    found.add_outer_back(opposite, post, pre, alpha=-2.0)
    np.testing.assert_allclose(opposite, -2 * change.T, atol=1e-11)
    synapses.apply(sf.Outer(pre, post))
    np.testing.assert_allclose(synapses.weight, weight + change, atol=1e-11)
    own = post.unflatten(-1, (found.channels, -1)).sum((0, 2)).numpy()
    np.testing.assert_allclose(synapses.bias, bias + own, atol=1e-12)


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_drive_is_that_of_torch_with_a_mean_over_neighbours(name):
    synapses = conv(name)
    found = synapses.convolution
    shape = (found.channels, found.shape[0] // found.groups, *pair(found.kernel_size))
    pre, out = random(BATCH, found.n_pre), torch.empty(BATCH, found.n_post).double()
    synapses.drive(pre, out)
    expected = avg_pool2d(
        conv2d(
            pre.view(BATCH, *found.shape),
            synapses.weight.mT.reshape(shape),
            synapses.bias,
            found.stride,
            found.padding,
            groups=found.groups,
        ),
        found.pool,
    )
    assert expected.shape[1:] == found.out_shape
    torch.testing.assert_close(out.view(expected.shape), expected, rtol=0, atol=1e-12)


def test_a_kernel_as_large_as_the_image_is_dense():
    found = sf.Convolution((2, 3, 4), 5, (3, 4))
    shared = sf.Conv(24, 5, convolution=found, dtype=torch.float64)
    dense = sf.Dense(24, 5, dtype=torch.float64)
    pre, post = random(BATCH, 24), random(BATCH, 5, seed=1)
    outs = []
    for each in (shared, dense):
        each.initialise(generator(0, "same"))
        each.apply(sf.Outer(pre, post, torch.full((5,), 0.1, dtype=torch.float64)))
        each.decay(0.9)
        outs.append(torch.empty(BATCH, 5).double())
        each.drive(pre, outs[-1])
    torch.testing.assert_close(shared.weight, dense.weight, rtol=0, atol=1e-12)
    torch.testing.assert_close(shared.bias, dense.bias, rtol=0, atol=1e-12)
    torch.testing.assert_close(*outs, rtol=0, atol=1e-12)


def test_a_kernel_of_one_pixel_is_dense_at_every_position():
    found = sf.Convolution((3, 2, 4), 5, 1)
    shared = sf.Conv(24, 40, convolution=found, dtype=torch.float64)
    dense = sf.Dense(3, 5, dtype=torch.float64)
    pre, post = random(BATCH, 24), random(BATCH, 40, seed=1)
    by_position = [each.view(BATCH, -1, 8).mT.reshape(BATCH * 8, -1) for each in (pre, post)]
    for each, factors in ((shared, (pre, post)), (dense, by_position)):
        each.initialise(generator(0, "same"))
        each.apply(sf.Outer(*factors))
    torch.testing.assert_close(shared.weight, dense.weight, rtol=0, atol=1e-12)
    torch.testing.assert_close(shared.bias, dense.bias, rtol=0, atol=1e-12)
    out, expected = torch.empty(BATCH, 40).double(), torch.empty(BATCH * 8, 5).double()
    shared.drive(pre, out)
    dense.drive(by_position[0], expected)
    torch.testing.assert_close(out.view(BATCH, 5, 8).mT.reshape(BATCH * 8, 5), expected)


def test_a_lost_fraction_is_summed_over_the_positions_of_a_channel():
    synapses = conv("plain")
    weight, bias, found = synapses.weight.clone(), synapses.bias.clone(), synapses.convolution
    loss = torch.rand(found.n_post, generator=generator(0)).double() / 100
    nothing = torch.zeros(1, found.n_pre).double(), torch.zeros(1, found.n_post).double()
    synapses.apply(sf.Outer(*nothing, loss))
    kept = 1 - loss.view(found.channels, -1).sum(-1)
    torch.testing.assert_close(synapses.weight, weight * kept)
    torch.testing.assert_close(synapses.bias, bias * kept)


def test_norm_and_constraints_hold_for_each_channel():
    synapses = conv("groups", norm=0.7)
    synapses.apply(sf.Outer(random(2, synapses.n_pre), random(2, synapses.n_post)))
    torch.testing.assert_close(synapses.weight.norm(dim=0), torch.full((6,), 0.7).double())
    few = conv("groups", constraints=(sf.Bits(3, limit=0.5),))
    few.apply(sf.Outer(random(2, few.n_pre), random(2, few.n_post)))
    levels = few.weight / few.held[0].unit
    torch.testing.assert_close(levels, levels.round())


def network(circuit=None, kind=sf.Rate, optimiser=None, rule=None, replicas=None, **more):
    first = sf.Convolution((2, 6, 6), 4, 3, padding=1, pool=2)
    second = sf.Convolution(first.out_shape, 6, 2, groups=2)
    found = sf.Network(
        first.n_pre,
        {"conv1": kind(first.n_post), "conv2": kind(second.n_post), "output": kind(5)},
        circuit or sf.DFA(tau=1.0),
        rule or sf.ThreeFactor(0.05, weight_decay=0.01),
        synapses={
            "conv1": partial(sf.Conv, convolution=first, scale=0.5, **more),
            "conv2": partial(sf.Conv, convolution=second, scale=0.5, **more),
        },
        dtype=torch.float64,
        optimiser=optimiser,
        replicas=replicas,
    )
    found.initialise(3 if replicas is None else range(3, 3 + replicas))
    return found


def run(net, steps=5, replica=None):
    state = net.state(BATCH)
    for step in range(steps):
        source = generator(0, "run", step)
        x = torch.rand(*net.leading, BATCH, net.n_inputs, generator=source, dtype=torch.float64)
        target = torch.rand(*net.leading, BATCH, 5, generator=source, dtype=torch.float64)
        net.step(state, x, target)
    return state


def test_replicas_learn_what_each_learns_alone():
    together = network(replicas=2)
    state = together.state(BATCH)
    alone = [network(), network()]
    for number, one in enumerate(alone):
        one.initialise(3 + number)
    states = [one.state(BATCH) for one in alone]
    for step in range(4):
        x, target = random(2, BATCH, 72, seed=step), random(2, BATCH, 5, seed=step + 9)
        together.step(state, x, target)
        for number, one in enumerate(alone):
            one.step(states[number], x[number], target[number])
    for number, one in enumerate(alone):
        for name, tensor in one.tensors().items():
            torch.testing.assert_close(together.replica(number).tensors()[name], tensor)


def test_plain_sgd_is_no_optimiser():
    without, with_sgd = network(), network(optimiser=torch.optim.SGD)
    for net in (without, with_sgd):
        run(net)
    for name, tensor in without.tensors().items():
        torch.testing.assert_close(with_sgd.tensors()[name], tensor, rtol=0, atol=1e-12)


def test_adam_changes_every_weight():
    net = network(optimiser=torch.optim.Adam)
    before = net.synapses["conv2"].weight.clone()
    run(net)
    assert (net.synapses["conv2"].weight != before).all()


def test_weights_are_saved_and_loaded(tmp_path):
    net, other = network(), network()
    run(net)
    sf.save_weights(net, tmp_path / "weights.safetensors")
    sf.load_weights(other, tmp_path / "weights.safetensors")
    for name, tensor in net.tensors().items():
        assert other.tensors()[name].equal(tensor)


def test_unbiased_channels_stay_without_bias():
    net = network(biased=False)
    run(net)
    assert not net.synapses["conv1"].bias.any()
    assert net.synapses["output"].bias.any()


class ForEachPair(sf.PlasticityRule):
    """Gives a change to each pair of neurons."""

    def update(self, pre, post, modulator, state):
        return sf.Direct(torch.zeros(pre.shape[-1], modulator.shape[-1]), modulator.sum(0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sf.Convolution((3, 5, 5), 4, 3, groups=2), "2 groups do not divide 3 channels"),
        (lambda: sf.Convolution((1, 4, 4), 1, 5), "covers 5 x 5 pixels, and an image of 4 x 4"),
        (lambda: sf.Convolution((1, 4, 4), 1, 2, pool=4), "covers 5 x 5 pixels"),
        (lambda: sf.Convolution((1, 4, 4), 1, 2, padding=-1), "padding of Convolution is -1"),
        (lambda: sf.Convolution((1, 4, 4), 0, 2), "channels of Convolution is 0"),
        (lambda: sf.Convolution((4, 4), 1, 2), "shape of Convolution"),
        (
            lambda: sf.Conv(16, 8, convolution=sf.Convolution((1, 4, 4), 1, 2)),
            "of 1 x 4 x 4 onto 1 x 3 x 3 connects 16 with 9 neurons, .* have 16 and 8",
        ),
        (lambda: sf.Conv(16, 8, convolution=3), "give a Convolution"),
        (lambda: conv("plain", constraints=(sf.Dale(),)), "Dale is about single neurons"),
        (lambda: conv("plain", constraints=(sf.Failure(0.1),)), "Failure is about single"),
        (lambda: conv("plain", constraints=(sf.Mismatch(0.1),)), "Mismatch is about single"),
        (lambda: network(rule=sf.Eligibility(0.1)), "Eligibility keeps a number for each synapse"),
        (lambda: run(network(rule=ForEachPair(0.1))), "returned a Direct change"),
        (lambda: network(sf.WM()), "WM takes each pair of neurons to have a weight of its own"),
        (lambda: network(sf.PseudoBackprop()), "PseudoBackprop takes each pair"),
        (lambda: network(sf.Mixed()), "Mixed takes each pair"),
    ],
)
def test_refusals_say_what_to_do(make, message):
    with pytest.raises(SpikefaError, match=message):
        make()
