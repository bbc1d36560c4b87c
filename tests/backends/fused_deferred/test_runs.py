"""The fused-deferred backend takes the steps of deferred, spike for spike but for rounding."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.utils.tensors import current
from tests.helpers.deferred_pairs import compare, stream
from tests.helpers.drawn_matrix import random_matrix
from tests.helpers.fused_pairs import DEVICE, compare_two, everything, learn, network, trajectory

pytestmark = pytest.mark.usefixtures("triton")

CASES = {  # circuit, sizes, batch, options of the network
    "FA": (lambda: sf.FA(), (17, 70, 10), 3, {}),
    "FA, one stream": (lambda: sf.FA(), (20, 18), 1, {}),
    "FA, gated": (lambda: sf.FA(gated=True, tau=0.3, phi_delta="tanh"), (5, 17, 2), 17, {}),
    "FA, no hidden": (lambda: sf.FA(), (10,), 2, {"output_error": "probability"}),
    "DFA": (lambda: sf.DFA(phi_delta="logistic"), (17, 1, 10), 3, {"tau": 0.4}),
    "PFA, R fixed": (lambda: sf.PFA(2, plastic=False), (17, 7, 4), 3, {}),
    "PFA, leaky": (
        lambda: sf.PFA(1.5, middle_tau=0.5, middle_phi_delta="tanh", gated=False, phi_delta="tanh"),
        (9, 6),
        3,
        {},
    ),
    "PFA, momentum": (lambda: sf.PFA(2, momentum=0.5), (17, 7, 4), 3, {}),
    "PFA-o": (lambda: sf.PFAo(expansion=2), (17, 7, 4), 3, {}),
    "PFA-o, one stream": (lambda: sf.PFAo(), (17, 7, 4), 1, {}),
    "KP": (lambda: sf.KP(), (17, 7, 4), 3, {}),
    "KP, not gated": (lambda: sf.KP(phi_delta="tanh", gated=False), (17, 7, 4), 1, {}),
    "DKP": (lambda: sf.DKP(), (17, 7, 4), 3, {}),
    "PAL": (lambda: sf.PAL(rate=0.1), (17, 7, 4), 3, {}),
    "dropout": (lambda: sf.PFAo(), (17, 7, 4), 3, {"dropout": sf.Dropout(0.4)}),
    "dropout, one stream": (lambda: sf.FA(), (17, 4), 1, {"dropout": sf.Dropout(0.4)}),
    "thinned": (lambda: sf.KP(), (17, 4), 2, {"dropout": sf.Dropout(0.4, "step"), "replicas": 2}),
    "replicas": (lambda: sf.PFAo(), (9, 6), 2, {"replicas": 2}),
    "replicas of one stream": (lambda: sf.FA(), (9, 6), 1, {"replicas": 3}),
}
SLOW = {"DFA", "PFA, R fixed", "PFA-o", "PAL", "PFA, momentum", "replicas of one stream"}
QUICK = [pytest.param(case, marks=[pytest.mark.long] * (case in SLOW)) for case in CASES]


def made(case):
    circuit, sizes, batch, options = CASES[case]
    return (lambda: network(circuit(), sizes, **options)), batch


@pytest.mark.slow
@pytest.mark.parametrize("case", QUICK)
def test_spike_for_spike(case):
    assert compare(*made(case), 2, steps=3 if case == "FA" else 2) <= 1


@pytest.mark.parametrize("replicas", [None, pytest.param(2, marks=pytest.mark.long)])
def test_whole_presentations_of_which_all_inputs_are_known(replicas):
    """Every step still has inputs of its own, which a recording takes."""
    seen, pair = [], []
    for backend in ("eager", "fused-deferred"):
        of = stream(network(sf.FA(), (9, 4), replicas=replicas), 3, backend, steps=3)
        pair.append(of)
        seen.append([])
        for number in range(2):
            of.load(number, torch.arange(3 * (replicas or 1), device=DEVICE))
            keep = seen[-1].append
            for _ in of.learn(each=False, keep=lambda step, of=of, k=keep: k(of.inputs.clone())):
                pass
    assert pair[1].backend.foresees
    assert len(seen[0]) == 6
    assert all(one.equal(other) for one, other in zip(*seen, strict=True))
    for name, tensor in trajectory(pair[0]).items():
        torch.testing.assert_close(trajectory(pair[1])[name], tensor, rtol=1e-5, atol=1e-6)
    for name, tensor in pair[0].network.tensors().items():
        torch.testing.assert_close(pair[1].network.tensors()[name], tensor, rtol=1e-5, atol=1e-6)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_200_steps_and_40_images(case):
    assert compare(*made(case), 40) <= 2


@pytest.mark.gpu
@pytest.mark.parametrize("batch", [1, 3, 100])
@pytest.mark.parametrize("circuit", [sf.FA, sf.DFA, sf.PFA, sf.PFAo])
def test_on_a_gpu(circuit, batch):
    assert DEVICE == "cuda"
    assert compare(lambda: network(circuit(), (17, 130, 10), n_inputs=784), batch, 40) <= 10


@pytest.mark.parametrize(("circuit", "batch"), [(sf.FA, 1), (sf.DFA, 3)])
def test_matrices_are_drawn_in_the_kernel(circuit, batch):
    drawn = network(circuit(0.3, procedural=True), (17, 12))
    stored = network(circuit(0.3), (17, 12))
    for layer, matrix in enumerate(drawn.feedback.random.each):
        whole = random_matrix(int(matrix.seeds[0]), matrix.shape, "uniform", 0.3)
        stored.feedback.matrices[layer].copy_(torch.from_numpy(whole))
    pair = stream(stored, batch, "deferred", 2), stream(drawn, batch, steps=2)
    assert compare_two(*pair, 2) <= 1


def present(of, presentations, look=lambda: None):
    for presentation in range(presentations):
        for _ in learn(of, presentation):
            look()


def test_weights_stand_still_within_a_presentation():
    of = stream(network(sf.PFAo(), (17, 4)), 3, steps=3)
    before = {name: tensor.clone() for name, tensor in of.network.tensors().items()}
    weights = [name for name in before if "weight" in name or "R" in name]
    for step in learn(of, 0):
        assert of.backend.waiting == step + 1
        assert all(of.network.tensors()[name].equal(before[name]) for name in before)
    assert of.backend.waiting == 0
    assert weights
    assert not any(of.network.tensors()[name].equal(before[name]) for name in weights)


def test_a_probe_reads_the_weights_of_the_step():
    read = []
    for backend in ("eager", "fused-deferred"):
        of = stream(network(sf.FA(), (6, 4)), 3, backend, steps=3)
        probed = of.variables()["layer1"]["weights"]
        read.append([current(probed).clone() for _ in learn(of, 0)])
    for one, other in zip(*read, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-5, atol=1e-6)


def test_a_presentation_cut_short_leaves_nothing_waiting():
    of = stream(network(sf.FA(), (17, 4)), 3, steps=3)
    before = of.network.synapses["layer0"].weight.clone()
    steps = learn(of, 0)
    next(steps)
    steps.close()
    assert of.backend.waiting == 0
    assert not of.network.synapses["layer0"].weight.equal(before)


def test_a_long_presentation_writes_the_weights_now_and_then(monkeypatch):
    from spikefa.backends.fused_deferred import tiling  # needs triton

    monkeypatch.setattr(tiling, "MOST_ROWS", 7)
    of = stream(network(sf.FA(), (17, 4)), 3, steps=5)
    assert of.backend.steps == 2
    waited = []
    present(of, 1, look=lambda: waited.append(of.backend.waiting))
    assert waited == [1, 2, 1, 2, 1]
    assert compare(lambda: network(sf.PFAo(), (17, 4)), 3, 1) <= 1


@pytest.mark.parametrize(
    ("backend", "batch"),
    [("fused-deferred-fp16", 1), pytest.param("fused-deferred", 3, marks=pytest.mark.long)],
)
def test_weights_that_something_else_has_changed_are_rounded_again(backend, batch):
    """Rounded weights are copies, which a checkpoint or a user's hand must not bypass."""
    one, other = (
        stream(network(sf.FA(), (17, 4)), batch, backend, steps=2, philox=True) for _ in range(2)
    )
    present(other, 1)
    for presentation in range(2):
        for name, tensor in everything(one).items():
            everything(other)[name].copy_(tensor)
        for name, source in one.generators.items():
            other.generators[name].set_state(source.get_state())
        other.state.steps = one.state.steps
        present(one, 1)
        present(other, 1)
        for name, tensor in everything(one).items():
            assert tensor.equal(everything(other)[name]), (presentation, name)


