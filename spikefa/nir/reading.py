"""Read a NIR graph as a network that can learn here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spikefa.errors import SpikefaError, require
from spikefa.feedback import FeedbackCircuit
from spikefa.network.network import Network
from spikefa.neurons import Population
from spikefa.nir.chain import Link, chain_of
from spikefa.nir.neurons import SAME, Driven, population_of
from spikefa.nir.nodes import Node, read_graph
from spikefa.nir.parts import made
from spikefa.nir.writing import DT, FORMAT, NOTE
from spikefa.plasticity import PlasticityRule
from spikefa.synapses import Dense, Masked, Synapses
from spikefa.utils.checking import ranged
from spikefa.utils.json_text import parse_mapping
from spikefa.utils.names import check_name
from spikefa.utils.ranges import Duration, Seed

DTYPES = {"float32": torch.float32, "float64": torch.float64}


@ranged
def read(
    path: Path | str,
    *,
    feedback: FeedbackCircuit | None = None,
    rule: PlasticityRule | Mapping[str, PlasticityRule] | None = None,
    seed: Seed = 0,
    dt: Duration | None = None,
    spike_grad: Any = None,
    device: torch.device | str = "cpu",
) -> Network:
    """Return the network of a NIR file, with its forward weights.

    Of a file that `write` wrote, populations, circuit and rule come back too, if they are spikefa's
    own. Nothing that a file says is imported or run. See docs/nir.md.

    Parameters
    ----------
    path : path
    feedback : FeedbackCircuit, optional
        What carries the error; needed if the file names none.
    rule : PlasticityRule, or mapping of str to PlasticityRule, optional
        How synapses change; needed if the file names none.
    seed : int, default 0
        From which the feedback weights are drawn, which no NIR file holds.
    dt : float, optional
        Seconds of a step; default: that of the file, if spikefa wrote it, else 1e-4.
    spike_grad : callable, optional
        Surrogate derivative of snnTorch's neurons, which no NIR file holds; default: snnTorch's.
    device : torch.device or str
        Where the network lives.

    Raises
    ------
    SpikefaError
        If the file is damaged, or has nodes or connections that a network here cannot have; or if
        there is no circuit or no rule.
    """
    path = Path(path)
    graph = read_graph(path)
    try:
        about = _about(graph.metadata.get(NOTE), path)
        links = chain_of(graph)
        step = float(dt or about.get("dt") or DT)
        parts = [_population(link, about, step, spike_grad) for link in links]
        network = Network(
            links[0].n_inputs,
            {link.name: each.population for link, each in zip(links, parts, strict=True)},
            feedback or _own("feedback", about, "feedback", "feedback=sf.FA()"),
            rule or _own("rule", about, "rules", "rule=sf.ThreeFactor()"),
            {link.name: _Kind(link, about) for link in links},
            output_error=about.get("output_error", "spikes"),
            device=device,
            dtype=DTYPES.get(str(about.get("dtype")), torch.float32),
        )
    except SpikefaError as error:
        raise SpikefaError(f"{path}: {error}") from error
    network.initialise(seed)  # the circuit's matrices; the forward weights are those of the file
    for link, part in zip(links, parts, strict=True):
        _set_weights(network.synapses[link.name], link, part)
    return network


def _about(text: object, path: Path) -> dict[str, Any]:
    """Return what spikefa has noted in a file, nothing if another program wrote it."""
    if not isinstance(text, str):
        return {}
    found = parse_mapping(text, path)
    require(
        found.get("format") == FORMAT,
        f"its notes are of version {found.get('format')!r}, and this spikefa reads {FORMAT}",
    )
    for name in ("populations", "synapses"):
        require(isinstance(found.get(name), dict), f"its notes hold no {name}")
    require(
        isinstance(found.get("dt"), float) and 0 < found["dt"] < 1e6, "its dt is no length of time"
    )
    return found


def _own(what: str, about: Mapping[str, Any], kind: str, mend: str) -> Any:
    description = about.get(what)
    require(
        description is not None,
        f"it names no {what} of spikefa's own: give one, spikefa.nir.read(..., {mend})",
    )
    return made(kind, description)


def _population(link: Link, about: Mapping[str, Any], dt: float, spike_grad: Any) -> Driven:
    check_name("population", link.name)
    noted = about.get("populations", {}).get(link.name)
    gradient = {} if spike_grad is None else {"spike_grad": spike_grad}
    if isinstance(noted, dict) and "class" in noted:
        found = population_of(link.name, link.neurons, dt, {})
        population: Population = made("neurons", noted, found.population.size)
        return Driven(population, found.gain, found.offset)
    resets = _resets(noted) if isinstance(noted, dict) else {}
    return population_of(link.name, link.neurons, dt, resets | gradient)


def _resets(noted: Mapping[str, Any]) -> dict[str, Any]:
    """Return how snnTorch's neurons reset, of which NIR knows one way."""
    mechanism, delayed = noted.get("reset_mechanism"), noted.get("reset_delay")
    known = mechanism in ("subtract", "zero", "none") and isinstance(delayed, bool)
    require(known, f"it notes a reset by {mechanism!r}: subtract, zero or none")
    return {"reset_mechanism": mechanism, "reset_delay": delayed}


class _Kind:
    """Makes the synapses of one link: all-to-all, or with the holes of the file."""

    def __init__(self, link: Link, about: Mapping[str, Any]):
        noted = about.get("synapses", {}).get(link.name)
        noted = noted if isinstance(noted, dict) else {}
        self.more = {key: noted[key] for key in ("scale", "norm") if noted.get(key) is not None}
        self.mask = link.affine.metadata.get("mask")

    def __call__(self, n_pre: int, n_post: int, **where: Any) -> Synapses:
        if not isinstance(self.mask, np.ndarray):
            return Dense(n_pre, n_post, **self.more, **where)
        mask = torch.from_numpy(np.array(self.mask.T))
        return Masked(n_pre, n_post, mask=mask, **self.more, **where)


def _set_weights(synapses: Synapses, link: Link, into: Driven) -> None:
    """Write weights and biases, with the gain and the offset of the neurons behind them."""
    weight, bias = _weights(link.affine)
    if not np.allclose(into.gain, 1, rtol=SAME, atol=0):
        weight, bias = weight * into.gain[:, None], bias * into.gain
    if into.offset.any():
        bias = bias + into.offset
    synapses.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight.T)))
    synapses.bias.copy_(torch.from_numpy(np.ascontiguousarray(bias)))
    if synapses.norm is None:  # a norm would be restored by a factor that is 1 but for rounding
        synapses.constrain()


def _weights(affine: Node) -> tuple[np.ndarray, np.ndarray]:
    weight = affine.arrays["weight"]
    bias = affine.arrays.get("bias")
    return weight, np.zeros(len(weight), weight.dtype) if bias is None else bias
