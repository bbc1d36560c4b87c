"""Synapses with holes, with receptive fields and of fixed length."""

from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.utils.seeding import generator
from spikefa.utils.tensors import add_product

LOCAL = {"grid": (5, 6), "field": (2, 3), "maps": 3, "stride": 2}  # 3 maps of 2 x 2 fields


class Everywhere(sf.PlasticityRule):
    """Changes every pair of neurons, holes too, weight by weight."""

    def update(self, pre, post, modulator, state):
        weight = torch.full((pre.shape[-1], modulator.shape[-1]), 0.01, dtype=pre.dtype)
        return sf.Direct(weight, torch.full_like(modulator[0], 0.01))


def network(kind, rule, **options):
    net = sf.Network(
        30,
        {"hidden1": sf.Rate(12, "tanh"), "output": sf.Rate(4, "tanh")},
        feedback=sf.Backprop(tau=1.0),
        rule=rule,
        synapses={"hidden1": kind},
        dtype=torch.float64,
        **options,
    )
    net.initialise(3)
    return net


def run(net, steps=20):
    random = torch.Generator().manual_seed(0)
    state = net.state(4)
    for _ in range(steps):
        x = torch.randn(4, 30, generator=random, dtype=torch.float64)
        net.step(state, x, torch.ones(4, 4, dtype=torch.float64) * 0.5)
    return state


@pytest.mark.parametrize(
    "kind", [partial(sf.Masked, sparsity=0.7), partial(sf.LocallyConnected, **LOCAL)]
)
@pytest.mark.parametrize(
    "rule", [sf.ThreeFactor(0.05, weight_decay=0.01), Everywhere(0.1, weight_decay=0.01)]
)
@pytest.mark.parametrize(
    "optimiser", [None, partial(torch.optim.SGD, momentum=0.9), torch.optim.AdamW]
)
@pytest.mark.parametrize("norm", [None, 1.5])
def test_holes_are_exactly_zero_whatever_happens(kind, rule, optimiser, norm):
    net = network(partial(kind, norm=norm), rule, optimiser=optimiser)
    synapses = net.synapses["hidden1"]
    holes = synapses.mask == 0
    before = synapses.weight.clone()
    assert 0.3 < holes.double().mean() < 0.99
    run(net)
    assert (synapses.weight[holes] == 0).all()
    assert (synapses.weight[~holes] != before[~holes]).all()
    if norm:
        lengths = synapses.weight.norm(dim=0)
        torch.testing.assert_close(lengths, torch.full_like(lengths, norm))


def test_the_drive_passes_through_the_synapses_there_are():
    synapses = sf.Masked(30, 12, sparsity=0.5, dtype=torch.float64)
    synapses.initialise(generator(0, "x"))
    dense = sf.Dense(30, 12, dtype=torch.float64)
    dense.initialise(generator(0, "x"))
    pre, out = torch.randn(2, 30, dtype=torch.float64), torch.zeros(2, 12, dtype=torch.float64)
    synapses.drive(pre, out)
    expected = np.zeros((2, 12))
    for i in range(30):
        for j in range(12):
            if synapses.mask[i, j]:
                expected[:, j] += pre[:, i].numpy() * float(dense.weight[i, j])
    np.testing.assert_allclose(out, expected, atol=1e-12)


@pytest.mark.parametrize("sparsity", [0.1, 0.5, 0.93])
def test_so_many_synapses_are_removed_and_the_same_from_the_same_seed(sparsity):
    def make(seed):
        synapses = sf.Masked(40, 25, sparsity=sparsity)
        synapses.initialise(generator(seed, "weights", 1))
        return synapses

    first = make(1)
    assert int((first.mask == 0).sum()) == int(sparsity * 1000)
    assert first.mask.equal(make(1).mask)
    assert not first.mask.equal(make(2).mask)
    again = make(2)
    again.initialise(generator(1, "weights", 1))
    assert again.weight.equal(first.weight)


def test_a_mask_can_be_given():
    mask = torch.eye(5) == 0
    synapses = sf.Masked(5, 5, mask=mask)
    synapses.initialise(generator(0))
    assert (synapses.weight.diagonal() == 0).all()
    assert (synapses.weight[mask] != 0).all()


def test_receptive_fields_are_the_patches_of_the_grid():
    synapses = sf.LocallyConnected(30, 12, **LOCAL)
    for m in range(3):
        for y in range(2):
            for x in range(2):
                field = synapses.mask[:, (m * 2 + y) * 2 + x].view(5, 6)
                expected = torch.zeros(5, 6)
                expected[2 * y : 2 * y + 2, 2 * x : 2 * x + 3] = 1
                assert field.equal(expected)