def test_float16_rounds_and_nothing_else():
    """Weights, errors and modulators that float16 holds exactly give what float32 gives."""
    rule = sf.ThreeFactor(0.5, weight_decay=0.0)

    def make():
        net = network(sf.FA(), (17, 4), rule=rule, tau=1.0)
        for tensor in net.tensors().values():
            tensor.copy_((tensor * 64).round() / 64)
        return net

    one, other = (
        stream(make(), 3, backend, steps=1) for backend in ("fused-deferred", "fused-deferred-fp16")
    )
    for each in (one, other):
        next(learn(each, 0))
    for before, after in zip(one.state.populations, other.state.populations, strict=True):
        torch.testing.assert_close(after.potential, before.potential, rtol=1e-6, atol=1e-6)
        assert before.spikes.equal(after.spikes)


def test_a_frozen_projection_stays_as_it_is():
    def make():
        return network(sf.FA(), (6, 4), rule=sf.ThreeFactor(1e-2, weight_decay=1e-3))

    pair = stream(make(), 3, "eager", steps=3), stream(make(), 3, steps=3)
    for of in pair:
        of.network.set_learning_rates(of.state, [0.0, 2.0])
    assert compare_two(*pair, 2) == 0
    untouched = network(sf.FA(), (6, 4)).synapses["layer0"].weight
    assert pair[1].network.synapses["layer0"].weight.equal(untouched)


