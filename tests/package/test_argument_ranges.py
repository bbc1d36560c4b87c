"""Every number given in Python has a range, which is checked before anything is made."""

import inspect
from functools import partial
from typing import get_args

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets import Events, Frames
from spikefa.datasets.distortions import Elastic
from spikefa.datasets.examples import Examples, labelled
from spikefa.datasets.functions import autoencoder, linear, quadratic, tanh_teacher
from spikefa.models.lillicrap2016 import spiking_mnist
from spikefa.models.rate_networks import Biased, rate_network
from spikefa.plugins.classes import SEAMS, built_in
from spikefa.simulation.evaluation import Evaluation
from spikefa.stimulus.readout import ClassReadout
from spikefa.utils.checking import annotations, number_of
from spikefa.utils.ranges import Range
from tests.helpers.nasty import NUMBERS, refusal

EVENTS = Events.of([([1], [0])], 1)
EXAMPLES = Examples(torch.ones(3, 2), torch.ones(3, 2), torch.tensor([0, 1, 0]))
NETWORK = rate_network([2, 3, 2], sf.FA(tau=1), 0.1)
STIMULUS = sf.ExampleStimulus(EXAMPLES)
PARTS = {cls: {} for seam in SEAMS.values() for cls in built_in(seam).values()}
PARTS |= {cls: {"size": 3} for cls in (sf.Rate, sf.Refractory, sf.StochasticBinary)}
PARTS |= {cls: {"size": 3} for cls in (sf.ALIF, sf.Rate, sf.StochasticBinary)}
PARTS |= {cls: {"n_pre": 4, "n_post": 4} for cls in (sf.Dense, sf.Masked)}
PARTS |= {
    Biased: {"n_pre": 4, "n_post": 4, "bias_scale": 1.0},
    sf.LocallyConnected: {"n_pre": 1, "n_post": 1, "grid": (1, 1), "field": 1},
    sf.Dale: {},
    sf.Bounded: {"low": -1, "high": 1},
    sf.Bits: {"bits": 3},
    sf.Mismatch: {"spread": 0.1},
    sf.Failure: {"probability": 0.1},
    sf.RateCode: {},
    sf.LatencyCode: {},
    sf.DeltaCode: {},
    sf.Graded: {},
    sf.ExampleStimulus: {"examples": EXAMPLES},
    sf.FunctionStimulus: {"task": linear(2, 2, 0)},
    sf.EventStimulus: {"events": EVENTS, "dt": 1e-3},
    Events: vars(EVENTS),
    Frames: {"activity": np.zeros((1, 1, 1), np.uint8), "labels": np.zeros(1, np.uint8)},
    sf.WarmUpAnneal: {"epochs": 3},
    sf.StepDecay: {},
    sf.Piecewise: {"factors": {0: 1}},
    ClassReadout: {"n_outputs": 1, "n_classes": 1},
    Elastic: {"shape": (2, 2)},
    Examples: vars(EXAMPLES),
    labelled: {"x": EXAMPLES.inputs, "labels": torch.zeros(3, dtype=int), "n_classes": 1},
    linear: {"n_inputs": 2, "n_outputs": 2, "seed": 0},
    quadratic: {"n_inputs": 2, "n_outputs": 2, "seed": 0},
    tanh_teacher: {"sizes": (2, 2), "seed": 0},
    autoencoder: {"n": 2, "rank": 1, "seed": 0},
    spiking_mnist: {"hidden": 2, "outputs": 2, "n_inputs": 2},
    rate_network: {"sizes": (2, 2, 2), "rule": 0.1},
    sf.Network: {"n_inputs": 2, "populations": {"output": sf.Rate(2)}, "rule": sf.ThreeFactor()},
    sf.Simulation: {"network": NETWORK, "stimulus": STIMULUS, "batch_size": 2},
    Evaluation: {"network": NETWORK, "stimulus": STIMULUS},
}
"""What can be made, with arguments that it needs."""
del PARTS[sf.SnnTorch]
ARGUMENTS = [
    (make, name)
    for make in PARTS
    for name, hint in annotations(make.__init__ if inspect.isclass(make) else make).items()
    if name != "return" and any(map(number_of, [hint, *get_args(hint)]))
]


def bare(hint):
    """Return whether an int or a float without a range is somewhere in an annotation."""
    if any(isinstance(each, Range) for each in get_args(hint)):
        return False
    return hint in (int, float) or any(map(bare, get_args(hint)))


@pytest.mark.parametrize("make", PARTS)
def test_every_number_has_a_range(make):
    hints = annotations(make.__init__ if inspect.isclass(make) else make)
    assert not [name for name, hint in hints.items() if name != "return" and bare(hint)]


@pytest.mark.parametrize(("make", "name"), ARGUMENTS)
def test_a_number_is_refused_or_in_range(make, name):
    number = number_of(annotations(make.__init__ if inspect.isclass(make) else make)[name])
    taken = 0
    for value in NUMBERS:
        given = PARTS[make] | {name: value}
        if make in (spiking_mnist, rate_network, sf.Network):
            given["feedback"] = sf.FA()  # belongs to one network
        message = refusal(partial(make, **given))
        if number is None or isinstance(value, list | tuple | dict):
            continue
        if message is None:
            taken += 1
            assert value is None or isinstance(value, bool) or value in number.range
        elif value is not None and not number.accepts(value):
            assert name in message
            assert f"give {number}" in message
    assert number is None or taken
