"""The chain of populations in a NIR graph: input, synapses, neurons, ..., output."""

from typing import NamedTuple

import numpy as np

from spikefa.errors import require
from spikefa.nir.neurons import NEURONS, READERS
from spikefa.nir.nodes import Graph, Node
from spikefa.utils.printable import one_line

SYNAPSES = ("Affine", "Linear")


class Link(NamedTuple):
    """Synapses and the neurons behind them.

    Attributes
    ----------
    name : str
        Of the neurons.
    affine, neurons : Node
    """

    name: str
    affine: Node
    neurons: Node

    @property
    def n_inputs(self) -> int:
        """Neurons that the synapses come from."""
        return int(self.affine.arrays["weight"].shape[1])


def chain_of(graph: Graph) -> list[Link]:
    """Return the links of a graph, from the input to the output.

    Raises
    ------
    SpikefaError
        If it has other nodes, branches, circles, or sizes that do not fit, with the node and what
        is allowed.
    """
    for name, node in graph.nodes.items():
        known = (*SYNAPSES, *READERS, "Input", "Output")
        require(
            node.kind in known,
            f"its node {_shown(name)} is a {_shown(node.kind)}: a network here has synapses "
            f"({', '.join(SYNAPSES)}) and neurons ({NEURONS}), one behind the other",
        )
    names = _walk(graph)
    links = []
    require(
        len(names) > 2 and len(names) % 2 == 0,
        "it is no chain of synapses and neurons from an Input to an Output",
    )
    size = int(_shape(graph.nodes[names[0]]))
    for one, two in zip(names[1:-1:2], names[2:-1:2], strict=True):
        affine, neurons = graph.nodes[one], graph.nodes[two]
        require(
            affine.kind in SYNAPSES and neurons.kind in READERS,
            f"{_shown(one)} ({affine.kind}) and {_shown(two)} ({neurons.kind}) are not synapses "
            "with neurons behind them",
        )
        size = _check_sizes(one, affine, size, neurons)
        links.append(Link(two, affine, neurons))
    return links


def _walk(graph: Graph) -> list[str]:
    """Return the names of the nodes along the edges."""
    following: dict[str, str] = {}
    for one, two in dict.fromkeys(graph.edges):
        require(
            one in graph.nodes and two in graph.nodes,
            f"an edge leads from {_shown(one)} to {_shown(two)}, and one of them is no node",
        )
        require(
            one not in following,
            f"several edges leave {_shown(one)}: a NIR file with branches or recurrent synapses "
            "cannot be read, only a chain",
        )
        following[one] = two
    starts = [name for name, node in graph.nodes.items() if node.kind == "Input"]
    require(len(starts) == 1, f"it has {len(starts)} inputs: a network here has one")
    names = [starts[0]]
    while names[-1] in following and len(names) <= len(graph.nodes):
        names.append(following[names[-1]])
    require(
        len(names) == len(graph.nodes) and graph.nodes[names[-1]].kind == "Output",
        "its nodes are not all on one way from the Input to the Output: only a chain can be read",
    )
    return names


def _check_sizes(name: str, affine: Node, size: int, neurons: Node) -> int:
    weight, bias = affine.arrays.get("weight"), affine.arrays.get("bias")
    require(
        weight is not None and weight.ndim == 2 and weight.dtype in (np.float32, np.float64),
        f"{_shown(name)} has no matrix of weights in float32 or float64",
    )
    assert weight is not None
    require(
        weight.shape[1] == size,
        f"the weights of {_shown(name)} are {list(weight.shape)}, [n_post, n_pre], behind "
        f"{size} neurons",
    )
    fits = bias is None or bias.shape == weight.shape[:1]
    require(fits and len(weight) > 0, f"the biases of {_shown(name)} do not fit its weights")
    for key, value in (("weights", weight), ("biases", bias)):
        finite = value is None or bool(np.isfinite(value).all())
        require(finite, f"{_shown(name)} has NaN or infinity among its {key}")
    given = {len(each) for each in neurons.arrays.values() if each.ndim == 1} - {1}
    require(
        not given or given == {len(weight)},
        f"the neurons behind {_shown(name)} are {sorted(given)}, its weights lead to {len(weight)}",
    )
    for key, value in list(neurons.arrays.items()):
        if value.size == 1:  # NIR allows one constant for all neurons
            neurons.arrays[key] = np.full(len(weight), value.ravel()[0])
    mask = affine.metadata.get("mask")
    require(
        mask is None or (isinstance(mask, np.ndarray) and mask.shape == weight.shape),
        f"the mask of {_shown(name)} has another shape than its weights",
    )
    return len(weight)


def _shape(node: Node) -> int:
    shape = node.arrays.get("shape")
    require(
        shape is not None and shape.size == 1 and int(shape.ravel()[0]) > 0,
        "its Input has no shape of one dimension: flatten it",
    )
    assert shape is not None
    return int(shape.ravel()[0])


def _shown(name: str) -> str:
    return one_line(repr(name), 60)
