"""Which feedback synapses exist beside forward ones: counted, synapse by synapse."""

import math
from functools import partial

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.feedback import reciprocal_rate
from spikefa.testing import check_feedback
from tests.helpers.driven_network import network, run

SIZES = (80, 60, 50)
HALF = partial(sf.Masked, sparsity=0.5)
THIN = {"hidden2": HALF, "output": partial(sf.Masked, sparsity=0.2)}


def connected(circuit, synapses=THIN, **more):
    return network(circuit, SIZES[:2], SIZES[2], synapses=synapses, **more)


def counts(net):
    """Count for each layer: pairs with a forward synapse, those of them with feedback, others."""
    found = []
    for above, back in zip(list(net.synapses.values())[1:], net.feedback.matrices, strict=True):
        forward, back = above.mask.numpy(), back.numpy()
        beside = elsewhere = 0
        for i in range(back.shape[0]):
            for j in range(back.shape[1]):
                if back[i, j] != 0:
                    beside, elsewhere = (
                        (beside + 1, elsewhere) if forward[j, i] else (beside, elsewhere + 1)
                    )
        pairs = int(np.count_nonzero(forward))
        found.append((pairs, beside, forward.size - pairs, elsewhere))
    return found


def likely(count, pairs, probability):
    spread = math.sqrt(pairs * probability * (1 - probability))
    return abs(count - pairs * probability) <= 5 * spread


@pytest.mark.parametrize("circuit", [sf.FA, sf.KP])
@pytest.mark.parametrize(("beside", "elsewhere"), [(0.31, 0.0), (1.0, 0.25), (0.0, 0.6), (0.7, 1)])
def test_feedback_exists_with_the_probabilities_given(circuit, beside, elsewhere):
    sparsity = min(1 - elsewhere, 1 - 1e-9)
    net = connected(circuit(0.5, reciprocity=beside, sparsity=sparsity))
    for pairs, both, others, alone in counts(net):
        assert likely(both, pairs, beside)
        assert likely(alone, others, elsewhere)


@pytest.mark.parametrize("circuit", [sf.FA, sf.KP])
def test_without_forward_holes_it_is_the_fraction_of_all(circuit):
    net = network(circuit(0.5, reciprocity=0.31), SIZES[:2], SIZES[2])
    for above, back in zip(list(net.synapses.values())[1:], net.feedback.matrices, strict=True):
        both = reciprocal_rate(above.weight, back)
        assert likely(both * back.numel(), back.numel(), 0.31)


def test_equal_probabilities_are_an_independent_mask_bit_for_bit():
    one, other = (
        connected(circuit)
        for circuit in (sf.FA(sparsity=0.3), sf.FA(sparsity=0.3, reciprocity=0.7))
    )
    for independent, beside in zip(one.feedback.matrices, other.feedback.matrices, strict=True):
        assert torch.equal(independent, beside)
        assert 0 < torch.count_nonzero(beside) < beside.numel()


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("sparsity", [{"sparsity": 0.4}, {"sparsity": 0.4, "reciprocity": 0.5}])
def test_what_is_missing_in_kolen_pollack_stays_missing_and_the_rest_follows(sparsity, momentum):
    """Where both synapses exist, their difference only decays, as without holes."""
    gamma, steps, sgd = 0.01, 20, partial(torch.optim.SGD, momentum=0.9)
    rule = sf.ThreeFactor(0.05, weight_decay=gamma)
    optimiser = sgd if momentum else None
    net = connected(sf.KP(0.5, momentum=momentum, **sparsity), rule=rule, optimiser=optimiser)
    above = list(net.synapses.values())[1:]
    first = [back.clone() for back in net.feedback.matrices]
    before = [each.weight - back.mT for each, back in zip(above, first, strict=True)]
    run(net, steps=steps)
    for synapses, start, difference, back in zip(
        above, first, before, net.feedback.matrices, strict=True
    ):
        assert torch.equal(back != 0, start != 0)
        both = (synapses.mask != 0) & (start.mT != 0)
        now = (synapses.weight - back.mT)[both]
        torch.testing.assert_close(now, difference[both] * (1 - gamma) ** steps, rtol=0, atol=1e-12)
        assert (back - start * (1 - gamma) ** steps).abs().max() > 1e-6, "nothing was learnt"


def test_masks_are_in_checkpoints_and_in_each_replica():
    made = partial(sf.KP, 0.5, sparsity=0.4, reciprocity=0.5)
    alone = [connected(made(), seed=seed) for seed in (2, 3)]
    together = connected(made(), replicas=2)
    for number, net in enumerate(alone):
        for layer in (1, 2):
            mask = together.tensors()[f"feedback.mask{layer}"][number]
            assert torch.equal(mask, net.tensors()[f"feedback.mask{layer}"])
            assert torch.equal(mask != 0, net.feedback.matrices[layer - 1] != 0)
    assert not torch.equal(*together.tensors()["feedback.mask1"])


@pytest.mark.parametrize("sparsity", [0.0, 0.5])
def test_a_sparse_product_keeps_the_identity_and_the_angle(sparsity):
    """B B^T is 1 on average; its angle to the identity is that of the paper's proposition 3."""
    circuit = sf.PFA(4, sparsity=sparsity)
    network(circuit, SIZES[:2], 200)
    fixed = circuit.fixed[-1]
    gram = fixed @ fixed.mT
    missing = int((fixed == 0).sum())
    assert likely(missing, fixed.numel(), sparsity)
    assert gram.diagonal().mean().item() == pytest.approx(1, abs=0.02)
    cosine = gram.trace() / (gram.norm() * math.sqrt(len(gram)))
    assert cosine.item() == pytest.approx(1 / math.sqrt(1 + 1 / 4), abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    "circuit",
    [
        sf.FA(reciprocity=0.3),
        sf.KP(sparsity=0.4, reciprocity=0.3),
        sf.KP(sparsity=0.4, momentum=0.5),
        sf.PFA(2, sparsity=0.5),
    ],
    ids=repr,
)
def test_sparse_circuits_pass_the_kit(circuit):
    check_feedback(circuit)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reciprocity": 1.1}, "reciprocity of FA is 1.1: give a number from 0 to 1"),
        ({"reciprocity": 0.5, "procedural": True}, "with a reciprocity cannot be procedural"),
        ({"reciprocity": 0.5, "matrix": "orthogonal"}, "neither sparse nor procedural"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(sf.SpikefaError, match=message):
        sf.FA(**arguments)
