"""BindsNET: layers of the same sizes with its three-factor rule, STDP modulated by reward."""

import importlib.util
import sys
from itertools import pairwise
from types import ModuleType
from typing import Any

import torch

from spikefa.bench.limits import free_memory
from spikefa.bench.peers.peer import RATE, Peer, Run, sizes_of, steps_for
from spikefa.network.network import Network
from spikefa.utils.seeding import generator
from spikefa.utils.timing import milliseconds


class BindsNet(Peer):
    """BindsNET in float32, which runs one tensor operation after the other."""

    name = "BindsNET, MSTDP"
    package = "bindsnet"
    install = "pip install --no-deps bindsnet (with dependencies pip would replace torch)"
    computes = (
        "LIF neurons, one pair of STDP traces and an eligibility for each synapse and stream, "
        "times one reward for all (Florian 2007); a sweep within the step (one_step); the input "
        "is drawn beforehand"
    )
    leaves_out = "error populations and their weights, randomness, biases"

    def load(self) -> None:
        """Import its core without the rest, which needs torchvision, Gymnasium and OpenCV."""
        if "bindsnet" not in sys.modules:
            found = importlib.util.find_spec("bindsnet")
            if found is None or found.submodule_search_locations is None:
                raise ImportError("No module named 'bindsnet'")
            core = ModuleType("bindsnet")
            core.__path__ = list(found.submodule_search_locations)
            sys.modules["bindsnet"] = core
        import bindsnet.network  # noqa: F401

    def obstacle(self, network: Network, batch: int) -> str:
        """Refuse batches whose eligibilities and intermediate results do not fit into memory."""
        sizes = [synapses.weight.numel() for synapses in network.synapses.values()]
        needed = 4 * batch * (sum(sizes) + 3 * max(sizes))
        free = free_memory(network.device)
        if needed > free:
            return f"its eligibilities need {needed / 1e9:.1f} GB, {free / 1e9:.1f} are free"
        return ""

    def prepare(self, network: Network, batch: int) -> Run:
        """Build layers with the sizes of `network`."""
        steps = steps_for(network, batch)
        sizes = sizes_of(network)
        peer = _layers(sizes, batch).to(network.device)
        source = generator(0, "benchmark", "bindsnet", device=network.device)
        shape = (steps, batch, sizes[0])
        drawn = torch.rand(*shape, generator=source, device=network.device) < RATE
        spikes = drawn.byte()

        def run() -> float:
            def all_steps() -> None:
                peer.run({"0": spikes}, time=steps, one_step=True, reward=0.1)

            return milliseconds(all_steps, 1, network.device) / steps

        return run


def _layers(sizes: list[int], batch: int) -> Any:
    from bindsnet.learning import MSTDP
    from bindsnet.network import Network as Layers
    from bindsnet.network.nodes import Input, LIFNodes
    from bindsnet.network.topology import Connection

    layers = Layers(dt=1.0, batch_size=batch)
    nodes = [Input(n=sizes[0]), *(LIFNodes(n=size) for size in sizes[1:])]
    for number, layer in enumerate(nodes):
        layers.add_layer(layer, str(number))
    for number, (pre, post) in enumerate(pairwise(nodes)):
        weights = 0.3 * torch.rand(
            pre.n, post.n, generator=generator(0, "benchmark", "bindsnet", number)
        )
        rule = {"update_rule": MSTDP, "nu": 1e-4, "reduction": torch.sum}
        connection = Connection(pre, post, w=weights, **rule)
        layers.add_connection(connection, str(number), str(number + 1))
    return layers
