"""SpikingJelly: layers of the same sizes with its reward-modulated STDP."""

import importlib
from itertools import pairwise
from typing import Any

import torch

from spikefa.bench.limits import free_memory
from spikefa.bench.peers.peer import RATE, Peer, Run, sizes_of, steps_for
from spikefa.network.network import Network
from spikefa.utils.seeding import generator
from spikefa.utils.timing import milliseconds


class SpikingJelly(Peer):
    """Leaky neurons and the learner of MSTDP, whose changes SGD applies."""

    name = "SpikingJelly, MSTDP"
    package = "spikingjelly"
    install = "pip install spikingjelly"
    computes = (
        "leaky neurons, STDP traces and an eligibility for each synapse and stream, times one "
        "reward for all, and SGD that applies the change in every step"
    )
    leaves_out = "error populations and their weights, randomness, biases"

    def load(self) -> None:
        """Import its layers, neurons and learners."""
        for name in ("layer", "learning", "neuron"):
            importlib.import_module(f"spikingjelly.activation_based.{name}")

    def obstacle(self, network: Network, batch: int) -> str:
        """Refuse batches whose eligibilities do not fit into memory."""
        needed = 8 * batch * sum(each.weight.numel() for each in network.synapses.values())
        free = free_memory(network.device)
        if needed > free:
            return f"its eligibilities need {needed / 1e9:.1f} GB, {free / 1e9:.1f} are free"
        return ""

    def prepare(self, network: Network, batch: int) -> Run:
        """Build layers with the sizes of `network`."""
        net, learners = _layers(sizes_of(network), network.device)
        sgd = torch.optim.SGD(net.parameters(), lr=1e-4)
        source = generator(0, "benchmark", "spikingjelly", device=network.device)
        uniforms = torch.empty(batch, network.n_inputs, device=network.device)

        @torch.no_grad()
        def step() -> None:
            net((uniforms.uniform_(generator=source) < RATE).float())
            sgd.zero_grad()
            for learner in learners:
                learner.step(0.1, on_grad=True)
            sgd.step()

        step()
        return lambda: milliseconds(step, steps_for(network, batch), network.device)


def _layers(sizes: list[int], device: torch.device) -> tuple[torch.nn.Sequential, list[Any]]:
    """Return the layers and a learner for each."""
    parts = importlib.import_module("spikingjelly.activation_based")
    linear = [parts.layer.Linear(pre, post, bias=False) for pre, post in pairwise(sizes)]
    neurons = [parts.neuron.LIFNode(tau=2.0) for _ in linear]
    for number, projection in enumerate(linear):
        source = generator(0, "benchmark", "spikingjelly", number)
        projection.weight.data.uniform_(0, 0.1, generator=source)
    both = zip(linear, neurons, strict=True)
    net = torch.nn.Sequential(*(part for pair in both for part in pair)).to(device)
    learners = [
        parts.learning.MSTDPLearner("s", projection, cells, 2.0, 2.0)
        for projection, cells in zip(linear, neurons, strict=True)
    ]
    return net, learners
