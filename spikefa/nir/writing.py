"""Write the forward network as a NIR graph, with what NIR cannot say in its metadata."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from spikefa import __version__
from spikefa.errors import require
from spikefa.network.network import Network
from spikefa.neurons import Population
from spikefa.nir.neurons import node_of
from spikefa.nir.nodes import Graph, Node, write_graph
from spikefa.nir.parts import described
from spikefa.synapses import Synapses
from spikefa.utils import notices
from spikefa.utils.checking import ranged
from spikefa.utils.files import written_whole
from spikefa.utils.ranges import Duration

DT = 1e-4
"""Seconds of a step, as snnTorch takes them."""
NOTE, FORMAT = "spikefa", 1
"""Name of the metadata that only spikefa reads, and its version."""


@ranged
def write(
    network: Network,
    path: Path | str,
    *,
    dt: Duration = DT,
    unit_resistance: bool = False,
    overwrite: bool = False,
) -> None:
    """Write the forward populations and synapses of a network to a NIR file.

    Populations become LIF, CubaLIF or LI nodes, and the synapses onto each an Affine node before
    it. What NIR cannot say is in the metadata, which other programs ignore: the reset of snnTorch's
    neurons by subtraction, the spikes of `StochasticBinary` and the activations of `Rate` neurons,
    the feedback circuit and the rule. A warning says so. See docs/nir.md.

    Parameters
    ----------
    network : Network
        Of replicas, give one: ``network.replica(0)``.
    path : path
        Such as ``network.nir``.
    dt : float, default 1e-4
        Seconds of a step, from which time constants follow: ``tau = dt / (1 - beta)``. Whoever
        reads the file must make steps of the same length.
    unit_resistance : bool, default False
        Whether LIF neurons have r = 1, and the synapses onto them r times the weights, in float64;
        for programs that ignore r, such as norse. By default r is tau / dt.
    overwrite : bool, default False
        Whether to replace an existing file.

    Raises
    ------
    SpikefaError
        If the network has replicas, weights that are not drawn, neurons that NIR has not, or
        projections beside the chain; if the file exists or cannot be written.
    """
    path = Path(path)
    _check(network)
    require(
        overwrite or not path.exists(),
        f"{path} exists: move it, give another name, or overwrite=True",
    )
    graph = _graph(network, dt)
    if unit_resistance:
        _fold_resistances(graph, list(network.populations))
    lost = [_lost(name, each) for name, each in network.populations.items()]
    held = {name: each.held for name, each in network.synapses.items() if each.held}
    lost += [f"constraints of the synapses onto {name}: {each}" for name, each in held.items()]
    with written_whole(path, new=not overwrite) as temporary:
        write_graph(graph, temporary)
    if any(lost):
        notices.warn(
            f"other programs than spikefa will read {path} without what NIR has no words for: "
            f"{'; '.join(filter(None, lost))}",
            stacklevel=3,
        )


def _check(network: Network) -> None:
    network.require_whole("a NIR file")
    require(not network.leading, "a NIR file holds one network: give network.replica(0)")
    further = [each.name for each in network.connections]
    require(
        not further,
        f"only the chain of populations can be written to a NIR file, and the network has "
        f"{', '.join(further)} beside it",
    )
    late = [route.name for route in network.routes if route.delayed]
    require(
        not late,
        f"spikes onto {', '.join(late)} take some steps, which cannot be written to a NIR file: "
        "make a network without delays",
    )
    for name, synapses in network.synapses.items():
        require(
            not synapses.sharing.shares,
            f"the synapses onto {name!r} share their weights, and spikefa writes a weight for each "
            "pair of neurons to a NIR file: make a network of Dense synapses",
        )
        other = [type(each).__name__ for each in synapses.held if each.transmits_otherwise]
        require(
            not other,
            f"the synapses onto {name!r} do not transmit as their weights say ({', '.join(other)}),"
            " and a NIR file holds weights: make a network without that",
        )
    weights = [each.weight for each in network.synapses.values()]
    require(
        any(bool(each.any()) for each in weights),
        "all forward weights are 0: draw them first, network.initialise(seed)",
    )


def _graph(network: Network, dt: float) -> Graph:
    """Return Input -> Affine -> neurons -> Affine -> ... -> Output."""
    nodes = {"input": Node("Input", {"shape": np.array([network.n_inputs])})}
    for name, population in network.populations.items():
        nodes[f"{name}_synapses"] = _affine(network.synapses[name])
        require(name not in nodes, f"a NIR graph has two nodes {name!r}: rename the population")
        nodes[name] = node_of(name, population, dt)
    last = "output" if "output" not in nodes else "output_of_graph"
    nodes[last] = Node("Output", {"shape": np.array([network.n_outputs])})
    return Graph(nodes, list(pairwise(nodes)), {NOTE: json.dumps(_about(network, dt))})


def _fold_resistances(graph: Graph, populations: list[str]) -> None:
    """Move the resistances of LIF neurons into the weights and biases of the synapses onto them."""
    for name in populations:
        node, affine = graph.nodes[name], graph.nodes[f"{name}_synapses"]
        if node.kind == "LIF":
            resistance = node.arrays["r"]
            affine.arrays["weight"] = affine.arrays["weight"] * resistance[:, None]
            affine.arrays["bias"] = affine.arrays["bias"] * resistance
            node.arrays["r"] = np.ones_like(resistance)


def _affine(synapses: Synapses) -> Node:
    """Return ``W^T s + b``: NIR's weights are [n_post, n_pre]."""
    tensors = synapses.tensors()
    weight = np.ascontiguousarray(synapses.weight.detach().cpu().numpy().T)
    node = Node("Affine", {"weight": weight, "bias": synapses.bias.detach().cpu().numpy().copy()})
    if "mask" in tensors:
        node.metadata["mask"] = tensors["mask"].cpu().numpy().T.astype(np.uint8)
    return node


def _about(network: Network, dt: float) -> dict[str, Any]:
    """Return what only spikefa reads, as plain data."""
    rules = network.rules.distinct
    return {
        "format": FORMAT,
        "spikefa_version": __version__,
        "dt": dt,
        "dtype": str(network.dtype).removeprefix("torch."),
        "output_error": network.output_error,
        "populations": {name: _neurons(each) for name, each in network.populations.items()},
        "synapses": {
            name: {"scale": each.scale, "norm": each.norm}
            for name, each in network.synapses.items()
        },
        "feedback": described("feedback", network.feedback),
        "rule": described("rules", network.rules.each[0]) if len(rules) == 1 else None,
    }


def _neurons(population: Population) -> dict[str, Any] | None:
    """Return how the neurons reset, if they are snnTorch's; else their class and arguments."""
    neuron = getattr(population, "neuron", None)
    if neuron is None:
        return described("neurons", population)
    delayed = not getattr(population, "resets_at_once", False)
    return {"reset_mechanism": neuron.reset_mechanism, "reset_delay": delayed}


def _lost(name: str, population: Population) -> str:
    """Return what other programs do not see of a population; nothing if they see all."""
    about = _neurons(population) or {}
    if "reset_mechanism" in about:
        if (about["reset_mechanism"], about["reset_delay"]) == ("zero", False):
            return ""
        return (
            f"{name} resets by {about['reset_mechanism']!r} with reset_delay="
            f"{about['reset_delay']}, and NIR to 0 in the step of the spike"
        )
    arguments = about.get("arguments", {})
    linear = arguments.get("activation") == "linear"
    if linear and not arguments.get("noise") and not arguments.get("dropout"):
        return ""
    return f"the activity of {name}, {population!r}, of which NIR has the potential alone"
