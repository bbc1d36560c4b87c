"""The experiment on the precision of products rounds as matrix units do, and nothing else."""

import numpy as np
import torch

import spikefa as sf
from spikefa.experiments.comparison import precision
from spikefa.experiments.comparison._rounding import (
    ROUNDINGS,
    RoundedDense,
    RoundedFA,
    bf16,
    bf16x3,
    set_rounding,
    tf32,
)
from spikefa.runs.studies.claims import judge_all

X = torch.randn(2000) * torch.logspace(-6, 6, 2000)


def to_bits(x, bits):
    """Return `x` to so many significant bits, ties to even, by NumPy in double precision."""
    fraction, exponent = np.frexp(x.double().numpy())
    return np.ldexp(np.round(np.ldexp(fraction, bits)), exponent - bits)


def test_roundings_keep_the_bits_they_promise():
    assert (tf32(X).numpy() == to_bits(X, 11)).all()
    assert (bf16(X).numpy() == to_bits(X, 8)).all()
    assert ((bf16x3(X) - X).abs() <= X.abs() * 2**-16).all()
    assert (bf16x3(X) != X).any()
    ties = torch.tensor([1 + 2**-11, 1 + 3 * 2**-11])  # halfway to a neighbour
    assert tf32(ties).tolist() == [1, 1 + 2**-9]


def test_products_are_rounded_and_weights_are_not():
    sizes = {"hidden": sf.StochasticBinary(5), "output": sf.StochasticBinary(4)}
    net = sf.Network(6, sizes, RoundedFA(), sf.ThreeFactor(), synapses=RoundedDense)
    net.initialise(0)
    before = net.synapses["hidden"].weight.clone()
    spikes, out = torch.ones(1, 6), torch.empty(1, 5)
    for name, rounding in ROUNDINGS.items():
        set_rounding(net, name)
        net.synapses["hidden"].drive(spikes, out)
        torch.testing.assert_close(out, spikes @ rounding(before), rtol=1e-6, atol=0)
        errors, back = torch.randn(1, 4), torch.empty(1, 5)
        net.feedback.rounded[0].carry(errors, back)
        expected = rounding(errors) @ rounding(net.feedback.matrices[0])
        torch.testing.assert_close(back, expected, rtol=1e-6, atol=1e-7)
    assert net.synapses["hidden"].weight.equal(before)


def test_a_short_run_ends_with_a_score_for_each_precision():
    short = {"train_images": 60, "epochs": 1, "hidden": 10, "outputs": 10}
    settings = precision.Settings(**(precision.EXPERIMENT.quick | short))
    found = precision.once(settings, 0)
    assert found["error"].shape == found["summed"].shape == (len(precision.PRECISIONS),)
    runs = {name: values[None] for name, values in found.items()}
    measures = precision.EXPERIMENT.measures(settings, runs)
    assert len(judge_all(precision.CLAIMS, measures)) == 3
