"""The variables of a network that can be probed, by population and name."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback import ErrorState, FeedbackCircuit
from spikefa.network.connections import Route
from spikefa.network.state import NetworkState
from spikefa.neurons import Population, PopulationState
from spikefa.plasticity import PlasticityRule, PlasticityState, Rules
from spikefa.plasticity.base import Place
from spikefa.synapses import Synapses
from spikefa.utils.angles import angle_between
from spikefa.utils.replicas import across
from spikefa.utils.tensors import Variable, current

Variables = dict[str, dict[str, Variable]]
"""Variables by population and name."""
RESERVED = (
    "spikes",
    "potential",
    "gain",
    "modulator",
    "error_potential",
    "weights",
    "alignment",
    "label",
    "class_spikes",
    "class_spikes_summed",
)
"""Reserved names; a trace of a rule with such a name is called ``rule_<name>``."""


def network_variables(
    populations: Mapping[str, Population],
    projections: Mapping[str, Synapses],
    routes: Sequence[Route],
    circuit: FeedbackCircuit,
    rules: Rules,
    state: NetworkState,
    aligned: bool = True,
) -> Variables:
    """Return the variables of a single network that can be probed, by population, input first.

    The input has only the traces that the rule keeps of it. A forward population has:

    - ``spikes``, ``potential`` and ``gain`` of the neurons, and the ``modulator`` they receive;
    - ``error_potential``, U of their error population;
    - ``weights`` of the synapses onto them; synapse ``i * n_post + j`` connects neuron i to j;
    - ``alignment``, the angle in degrees between these weights and the transpose of the matrix that
      carries the error back, or of the matrix product along its path, if the circuit has one and
      they are to be `aligned`;
    - all other variables that the population and the circuit declare;
    - the traces of the plasticity rule that belong to the neurons or to the synapses onto them;
    - ``weights_<name>`` of each connection onto it that is not in the chain, and the traces of the
      rule there, ``<trace>_<name>``.
    """
    variables: Variables = {"input": {}}
    for name, here, error in zip(
        populations, state.populations, state.feedback.errors, strict=True
    ):
        weights = projections[name].weight.view(1, -1)
        variables[name] = _of_population(name, populations[name], here, error)
        variables[name]["weights"] = weights
    opposed = _opposed(projections, circuit) if aligned else {}
    for name, (weight, back) in opposed.items():
        variables[name]["alignment"] = partial(_alignment, weight, back)
    of_circuit = circuit.variables(state.feedback)
    for name, further in zip(populations, of_circuit, strict=False):
        taken = {**variables[name], **dict.fromkeys(RESERVED)}
        check_free(further, taken, name, f"{type(circuit).__name__}.variables")
        variables[name] |= further
    for name, traces in rule_traces(rules.each, list(populations), state.plasticity).items():
        check_free(traces, variables[name], name, f"{rules}.traces")
        variables[name] |= traces
    chain = len(populations)
    parts = zip(routes, projections.values(), rules.each, state.plasticity, strict=True)
    for route, synapses, rule, plasticity in islice(parts, chain, None):
        own = _of_connection(route.name, synapses, rule, plasticity)
        name = list(populations)[route.target]
        check_free(own, variables[name], name, f"the connection {route.name}")
        variables[name] |= own
    return variables


def _of_population(
    name: str, population: Population, state: PopulationState, error: ErrorState
) -> dict[str, Variable]:
    """Return the variables of a population and of the error population beside it."""
    declared = population.variables(state)
    check_free(declared, RESERVED, name, f"{type(population).__name__}.variables")
    return {  # the first tells a recording how many neurons there are
        "spikes": state.spikes,
        "potential": state.potential,
        "gain": state.gain,
        "modulator": error.modulator,
        "error_potential": error.potential,
        **declared,
    }


def _of_connection(
    name: str, synapses: Synapses, rule: PlasticityRule, plasticity: PlasticityState
) -> dict[str, Tensor]:
    """Return the weights and traces of a projection beside the chain; none if it has no weights."""
    if not synapses.plastic:
        return {}
    own = {f"weights_{name}": synapses.weight.view(1, -1)}
    for trace, place in rule.traces.items():
        own[f"{trace}_{name}"] = _in_rows(plasticity.traces[trace], place)
    return own


def _in_rows(trace: Tensor, place: Place) -> Tensor:
    """Return a trace with a row for each stream, or one row that all streams share."""
    if place == "synapse":
        return trace.view(1, -1)
    return trace.view(len(trace), -1) if place == "stream_synapse" else trace


def check_free(names: Iterable[str], taken: Collection[str], population: str, where: str) -> None:
    """Check that the names of further variables of a population are not taken.

    Raises
    ------
    SpikefaError
        With the names that are taken.
    """
    for name in names:
        require(
            name not in taken,
            f"{where} declares the variable {name!r} of population {population!r}, which is taken: "
            f"choose another name than {', '.join(taken)}",
        )


def rule_traces(
    rules: Sequence[PlasticityRule], names: Sequence[str], states: Sequence[PlasticityState]
) -> dict[str, dict[str, Tensor]]:
    """Return the traces that the rules of the chain declare, by population, the input too.

    A trace with one number per presynaptic neuron belongs to the presynaptic population, any other
    trace to the postsynaptic one.
    """
    found: dict[str, dict[str, Tensor]] = {name: {} for name in ("input", *names)}
    for pre, post, rule, plasticity in zip(["input", *names], names, rules, states, strict=False):
        for name, place in rule.traces.items():
            trace = plasticity.traces[name]
            label = f"rule_{name}" if name in RESERVED else name
            owner = pre if place == "pre" else post
            check_free([label], found[owner], owner, f"{type(rule).__name__}.traces")
            found[owner][label] = _in_rows(trace, place)
    return found


def in_a_row(each: Sequence[Variables]) -> Variables:
    """Return the variables of all replicas, concatenated along the streams."""
    return {
        population: {
            name: _concatenated([one[population][name] for one in each]) for name in variables
        }
        for population, variables in each[0].items()
    }


def alignments(synapses: Mapping[str, Synapses], circuit: FeedbackCircuit) -> dict[str, float]:
    """Return the angle between W and B^T, in degrees, by postsynaptic population."""
    return {
        name: float(angle_between(weight, current(back).mT))
        for name, (weight, back) in _opposed(synapses, circuit).items()
    }


def _opposed(
    synapses: Mapping[str, Synapses], circuit: FeedbackCircuit
) -> dict[str, tuple[Tensor, Variable]]:
    """Return pairs of forward weights and the matrix that carries the error back."""
    carried = list(synapses.items())[1:]
    return {
        name: (projection.weight, back)
        for (name, projection), back in zip(carried, circuit.paths(), strict=False)
    }


def _concatenated(each: Sequence[Variable]) -> Variable:
    """Return one variable of all replicas, without a copy for tensors."""
    tensors = [variable for variable in each if isinstance(variable, Tensor)]
    if len(tensors) == len(each):
        return across(tensors).view(-1, tensors[0].shape[-1])
    return lambda: torch.cat([current(variable) for variable in each])


def _alignment(weight: Tensor, back: Variable) -> Tensor:
    return angle_between(weight, current(back).mT).view(1, 1)
