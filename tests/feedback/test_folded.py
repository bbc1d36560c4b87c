"""The path of PFA without its extra populations is that of PFA with them."""

from functools import partial

import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.feedback.folded import Folded
from spikefa.models import rate_network
from spikefa.testing import check_feedback

SIZES, BATCH = (7, 6, 5, 4), 8
SGD = partial(torch.optim.SGD, momentum=0.9)


def learned(circuit, updates=40):
    rule = sf.ThreeFactor(0.01, weight_decay=0.02)
    network = rate_network(SIZES, circuit, rule, "relu", "softmax", 0.6, optimiser=SGD)
    network.initialise(4)
    state, source = network.state(BATCH), torch.Generator().manual_seed(1)
    for _ in range(updates):
        x = torch.randn(BATCH, SIZES[0], generator=source, dtype=torch.float64)
        target = torch.eye(4, dtype=torch.float64)[torch.randint(4, (BATCH,), generator=source)]
        network.step(state, x, target)
    return network


@pytest.mark.parametrize("kind", [sf.PFA, sf.PFAo])
def test_the_path_alone_is_the_circuit_but_for_rounding(kind):
    make = partial(kind, 3, scale=[0.5, 0.4], tau=1.0, momentum=0.9)
    whole, path = learned(make()), learned(Folded(make()))
    for name, synapses in whole.synapses.items():
        other = path.synapses[name]
        torch.testing.assert_close(synapses.weight, other.weight, rtol=0, atol=1e-12)
        torch.testing.assert_close(synapses.bias, other.bias, rtol=0, atol=1e-12)
    for one, other in zip(whole.feedback.paths(), path.feedback.matrices, strict=True):
        torch.testing.assert_close(one(), other, rtol=0, atol=1e-12)
    assert whole.alignment() == pytest.approx(path.alignment())


@pytest.mark.parametrize(
    "circuit", [sf.PFA(middle_tau=0.5), sf.PFAo(middle_phi_delta="tanh"), sf.FA()]
)
def test_what_cannot_be_folded_is_refused(circuit):
    with pytest.raises(SpikefaError, match="fold"):
        Folded(circuit)


def test_a_path_of_fixed_r_stays():
    network = learned(Folded(sf.PFA(3.0, tau=1.0, plastic=False)))
    before = [matrix.clone() for matrix in network.feedback.matrices]
    state = network.state(BATCH)
    network.step(state, torch.ones(BATCH, 7).double(), torch.zeros(BATCH, 4).double())
    for matrix, own in zip(network.feedback.matrices, before, strict=True):
        assert matrix.equal(own)


def test_it_conforms():
    check_feedback(Folded(sf.PFA(2.0)))
