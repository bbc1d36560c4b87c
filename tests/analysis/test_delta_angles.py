"""Angles of the deltas to those of backpropagation."""

import torch

import spikefa as sf
from spikefa.analysis.delta_angles import delta_angles


def digits_network(feedback):
    network = sf.models.lillicrap2016.spiking_mnist(40, 2, 30, 64, feedback=feedback)
    network.initialise(0)
    return network


def angles_of(network):
    digits = sf.datasets.digits()
    return delta_angles(network, digits.test, digits.full_scale, digits.n_classes)


def test_deltas_of_transposed_weights_are_those_of_backpropagation():
    network = digits_network(sf.FA(gated=True))
    for back, synapses in zip(
        network.feedback.matrices, list(network.synapses.values())[1:], strict=True
    ):
        back.copy_(synapses.weight.mT)
    # float32: the arc cosine of a number next to 1 is some hundredths of a degree
    assert all(angle < 0.1 for angle in angles_of(network).values())


def test_deltas_of_random_matrices_are_at_right_angles():
    found = angles_of(digits_network(sf.FA()))
    assert list(found) == ["hidden1", "hidden2"]
    assert all(85 < angle < 95 for angle in found.values())


def test_deltas_of_opposite_weights_point_the_other_way():
    network = digits_network(sf.FA(gated=True))
    network.feedback.matrices[1].copy_(-network.synapses["output"].weight.mT)
    assert angles_of(network)["hidden2"] > 179.9


def test_looking_at_deltas_changes_no_weight():
    network = digits_network(sf.FA())
    before = {name: tensor.clone() for name, tensor in network.tensors().items()}
    angles_of(network)
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.tensors().items())
