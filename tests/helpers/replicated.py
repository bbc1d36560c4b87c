"""Small simulations of the digits, of one network or of several side by side."""

import torch

import spikefa as sf

SEEDS = [3, 1, 2]
DIGITS = sf.datasets.digits().subset(120, 50).hold_out(20)


def simulation(seed=0, replicas=None, circuit=sf.FA, dtype=torch.float64, **others):
    net = sf.models.lillicrap2016.spiking_mnist(
        hidden=12,
        hidden_layers=2,
        outputs=20,
        n_inputs=64,
        feedback=circuit(),
        rule=sf.ThreeFactor(0.02),
        dtype=dtype,
        replicas=replicas,
    )
    given = {"steps_per_image": 3, "batch_size": 15, "progress": False, **others}
    return sf.Simulation(net, DIGITS, seed=seed, **given)


def together(seeds=SEEDS, **others):
    return simulation(seeds, len(seeds), **others)
