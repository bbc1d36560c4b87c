"""Refuse to divide a network that needs what other ranks have."""

from collections.abc import Mapping, Sequence

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.network.connections import Route
from spikefa.network.optimiser import Optimiser
from spikefa.neurons import Population
from spikefa.plasticity import Rules
from spikefa.synapses import Synapses


def check_divisible(
    projections: Mapping[str, Synapses],
    routes: Sequence[Route],
    rules: Rules,
    circuit: FeedbackCircuit,
    optimiser: Optimiser | None,
    leading: tuple[int, ...],
) -> None:
    """Check that ranks need of each other only what neurons send.

    Raises
    ------
    SpikefaError
        With what needs more.
    """
    require(not leading, "replicas are not divided among ranks: start a run for each")
    require(
        optimiser is None,
        "an optimiser is not divided among ranks: leave it out, and set the rule's learning rate",
    )
    for name, synapses in projections.items():
        _check_synapses(name, synapses)
    for route, rule in zip(routes, rules.each, strict=True):
        require(
            len(route.delays) == 1,
            f"{route.name} has several delays, and is not divided among ranks: give it one",
        )
        require(
            set(rule.traces.values()) <= {"pre", "post"},
            f"{type(rule).__name__} has traces with a number for each synapse, and is not divided "
            "among ranks: give a rule whose change is an outer product, with traces of neurons",
        )
    _check_circuit(circuit)


def check_populations(populations: Mapping[str, Population]) -> None:
    """Check that neurons of a population do not depend on each other, so that ranks divide them.

    Raises
    ------
    SpikefaError
        If those of one do.
    """
    for name, population in populations.items():
        require(
            not population.normalised,
            f"the activity of {name!r} is normalised over all its neurons, which are not divided "
            "among ranks: choose another activation, or divide the streams only (groups)",
        )


def _check_synapses(name: str, synapses: Synapses) -> None:
    kind = type(synapses).__name__
    require(
        not synapses.held,
        f"the synapses onto {name} have constraints, which are not divided among ranks",
    )
    require(
        not synapses.sharing.shares,
        f"the synapses onto {name} ({kind}) share weights, and are not divided among ranks: give "
        "Dense or Masked",
    )
    for each in synapses.tensors().values():
        require(
            each.is_floating_point() and each.shape[-1] == synapses.n_post,
            f"the synapses onto {name} ({kind}) are not divided among ranks: give Dense or Masked",
        )


def _check_circuit(circuit: FeedbackCircuit) -> None:
    """Check that a circuit only sends errors along hops, and learns from what is sent.

    Raises
    ------
    SpikefaError
        With what else it does.
    """
    kind, hops = type(circuit).__name__, circuit.wiring.hops
    plain = circuit.sweep_only and not circuit.reads_weights and not any(h.inlet for h in hops)
    serves = "the circuits FA, DFA, KP, DKP, PFA and PFAo are"
    require(
        plain and all(hop.matrix.role != "forward" for hop in hops),
        f"{kind} is not divided among ranks, since it does more than send errors along hops: "
        f"{serves}",
    )
    require(
        all(hop.matrix.recipe is None for hop in hops),
        f"the procedural matrices of {kind} are not divided among ranks: store them",
    )
    learns = any(hop.matrix.role == "plastic" for hop in hops)
    require(
        not learns or len(circuit.correlations()) > 0,
        f"the matrices of this {kind} do not learn by outer products alone (momentum, missing "
        f"synapses, or plastic=False), and are not divided among ranks: {serves} without",
    )
