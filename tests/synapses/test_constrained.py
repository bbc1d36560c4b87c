"""Constraints as numbers, as a command line gives them."""

import pytest
import torch

import spikefa as sf
from spikefa.errors import SpikefaError
from spikefa.models.lillicrap2016 import spiking_mnist


def made(**given):
    sizes = {"hidden": 10, "hidden_layers": 1, "outputs": 10, "n_inputs": 20}
    net = spiking_mnist(**sizes, synapses=sf.Constrained(**given))
    net.initialise(0)
    return list(net.synapses.values())


def test_without_arguments_there_is_no_constraint():
    assert all(each.standard for each in made())


def test_every_number_makes_its_constraint():
    given = {"excitatory": 0.7, "bits": 3, "limit": 0.2, "mismatch": 0.1, "failure": 0.3}
    first, second = made(**given, sparsity=0.5, scale=0.1)
    assert [type(each).__name__ for each in second.held] == ["Dale", "Mismatch", "Failure", "Bits"]
    assert [type(each).__name__ for each in first.held] == ["Mismatch", "Failure", "Bits"]
    dale, mismatch, failure, bits = second.held
    assert (dale.fraction, mismatch.spread, failure.probability) == (0.7, 0.1, 0.3)
    assert (bits.bits, bits.limit, second.scale, second.sparsity) == (3, 0.2, 0.1, 0.5)
    (bounded,) = made(low=-0.1, high=0.2)[0].held
    assert (bounded.low, bounded.high) == (-0.1, 0.2)


@pytest.mark.parametrize(("signs", "excitatory"), [("excitatory", 20), ("mixed", 16)])
def test_the_input_is_exempt_or_not(signs, excitatory):
    first, second = made(excitatory=0.8, input_signs=signs)
    assert int((first.held[0].signs == 1).sum()) == excitatory
    assert int((second.held[0].signs == 1).sum()) == 8
    assert torch.equal(first.weight.sign().clamp(min=0), (first.held[0].signs > 0).expand(20, 10))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"bits": 17}, "bits of Constrained is 17: give a whole number from 1 to 16"),
        ({"excitatory": 1.0}, "excitatory of Constrained is 1.0: give a number above 0, below 1"),
        ({"low": 0.1}, "give both, or none"),
        ({"low": 0.1, "high": -0.1}, "give the lower bound first"),
        ({"limit": 0.5}, "limit 0.5 is of no use without `bits`"),
        ({"rounding": "nearest"}, "rounding nearest is of no use without `bits`"),
        ({"input_signs": "mixed"}, "of no use without `excitatory`"),
        ({"bits": 3, "low": -1, "high": 1}, "bits have a limit of their own"),
    ],
)
def test_what_cannot_be_is_said_at_once(given, message):
    with pytest.raises(SpikefaError, match=message):
        sf.Constrained(**given)


def test_bits_without_bounds_are_what_the_message_advises():
    assert [type(each).__name__ for each in made(bits=3)[1].held] == ["Bits"]
