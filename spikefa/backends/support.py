"""Which backends can serve a network, and why the others cannot."""

import os
from importlib.util import find_spec

import torch

from spikefa.feedback import FeedbackCircuit
from spikefa.network.connections import outside_the_chain
from spikefa.network.network import Network
from spikefa.utils.devices import captures_on

PRECISIONS = ("float32", "bf16x6", "bf16x3", "tf32", "bf16")
"""How the fused backend multiplies; see docs/fused-backend.md."""
FUSED = ("fused", *(f"fused-{precision}" for precision in PRECISIONS[1:]))
ROUNDED = ("deferred-reads-bf16", "deferred-reads-fp16")
"""Backends whose products read copies in half precision."""
DEFERRED = ("deferred", *ROUNDED)
FUSED_DEFERRED = {"fused-deferred": "float32", "fused-deferred-fp16": "float16"}
"""Factors that the products of these backends take; see docs/deferred-backend.md."""
RANKS = "ranks"
"""The backend of networks over ranks."""
BACKENDS = ("auto", "eager", "graph", *DEFERRED, *FUSED, *FUSED_DEFERRED)
"""The names of all backends, and "auto", which chooses one."""
DRAWN = ("uniform", "sign")
"""Procedural matrices that the fused backend can draw."""
STANDARD = (
    "it serves StochasticBinary populations, Dense synapses without norm, the circuits FA, DFA, "
    "KP, DKP, PAL, PFA and PFAo with error neurons that do not spike and matrices that are stored, "
    "or procedural of a uniform or sign distribution, and the rule ThreeFactor, in float32 and "
    "without an optimiser"
)


def obstacle(name: str, network: Network, circuit: FeedbackCircuit | None = None) -> str | None:
    """Return why the backend called `name` cannot run this network, None if it can.

    With `circuit`: why not if that carried the error.
    """
    circuit = circuit or network.feedback
    if network.ranks is not None and name != RANKS:
        return f"it is divided among ranks, which only {RANKS} serves: leave --backend out"
    if name == "eager":
        return None
    if name == "graph":
        return _no_graph(network)
    if name in DEFERRED:
        rounded = _not_to_round(network) if name in ROUNDED else None
        return _reads_weights(network, circuit) or rounded
    unusual = _unusual(network) or _unusual_circuit(circuit)
    if unusual is not None:
        return f"{unusual}; {STANDARD}: use --backend eager"
    if name in FUSED:
        other = _served_by_fused_deferred(network)
        if other is not None:
            return f"{other}; use --backend fused-deferred or eager"
    return _no_triton(network.device)


def interpreted() -> bool:
    """Return whether Triton's kernels run in its interpreter, for tests on a CPU."""
    return os.environ.get("TRITON_INTERPRET", "0") == "1"


def _no_graph(network: Network) -> str | None:
    if not captures_on(network.device):
        return (
            "CUDA graphs are for a CUDA device and the network is on "
            f"{network.device.type}; use --backend eager"
        )
    return None


def _reads_weights(network: Network, circuit: FeedbackCircuit) -> str | None:
    """Return what in the network needs the weights of each step within a presentation."""
    if network.optimiser is not None:
        return "an optimiser changes its synapses at every step; use another backend"
    if circuit.reads_weights or not circuit.sweep_only:
        return (
            f"its circuit, {type(circuit).__name__}, may read forward weights at every step (a "
            "circuit that does not says sweep_only=True); use another backend"
        )
    return None


def _not_to_round(network: Network) -> str | None:
    """Return what in the network would lose more digits than those of weights and errors."""
    if network.dtype != torch.float32:
        return f"its numbers are {network.dtype}, and half precision is a copy of float32"
    populations = [each for each in network.populations.values() if not each.standard]
    synapses = [each for each in network.projections.values() if not each.standard]
    for part in (*populations, *synapses):
        return (
            f"it has {part!r}: it serves StochasticBinary populations, whose spikes half precision "
            "holds exactly, and Dense synapses without norm; use --backend deferred"
        )
    return None


def _served_by_fused_deferred(network: Network) -> str | None:
    """Return what in the network the older kernels do not support."""
    if network.leading:
        return f"it has {network.replicas} replicas"
    for name, population in network.populations.items():
        if population.silences:
            return f"its population {name} has a dropout"
    return None


def _no_triton(device: torch.device) -> str | None:
    if find_spec("triton") is None:
        return (
            "triton is not installed: install torch for GPUs, which includes it, or pip install "
            "'spikefa[fused]'"
        )
    if device.type != "cuda" and not interpreted():
        return (
            f"its kernels are for a CUDA device and the network is on {device.type}; use --backend "
            "eager, or, for tests of small networks, set TRITON_INTERPRET=1"
        )
    return None


def _unusual(network: Network) -> str | None:
    """Return what in the network the kernels do not support; None if they support all of it."""
    for population in network.populations.values():
        if not population.standard:
            return f"it has the population {population!r}"
    for synapses in network.synapses.values():
        if not synapses.standard:
            return f"it has the synapses {synapses!r}"
    for name in outside_the_chain(network.routes):
        return f"its projection {name} has a delay, or is beside the chain"
    if not network.rules.standard:
        return f"its rule is {network.rules}"
    if network.optimiser is not None:
        return "its synapses change by an optimiser"
    if network.dtype != torch.float32:
        return f"its numbers are {network.dtype}"
    return None


def _unusual_circuit(circuit: FeedbackCircuit) -> str | None:
    """Return what in the circuit the kernels do not support; they execute hops one by one."""
    wiring = circuit.wiring
    populations = [each for group in wiring.populations.values() for each in group]
    everywhere = len(populations) == len(wiring.hops) + 1  # one hop into each but the output's
    meeting = any(hop.inlet for hop in wiring.hops)
    reading = any(hop.matrix.role == "forward" for hop in wiring.hops)
    if not circuit.sweep_only or not everywhere or meeting or reading:
        return f"its circuit is {type(circuit).__name__}"
    recipes = [hop.matrix.recipe for hop in wiring.hops]
    if any(recipe.kind not in DRAWN or recipe.sparsity > 0 for recipe in recipes if recipe):
        return f"its matrices are procedural, {circuit}"
    if any(population.phi_delta == "spiking" for population in populations):
        return "its error neurons spike"
    return None
