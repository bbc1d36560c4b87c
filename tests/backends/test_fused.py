"""The fused backend takes the steps of eager, spike for spike but for rounding."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.synapses import Dense
from tests.helpers.fused_pairs import (
    DEVICE,
    compare,
    compare_two,
    everything,
    learn,
    network,
    stream,
)

pytestmark = pytest.mark.usefixtures("triton")


def tiles(*shape):
    from spikefa.backends.tiling import Tiles

    return Tiles(*shape)


CASES = {  # circuit, sizes, batch, tiles, options of the network: sizes that no tile divides
    "FA": (lambda: sf.FA(), (17, 130, 10), 3, (16, 64, 128), {}),
    "FA, several tiles": (lambda: sf.FA(phi_delta="tanh"), (17, 18), 3, (16, 16, 16), {}),
    "FA, one neuron": (lambda: sf.FA(gated=True, tau=0.3), (1, 17, 2), 1, (16, 16, 32), {}),
    "FA, no hidden": (lambda: sf.FA(), (10,), 1, (16, 16, 16), {"output_error": "probability"}),
    "FA, tiles below each other": (lambda: sf.FA(), (70, 50), 3, (16, 16, 32, 2), {"n_inputs": 50}),
    "FA, the same, a batch of tiles": (
        lambda: sf.FA(),
        (70, 50),
        40,
        (16, 16, 32, 1),
        {"n_inputs": 50},
    ),
    "FA, one stream": (lambda: sf.FA(), (20, 18), 1, (1, 16, 32, 1), {}),
    "PFA-o": (lambda: sf.PFAo(expansion=2), (17, 7, 4), 3, (16, 16, 32), {}),
    "DFA": (lambda: sf.DFA(phi_delta="logistic"), (17, 1, 10), 3, (16, 16, 32), {"tau": 0.4}),
    "DFA, batch 100": (lambda: sf.DFA(gated=True), (5, 17, 2), 100, (64, 32, 32), {}),
    "PFA": (lambda: sf.PFA(expansion=2), (17, 7, 4), 3, (16, 16, 32), {}),
    "KP": (lambda: sf.KP(), (17, 7, 4), 3, (16, 16, 32), {}),
    "KP, momentum": (
        lambda: sf.KP(0.3, momentum=0.5, gated=False),
        (17, 7, 4),
        3,
        (16, 16, 32),
        {},
    ),
    "PAL": (lambda: sf.PAL(rate=0.1, phi_delta="tanh"), (17, 7, 4), 3, (16, 16, 32), {}),
    "PFA, leaky": (
        lambda: sf.PFA(1.5, middle_tau=0.5, middle_phi_delta="tanh", gated=False, phi_delta="tanh"),
        (9, 6),
        1,
        (16, 16, 16),
        {},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_spike_for_spike(case):
    circuit, sizes, batch, shape, options = CASES[case]
    flips = compare(
        lambda: network(circuit(), sizes, **options), batch, 3, steps=3, tiles=tiles(*shape)
    )
    assert flips <= 1


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["bf16x6", "bf16x3", "tf32", "bf16"])
@pytest.mark.parametrize("batch", [3, 17])
def test_what_matrix_units_multiply_is_rounded_and_nothing_else(precision, batch):
    """Eager does the same with synapses and a circuit that round by other means."""
    from spikefa.experiments.comparison._rounding import RoundedDense, RoundedFA, set_rounding

    def make(synapses, circuit):
        return network(circuit(gated=True), (17, 20), n_inputs=33, synapses=synapses)

    plain = make(RoundedDense, RoundedFA)
    if precision != "bf16x6":
        set_rounding(plain, precision)
    given = stream(make(Dense, sf.FA), batch, tiles(16, 16, 32, 2), precision=precision, steps=2)
    assert compare_two(stream(plain, batch, fused=False, steps=2), given, 2) <= 1


def random_matrix(seed, shape, kind, scale):
    """What `random_tile` promises, from the paper's Philox."""
    made = np.empty(shape, np.float32)
    for row, column in np.ndindex(*shape):
        words = philox(seed, [column, row // 8, 0, 0])
        k = words[row % 8 // 2] >> (16 * (row % 2)) & 0xFFFF
        made[row, column] = (2 * k + 1) / 2**16 - 1 if kind == "uniform" else (k >= 2**15) * 2 - 1
    return made * np.float32(scale)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["uniform", "sign"])
@pytest.mark.parametrize("circuit", [sf.FA, sf.DFA])
def test_matrices_are_drawn_in_the_kernel_whatever_the_tiles(circuit, kind):
    drawn = network(circuit(0.3, matrix=kind, procedural=True), (17, 20, 12))
    stored = network(circuit(0.3, matrix=kind), (17, 20, 12))
    given = stream(drawn, 3, tiles(16, 16, 32, 1), steps=3)
    for layer, matrix in enumerate(drawn.feedback.random.each):
        expected = random_matrix(int(matrix.seeds[0]), matrix.shape, kind, 0.3)
        whole = given.backend.errors.drawn_matrix(matrix)
        np.testing.assert_allclose(whole.cpu().numpy(), expected, rtol=1e-6)
        stored.feedback.matrices[layer].copy_(torch.from_numpy(expected))
    assert compare_two(stream(stored, 3, fused=False, steps=3), given, 2) <= 1


@pytest.mark.long
@pytest.mark.parametrize("circuit", [sf.FA, sf.DFA, sf.PFA])
def test_200_steps_and_40_images(circuit):
    flips = compare(lambda: network(circuit(), (17, 20, 10)), 3, 40, tiles=tiles(16, 32, 32))
    assert flips <= 2


@pytest.mark.gpu
@pytest.mark.parametrize("batch", [1, 3, 100])
@pytest.mark.parametrize("circuit", [sf.FA, sf.DFA, sf.PFA])
def test_on_a_gpu(circuit, batch):
    assert DEVICE == "cuda"
    flips = compare(lambda: network(circuit(), (17, 130, 10), n_inputs=784), batch, 40)
    assert flips <= 10


def present(of, presentations, look=lambda: None):
    for presentation in range(presentations):
        for _ in learn(of, presentation):
            look()


def test_looking_at_the_weights_changes_no_bit():
    """What is caught up at once is what the next step would have done."""
    one, other = (stream(network(sf.FA(), (17, 4)), 3, philox=True, steps=3) for _ in range(2))
    present(one, 2)
    present(other, 2, look=other.flush)
    assert all(tensor.equal(everything(other)[name]) for name, tensor in everything(one).items())


def test_nothing_is_left_to_learn_after_a_presentation_even_one_cut_short():
    of = stream(network(sf.FA(), (17, 4)), 3, steps=2)
    steps = learn(of, 0)
    before = of.network.synapses["layer0"].weight.clone()
    next(steps)
    assert of.backend.pending == [True, True]
    assert of.network.synapses["layer0"].weight.equal(before)
    steps.close()
    assert of.backend.pending == [False, False]
    assert not of.network.synapses["layer0"].weight.equal(before)


def test_a_frozen_projection_stays_as_it_is():
    def make():
        return network(sf.FA(), (6, 4), rule=sf.ThreeFactor(1e-2, weight_decay=1e-3))

    one, other = (stream(make(), 3, fused=fused, steps=3) for fused in (False, True))
    for of in (one, other):
        of.network.set_learning_rates(of.state, [0.0, 2.0])
        present(of, 2)
    for name, tensor in one.network.tensors().items():
        torch.testing.assert_close(other.network.tensors()[name], tensor, rtol=1e-5, atol=1e-6)
    untouched = network(sf.FA(), (6, 4)).synapses["layer0"].weight
    assert other.network.synapses["layer0"].weight.equal(untouched)


def test_weights_decay_after_the_change_of_the_same_step():
    """At every step here, so that the order of decay and change would show."""
    rule = sf.ThreeFactor(0.1, weight_decay=0.2)
    assert compare(lambda: network(sf.PFA(1.0), (6, 4), rule=rule), 2, 2) == 0


def philox(key, counter):
    """Philox4x32-10, from the paper (Salmon, Moraes, Dror & Shaw 2011, fig. 2 and table 2)."""
    c, k, mask = [int(x) for x in counter], [key & 0xFFFFFFFF, key >> 32], 0xFFFFFFFF
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & mask, (a >> 32) ^ c[3] ^ k[1], a & mask]
        k = [(k[0] + 0x9E3779B9) & mask, (k[1] + 0xBB67AE85) & mask]
    return c


def test_the_reference_knows_the_known_answers():
    """Of the authors' own test vectors, Random123 kat_vectors."""
    assert philox(0, [0] * 4)[0] == 0x6627E8D5
    ones = 0xFFFFFFFF
    assert philox(ones << 32 | ones, [ones] * 4)[0] == 0x408F276D


@pytest.mark.parametrize("shape", [(16, 64, 64), (32, 16, 16)])
def test_spikes_are_philox_whatever_the_tiles(shape):
    """Weights of 0: every neuron spikes if its number, of 24 bits, is below 1/2."""
    net = network(sf.FA(), (17, 4), rule=sf.ThreeFactor(1e-30, weight_decay=0))
    for synapses in net.synapses.values():
        synapses.weight.zero_()
    of = stream(net, 3, tiles(*shape), philox=True, steps=2)
    of.state.steps = late = (1 << 32) + 7
    for step in learn(of, 0):
        for layer, population in enumerate(of.state.populations):
            key = int(of.backend._seeds[layer])
            batch, n = population.spikes.shape
            expected = [
                [
                    (philox(key, [j, b, (late + step) & 0xFFFFFFFF, 1])[0] >> 8) < (1 << 23)
                    for j in range(n)
                ]
                for b in range(batch)
            ]
            assert population.spikes.bool().tolist() == expected


def test_spikes_leave_as_bits_too():
    of = stream(network(sf.FA(), (17, 4)), 3, steps=2)
    for _ in learn(of, 0):
        for packed, population in zip(of.backend.packed, of.state.populations, strict=True):
            bits = np.packbits(population.spikes.cpu().bool().numpy(), axis=-1, bitorder="little")
            assert (packed.cpu().numpy() == bits).all()


def test_a_step_without_plasticity_packs_them_too():
    of = stream(network(sf.FA(), (17, 4)), 3, steps=2)
    of.load(0, torch.arange(3, device=DEVICE))
    for _ in of.rest():
        for packed, population in zip(of.backend.packed, of.state.populations, strict=True):
            bits = np.packbits(population.spikes.cpu().bool().numpy(), axis=-1, bitorder="little")
            assert (packed.cpu().numpy() == bits).all()


def test_populations_and_seeds_have_random_numbers_of_their_own():
    from spikefa.backends.fused import Fused

    net = network(sf.FA(), (17, 17, 4))
    keys = [
        int(key)
        for seed, name in ((0, "train"), (1, "train"), (0, "other"))
        for key in Fused(net, net.state(1), seed, name)._seeds
    ]
    assert len(set(keys)) == 9


def test_more_neurons_in_streams_than_a_kernel_can_number_are_refused():
    from spikefa.backends.fused import Fused

    net = network(sf.FA(), (17, 4))
    state = net.state(1)
    state.error = state.error.expand(2**27, -1)
    with pytest.raises(sf.SpikefaError, match=r"streams of 17 neurons .* lower the batch"):
        Fused(net, state, 0, "train")
