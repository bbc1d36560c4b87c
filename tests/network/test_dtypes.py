"""Element types: those with too few digits are refused, the others count and draw right."""

import numpy as np
import pytest
import torch

import spikefa as sf
from spikefa.datasets import Dataset, Images
from spikefa.datasets.examples import Examples
from spikefa.errors import SpikefaError

REFUSED = [
    torch.float16,
    torch.bfloat16,
    torch.int64,
    torch.uint8,
    torch.bool,
    torch.complex64,
    torch.float8_e4m3fn,
    "float32",
    float,
    None,
]


@pytest.mark.parametrize("dtype", REFUSED)
@pytest.mark.parametrize("replicas", [None, 2])
def test_other_dtypes_are_refused_with_the_reason(dtype, replicas):
    populations = {"output": sf.StochasticBinary(10)}
    with pytest.raises(SpikefaError, match=r"give torch.float32 or torch.float64"):
        sf.Network(4, populations, sf.FA(), sf.ThreeFactor(), dtype=dtype, replicas=replicas)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("replicas", [None, 2])
def test_rare_spikes_come_as_often_as_they_should_and_are_counted(dtype, replicas):
    black = Images(np.zeros((50, 2, 2), np.uint8), np.arange(50, dtype=np.uint8) % 10)
    populations = {"hidden1": sf.StochasticBinary(400), "output": sf.StochasticBinary(1000)}
    net = sf.Network(
        4, populations, sf.FA(0.3), sf.ThreeFactor(1e-3), dtype=dtype, replicas=replicas
    )
    net.initialise(0)
    net.synapses["hidden1"].weight.zero_()
    net.synapses["hidden1"].bias.fill_(float(np.log(0.001 / 0.999)))
    sim = sf.Simulation(
        net, Dataset("dark", black, black), batch_size=50, steps_per_image=20, progress=False
    )
    sim.set_learning_rates(0.0)
    spikes, steps = 0, 0
    for _ in range(3):
        counted = 0
        for _ in sim.present():
            hidden, output = sim.runner.state.populations
            spikes += int(hidden.spikes.sum())
            groups = output.spikes.flatten(0, -2).unflatten(-1, (10, 100))
            counted = counted + groups.double().sum(-1)
            steps += hidden.spikes.numel()
        assert torch.equal(counted, sim.runner.stimulus_state.readout.summed.double())
    sd = (0.001 * 0.999 / steps) ** 0.5
    assert abs(spikes / steps - 0.001) < 5 * sd + 0.1 * 0.001  # V is 0 in the first step


def test_complex_examples_are_refused():
    with pytest.raises(SpikefaError, match=r"inputs are torch.complex64, expected real numbers"):
        Examples(torch.zeros(3, 2, dtype=torch.complex64), torch.zeros(3, 2))
