"""What a NIR file cannot hold is refused, or named."""

from functools import partial

import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError

SIZES = {"hidden": sf.StochasticBinary(5), "output": sf.StochasticBinary(4)}


def network(synapses=sf.Dense, rule=None, **options):
    net = sf.Network(3, SIZES, sf.FA(), rule or sf.ThreeFactor(), synapses, **options)
    net.initialise(0)
    return net


def holding(constraint):
    return {"hidden": partial(sf.Dense, constraints=(constraint,))}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"connections": [sf.Connection("output", "hidden")]}, "has output_to_hidden beside it"),
        ({"delays": {"output": 2}}, "spikes onto output take some steps, which cannot be written"),
        ({"synapses": holding(sf.Mismatch(0.1))}, r"onto 'hidden' do not transmit .* \(Mismatch\)"),
        ({"synapses": holding(sf.Failure(0.1))}, r"onto 'hidden' do not transmit .* \(Failure\)"),
    ],
)
def test_what_acts_otherwise_than_weights_is_refused(options, said, tmp_path):
    with pytest.raises(SpikefaError, match=said):
        sf.nir.write(network(**options), tmp_path / "net.nir")
    assert not (tmp_path / "net.nir").exists()
    with pytest.warns(UserWarning, match="without what NIR has no words for"):
        sf.nir.write(network(), tmp_path / "net.nir")  # as the message advises: without that


def test_dropout_is_refused(tmp_path):
    """Read again, the population would have been one of linear neurons."""
    silenced = {"hidden": sf.StochasticBinary(5, dropout=sf.Dropout(0.2)), "out": SIZES["output"]}
    net = sf.Network(3, silenced, sf.FA(), sf.ThreeFactor())
    net.initialise(0)
    with pytest.raises(SpikefaError, match="NIR has no dropout, which 'hidden' has"):
        sf.nir.write(net, tmp_path / "net.nir")


def test_constraints_of_learning_alone_are_named_as_lost(tmp_path):
    net = network(holding(sf.Bits(4, limit=0.5)))
    with pytest.warns(UserWarning, match=r"constraints of the synapses onto hidden: \(Bits\("):
        sf.nir.write(net, tmp_path / "net.nir")
    again = sf.nir.read(tmp_path / "net.nir")
    assert again.synapses["hidden"].weight.equal(net.synapses["hidden"].weight)
    assert len(torch.unique(again.synapses["hidden"].weight)) <= 15


def test_rules_of_each_projection_are_given_again(tmp_path):
    rules = {"hidden": sf.STDP(), "output": sf.ThreeFactor()}
    with pytest.warns(UserWarning, match="without what NIR has no words for"):
        sf.nir.write(network(rule=rules), tmp_path / "net.nir")
    with pytest.raises(SpikefaError, match="it names no rule of spikefa's own: give one"):
        sf.nir.read(tmp_path / "net.nir")
    assert sf.nir.read(tmp_path / "net.nir", rule=rules).rules.each == tuple(rules.values())
