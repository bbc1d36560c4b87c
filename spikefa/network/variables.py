"""The variables of a network that can be probed, by population and name."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.network.state import NetworkState
from spikefa.neurons import Population
from spikefa.plasticity import PlasticityRule, PlasticityState
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
    synapses: Mapping[str, Synapses],
    circuit: FeedbackCircuit,
    rule: PlasticityRule,
    state: NetworkState,
) -> Variables:
    """Return the variables of a single network that can be probed, by population, input first.

    The input has only the traces that the rule keeps of it. A forward population has:

    - ``spikes``, ``potential`` and ``gain`` of the neurons, and the ``modulator`` they receive;
    - ``error_potential``, U of their error population;
    - ``weights`` of the synapses onto them; synapse ``i * n_post + j`` connects neuron i to j;
    - ``alignment``, the angle in degrees between these weights and the transpose of the matrix that
      carries the error back, or of the matrix product along its path, if the circuit has one;
    - all other variables that the population and the circuit declare;
    - the traces of the plasticity rule that belong to the neurons or to the synapses onto them.
    """
    variables: Variables = {"input": {}}
    for name, population, error in zip(
        populations, state.populations, state.feedback.errors, strict=True
    ):
        declared = populations[name].variables(population)
        check_free(declared, RESERVED, name, f"{type(populations[name]).__name__}.variables")
        variables[name] = {  # the first tells a recording how many neurons there are
            "spikes": population.spikes,
            "potential": population.potential,
            "gain": population.gain,
            "modulator": error.activity,
            "error_potential": error.potential,
            "weights": synapses[name].weight.view(1, -1),
            **declared,
        }
    for name, (weight, back) in _opposed(synapses, circuit).items():
        variables[name]["alignment"] = partial(_alignment, weight, back)
    of_circuit = circuit.variables(state.feedback)
    for name, further in zip(populations, of_circuit, strict=False):
        taken = {**variables[name], **dict.fromkeys(RESERVED)}
        check_free(further, taken, name, f"{type(circuit).__name__}.variables")
        variables[name] |= further
    for name, traces in rule_traces(rule, list(populations), state.plasticity).items():
        check_free(traces, variables[name], name, f"{type(rule).__name__}.traces")
        variables[name] |= traces
    return variables


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
    rule: PlasticityRule, names: Sequence[str], states: Sequence[PlasticityState]
) -> dict[str, dict[str, Tensor]]:
    """Return the traces that a plasticity rule declares, by population, including the input.

    A trace with one number per presynaptic neuron belongs to the presynaptic population, any other
    trace to the postsynaptic one.
    """
    found: dict[str, dict[str, Tensor]] = {name: {} for name in ("input", *names)}
    for pre, post, plasticity in zip(["input", *names], names, states, strict=False):
        for name, place in rule.traces.items():
            trace = plasticity.traces[name]
            label = f"rule_{name}" if name in RESERVED else name
            owner = pre if place == "pre" else post
            check_free([label], found[owner], owner, f"{type(rule).__name__}.traces")
            if place == "synapse":
                found[post][label] = trace.view(1, -1)
            elif place == "stream_synapse":
                found[post][label] = trace.view(len(trace), -1)
            else:
                found[owner][label] = trace
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
