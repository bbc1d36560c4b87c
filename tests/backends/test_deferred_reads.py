"""Products that read copies in half precision: what is rounded, what is not, and when."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.backends import choose_backend
from spikefa.backends.deferred import READS, DeferredPlasticity
from spikefa.backends.rounded_matrix import RoundedMatrix
from spikefa.errors import SpikefaError
from spikefa.synapses.deferred import Deferred
from spikefa.utils.rounded import RoundedCopy
from tests.helpers.fused_pairs import DEVICE

ROUNDED = [name for name, dtype in READS.items() if dtype]
CIRCUITS = {"FA": sf.FA, "DFA": sf.DFA, "PFA": lambda: sf.PFA(2), "PFAo": sf.PFAo, "KP": sf.KP}


def network(circuit=None, rule=None, **options):
    sizes = {"hidden1": sf.StochasticBinary(18), "output": sf.StochasticBinary(14)}
    rule = rule or sf.ThreeFactor(1e-2)
    return sf.Network(12, sizes, circuit or sf.FA(), rule, device=DEVICE, **options)


def simulate(tiny, backend, *parts, **options):
    net = network(*parts, **options)
    return sf.Simulation(net, tiny, batch_size=2, seed=1, backend=backend)


def to_bits(x, bits):
    """Return `x` to so many significant bits, ties to even."""
    fraction, exponent = np.frexp(x)
    return np.ldexp(np.round(np.ldexp(fraction, bits)), exponent - bits)


@pytest.mark.parametrize(("dtype", "bits"), [(torch.bfloat16, 8), (torch.float16, 11)])
def test_a_drive_as_a_loop_in_numpy(dtype, bits):
    """The weights of before are rounded; what they have learnt since, and the bias, is not.

    All numbers are whole, over a power of 2, so that float32 sums are exact.
    """
    random = np.random.default_rng(4)
    synapses = sf.Dense(9, 8)
    synapses.weight.copy_(torch.from_numpy(random.integers(-7000, 7000, (9, 8)) / 2**17))
    copy = RoundedCopy(synapses.weight, dtype)
    deferred = Deferred(synapses, batch=2, steps=2, copy=copy)
    first = synapses.weight.numpy().astype(float)
    earlier, bias = [], np.zeros(8)
    for step in range(6):
        pre = random.integers(0, 2, (2, 9)).astype(float)
        post = random.integers(-900, 900, (2, 8)) / 2**17
        out = torch.empty(2, 8)
        deferred.drive(torch.from_numpy(pre).float(), out)
        whole = sum(earlier, first)
        waiting = sum(earlier[step - step % 2 :], np.zeros_like(first))
        read = to_bits(whole - waiting, bits) + waiting
        assert np.abs(read - whole).max() > 1e-5
        np.testing.assert_allclose(out.numpy(), pre @ read + bias, rtol=0, atol=1e-7)
        deferred.apply(sf.Outer(torch.from_numpy(pre).float(), torch.from_numpy(post).float()))
        deferred.flush() if step % 2 else None
        earlier.append(pre.T @ post)
        bias = bias + post.sum(0)
    np.testing.assert_allclose(synapses.weight.numpy(), sum(earlier, first), rtol=0, atol=0)


@pytest.mark.parametrize("backend", ROUNDED)
@pytest.mark.parametrize("circuit", CIRCUITS)
def test_weights_stay_float32_and_their_copies_follow(circuit, backend, tiny, tmp_path):
    """Through decay, a checkpoint, weights set by hand and tests, which read float32."""
    rule = sf.ThreeFactor(1e-2, weight_decay=1e-5)
    sim = simulate(tiny, backend, CIRCUITS[circuit](), rule)
    running = sim.runner.backend

    def check():
        running.ready()
        parts = {name: each.weight for name, each in sim.network.synapses.items()}
        copies = {name: each.copy for name, each in zip(parts, running.synapses, strict=True)}
        for number, hop in enumerate(running.wiring.hops):
            if isinstance(hop.matrix, RoundedMatrix):
                parts[number], copies[number] = hop.matrix.stored, hop.matrix.copy
        for name, matrix in parts.items():
            assert copies[name].half.equal(matrix.to(READS[backend])), name
            assert not copies[name].half.float().equal(matrix), name

    check()
    sim.learn(3)
    check()
    sim.save(tmp_path / "checkpoint")
    sim.learn(20)
    check()
    sim.restore(tmp_path / "checkpoint")
    check()
    sim.network.synapses["output"].weight.mul_(2)
    check()
    assert str(sim.test()) == str(sim.test())
    hops = running.wiring.hops
    fixed = [hop.matrix.role == "fixed" for hop in hops]
    assert [isinstance(hop.matrix, RoundedMatrix) for hop in hops] == fixed
    assert any(fixed) == (circuit != "KP")


@pytest.mark.slow
@pytest.mark.parametrize("backend", ROUNDED)
@pytest.mark.parametrize("circuit", ["FA", "PFA"])
def test_a_captured_presentation_is_the_same(circuit, backend, tiny, captured):
    """Graphs renew the copies that they read, and copies of decayed weights are renewed between.

    The decay is due every five steps, at the end of a presentation.
    """
    rule = sf.ThreeFactor(1e-2, weight_decay=2.4e-5)
    sim, taped = (simulate(tiny, backend, CIRCUITS[circuit](), rule) for _ in range(2))
    plain = DeferredPlasticity(sim.network, sim.runner.state, sim.stimulus.steps, backend)
    sim.runner.backend = plain
    assert type(taped.runner.backend).__name__ == "Graph"
    assert taped.backend == backend
    for each in (sim, taped):
        each.learn(12)
    assert int(sim.runner.state.learning_rates.wait) == sim.stimulus.steps
    for name, tensor in sim.tensors().items():
        assert tensor.equal(taped.tensors()[name]), name


@pytest.mark.parametrize("replicas", [None, 3])
def test_rounding_changes_drives_and_errors_a_little(replicas, tiny):
    """And in replicas, too: the first step is that of float32 but for the copies."""
    drives = {}
    for backend in ("eager", *ROUNDED):
        sim = simulate(tiny, backend, replicas=replicas)
        next(sim.present())
        drives[backend] = sim.runner.state.populations[0].potential.clone()
    for name, bits in zip(ROUNDED, (11, 8), strict=True):
        difference = (drives[name] - drives["eager"]).abs().max()
        assert 1e-7 < difference < 12 * 0.05 * 2.0**-bits


REFUSED = {
    "its numbers are torch.float64": lambda: network(dtype=torch.float64),
    "it has Rate": lambda: sf.Network(
        12, {"output": sf.Rate(4)}, sf.FA(), sf.ThreeFactor(), device=DEVICE
    ),
    "it has Dense.*norm": lambda: network(synapses=lambda *a, **k: sf.Dense(*a, norm=1.0, **k)),
    "its circuit, SF, may read": lambda: network(sf.SF()),
}


@pytest.mark.parametrize("backend", ROUNDED)
@pytest.mark.parametrize("reason", REFUSED)
def test_where_rounding_makes_no_sense_it_is_refused(reason, backend):
    with pytest.raises(SpikefaError, match=reason):
        choose_backend(backend, REFUSED[reason](), 1)


@pytest.mark.parametrize("backend", ["deferred", *ROUNDED])
def test_a_switch_to_a_circuit_that_reads_weights_is_refused_and_changes_nothing(backend, tiny):
    sim, plain = (simulate(tiny, backend) for _ in range(2))
    circuit = sim.network.feedback
    with pytest.raises(SpikefaError, match="its circuit, SF, may read forward weights"):
        sim.switch(sf.SF())
    assert sim.network.feedback is circuit
    for each in (sim, plain):
        each.learn(3)
    assert all(t.equal(plain.tensors()[name]) for name, t in sim.tensors().items())
