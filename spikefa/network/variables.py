"""What can be probed of a network: the objects' own declarations, gathered by population."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from spikefa.utils.angles import angle_between
from spikefa.utils.replicas import across
from spikefa.utils.tensors import Variable, current

if TYPE_CHECKING:
    from spikefa.network.network import Network
    from spikefa.network.state import NetworkState

__all__ = ["Variable", "all_variables", "network_variables", "rule_traces"]


def all_variables(network: "Network", state: "NetworkState") -> dict[str, dict[str, Variable]]:
    """Return what can be probed of each population, what the rule remembers of the input first.

    Of a network with replicas the streams stand in a row, `[replicas * batch, n]`, and what the
    streams of a replica share is `[replicas, n]`.
    """
    if network.replicas is None:
        inputs = rule_traces(network, state)["input"]
        return {"input": inputs, **network_variables(network, state)}
    each = [
        all_variables(network.replica(number), state.replica(number))
        for number in range(network.replicas)
    ]
    return {
        population: {name: _in_a_row([one[population][name] for one in each]) for name in variables}
        for population, variables in each[0].items()
    }


def _in_a_row(each: Sequence[Variable]) -> Variable:
    """Return one variable of all replicas, without a copy if they are tensors."""
    tensors = [variable for variable in each if isinstance(variable, Tensor)]
    if len(tensors) == len(each):
        return across(tensors).view(-1, tensors[0].shape[-1])
    return lambda: torch.cat([current(variable) for variable in each])


def network_variables(network: "Network", state: "NetworkState") -> dict[str, dict[str, Variable]]:
    """Return, by forward population and name, what can be probed.

    - ``spikes``, ``potential``, ``gain`` of the neurons, and the ``modulator`` that reaches them;
    - ``error_potential``, U of their error population;
    - ``weights`` of the synapses onto them: synapse ``i * n_post + j`` is from neuron i to j;
    - ``alignment``, the angle in degrees between these weights and the transpose of the feedback
      matrix beside them, or of the product along the path of the error, if the circuit has one;
    - what else the population and the circuit declare;
    - the traces of the plasticity rule that belong to them or to the synapses onto them.
    """
    variables: dict[str, dict[str, Variable]] = {}
    for name, population, error in zip(
        network.populations, state.populations, state.feedback.errors, strict=True
    ):
        variables[name] = {
            **network.populations[name].variables(population),
            "spikes": population.spikes,
            "potential": population.potential,
            "gain": population.gain,
            "modulator": error.activity,
            "error_potential": error.potential,
            "weights": network.synapses[name].weight.view(1, -1),
        }
    carried = list(network.synapses.items())[1:]
    for (name, synapses), back in zip(carried, network.feedback.paths(), strict=False):
        variables[name]["alignment"] = partial(_alignment, synapses.weight, back)
    declared = network.feedback.variables(state.feedback)
    for name, further in zip(network.populations, declared, strict=False):
        variables[name] = {**further, **variables[name]}
    for name, traces in rule_traces(network, state).items():
        if name in variables:
            variables[name] |= traces
    return variables


def rule_traces(network: "Network", state: "NetworkState") -> dict[str, dict[str, Variable]]:
    """Return the traces that the plasticity rule declared, by population, the input included.

    One number per presynaptic neuron belongs to the presynaptic population, any other trace to the
    postsynaptic one. A trace that has the name of something else is called ``rule_<name>``.
    """
    names = list(network.populations)
    found: dict[str, dict[str, Variable]] = {name: {} for name in ("input", *names)}
    for pre, post, plasticity in zip(["input", *names], names, state.plasticity, strict=False):
        for name, place in network.rule.traces.items():
            trace = plasticity.traces[name]
            label = f"rule_{name}" if name in BUILT_IN else name
            if place == "synapse":
                found[post][label] = trace.view(1, -1)
            elif place == "stream_synapse":
                found[post][label] = trace.view(len(trace), -1)
            else:
                found[pre if place == "pre" else post][label] = trace
    return found


BUILT_IN = (
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


def _alignment(weight: Tensor, back: Variable) -> Tensor:
    return angle_between(weight, current(back).mT).view(1, 1)