def test_learning_rates_that_change_within_a_presentation_change_no_step_before():
    pair = [
        stream(network(sf.FA(), (6, 4)), 3, name, steps=4) for name in ("eager", "fused-deferred")
    ]
    rates = {0: [1.0, 0.0], 1: [0.5, 3.0], 2: [2.0, 3.0]}
    for of in pair:
        for step in learn(of, 0):
            of.network.set_learning_rates(of.state, rates.get(step, [1.0, 1.0]))
    for name, tensor in pair[0].network.tensors().items():
        torch.testing.assert_close(pair[1].network.tensors()[name], tensor, rtol=1e-5, atol=1e-6)


def test_weights_decay_after_the_change_of_the_same_step():
    """At every step here, so that the order of decay and change would show."""
    rule = sf.ThreeFactor(0.1, weight_decay=0.2)
    assert compare(lambda: network(sf.PFA(1.0), (6, 4), rule=rule), 2, 2, reference="eager") == 0


def test_spikes_leave_as_bits_too():
    of = stream(network(sf.FA(), (17, 4), replicas=2), 3, steps=2)

    def look():
        for packed, population in zip(of.backend.packed, of.state.populations, strict=True):
            spikes = population.spikes.flatten(0, -2).cpu().bool().numpy()
            bits = np.packbits(spikes, axis=-1, bitorder="little")
            assert (packed.cpu().numpy() == bits).all()

    present(of, 1, look)
    of.load(1, torch.arange(6, device=DEVICE))
    for _ in of.rest():
        look()


def test_replicas_spike_at_random_as_networks_of_their_own_do():
    whole = stream(network(sf.FA(), (17, 4), replicas=2), 3, philox=True)
    seeds = [neurons.seeds.tolist() for neurons in whole.backend.layout.neurons]
    assert len({seed for pair in seeds for seed in pair}) == 4
    single = stream(network(sf.FA(), (17, 4)), 3, philox=True)
    assert [pair[0] for pair in seeds] == [
        int(neurons.seeds) for neurons in single.backend.layout.neurons
    ]


def test_more_neurons_in_streams_than_a_kernel_can_number_are_refused():
    from spikefa.backends.fused_deferred.backend import FusedDeferred  # needs triton

    net = network(sf.FA(), (17, 4))
    state = net.state(1)
    state.error = state.error.expand(2**27, -1)
    with pytest.raises(sf.SpikefaError, match=r"streams of 17 neurons .* lower the batch"):
        FusedDeferred(net, state, 0, "train", 1)