def test_the_first_layer_of_the_paper():
    """784-3174-...: 6 maps of 6 x 6 fields on 28 x 28 pixels."""
    synapses = sf.LocallyConnected(784, 3174, grid=(28, 28), field=6, maps=6)
    assert (synapses.mask.sum(0) == 36).all()
    pixels = synapses.mask.sum(1).view(28, 28)
    assert (pixels[5:-5, 5:-5] == 6 * 36).all()
    assert pixels[0, 0] == 6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: sf.Masked(4, 4, sparsity=1.0),
            "sparsity of Masked is 1.0: give a number from 0, below 1",
        ),
        (lambda: sf.Masked(4, 4, sparsity=-0.1), "sparsity of Masked is"),
        (lambda: sf.Masked(4, 4, mask=torch.ones(3, 4)), r"shape \[3, 4\] for 4 x 4"),
        (lambda: sf.Masked(4, 4, mask=torch.full((4, 4), 0.5)), "1 where there is a synapse"),
        (lambda: sf.Masked(4, 4, sparsity=0.5, mask=torch.ones(4, 4)), "not both"),
        (lambda: sf.Dense(4, 4, norm=0.0), "norm of Dense is 0.0: give a number above 0"),
        (lambda: sf.LocallyConnected(30, 12, grid=(5, 5), field=2), "grid of 5 x 5 for 30 neurons"),
        (lambda: sf.LocallyConnected(30, 12, grid=(5, 6), field=6), "does not fit a grid of 5 x 6"),
        (lambda: sf.LocallyConnected(30, 13, **LOCAL), "3 maps of 2 x 2 fields are 12 neurons, 13"),
        (
            lambda: sf.LocallyConnected(30, 12, grid=(5, 6), field=2, stride=0),
            "stride of Loc",
        ),
    ],
)
def test_synapses_that_cannot_be(make, message):
    with pytest.raises(SpikefaError, match=message):
        make()


def test_synapses_for_a_projection_that_is_not_there():
    with pytest.raises(SpikefaError, match="synapses for 'hiden1', but projections are to output"):
        sf.Network(
            3, {"output": sf.Rate(2)}, sf.FA(), sf.ThreeFactor(), synapses={"hiden1": sf.Dense}
        )


def test_normalisation_is_equation_9_in_place():
    """W <- norm (W + dW) / |W + dW|, neuron by neuron; biases are free."""
    synapses = sf.Dense(5, 3, norm=0.7, dtype=torch.float64)
    synapses.initialise(generator(0))
    before, where = synapses.weight.numpy().copy(), synapses.weight.data_ptr()
    np.testing.assert_allclose(np.linalg.norm(before, axis=0), 0.7)
    pre, post = torch.randn(4, 5, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)
    synapses.apply(sf.Outer(pre, post))
    for j in range(3):
        raw = before[:, j] + sum(pre[k].numpy() * float(post[k, j]) for k in range(4))
        np.testing.assert_allclose(synapses.weight[:, j], 0.7 * raw / np.sqrt((raw**2).sum()))
    torch.testing.assert_close(synapses.bias, post.sum(0))
    assert synapses.weight.data_ptr() == where


def test_a_neuron_without_weights_stays_without():
    synapses = sf.Dense(3, 2, scale=0.0, norm=1.0)
    synapses.initialise(generator(0))
    assert (synapses.weight == 0).all()


def test_a_resumed_run_has_the_holes_of_the_first(tiny, tmp_path):
    def simulation():
        net = sf.Network(
            12,
            {"hidden1": sf.StochasticBinary(6), "output": sf.StochasticBinary(4)},
            sf.FA(),
            sf.ThreeFactor(0.1),
            synapses=partial(sf.Masked, sparsity=0.4, norm=1.0),
        )
        return sf.Simulation(net, tiny, batch_size=4, seed=9)

    whole, first, second = simulation(), simulation(), simulation()
    whole.train(epochs=2)
    first.train(epochs=1)
    first.save(tmp_path / "checkpoint")
    second.restore(tmp_path / "checkpoint")
    second.train(epochs=1)
    for name, tensor in whole.tensors().items():
        assert tensor.equal(second.tensors()[name]), name


@pytest.mark.parametrize("shape", [(), (3,)])
def test_one_stream_changes_weights_to_the_bits_of_the_product(shape):
    """An outer product with spikes; of other activity up to rounding."""
    source = torch.Generator().manual_seed(0)
    weight = torch.randn(*shape, 40, 30, generator=source)
    spikes = (torch.rand(*shape, 1, 40, generator=source) < 0.5).float()
    post = torch.randn(*shape, 1, 30, generator=source)
    for pre, tolerance in ((spikes, 0), (torch.rand(spikes.shape, generator=source), 1e-6)):
        changed = weight.clone()
        add_product(changed, pre.mT, post, alpha=-1)
        expected = torch.from_numpy(weight.numpy() - pre.mT.numpy() * post.numpy())
        torch.testing.assert_close(changed, expected, rtol=0, atol=tolerance)
