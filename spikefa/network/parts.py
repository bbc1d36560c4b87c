"""Check the parts of a network (populations, synapses, circuit, rule) and make the synapses."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.neurons import Population
from spikefa.plasticity import PlasticityRule, Rules
from spikefa.synapses import Dense, Synapses
from spikefa.utils.checking import check_one_of
from spikefa.utils.names import check_name
from spikefa.utils.suggesting import did_you_mean

DTYPES = (torch.float32, torch.float64)
LONGEST = 100
"""Letters in the name of a population."""
MakeSynapses = Callable[..., Synapses]
"""Called as ``make(n_pre, n_post, device=..., dtype=...)``."""


def check_parts(
    populations: Mapping[str, Any], feedback: Any, rule: Any, output_error: str, dtype: Any
) -> None:
    """Check that each part has the required type.

    Raises
    ------
    SpikefaError
        If a part has another type, there is no population, one has a name that cannot be used, or
        the dtype is not supported.
    """
    require(
        dtype in DTYPES,
        f"dtype is {dtype}: give torch.float32 or torch.float64. With fewer digits rare spikes "
        "come at wrong rates, counts are wrong, and small changes of weights are lost",
    )
    require(bool(populations), "a network needs at least an output population")
    check_kind("feedback", feedback, FeedbackCircuit)
    for what, one in _named_rules(rule):
        check_kind(what, one, PlasticityRule)
    for name, population in populations.items():
        check_name("population", name)
        require(name != "input", "no population can be called 'input', the name of the input")
        require(
            len(name) <= LONGEST,
            f"the population name {name[:20]!r}... is too long: give up to {LONGEST} letters",
        )
        check_kind(f"population {name!r}", population, Population)
    require(
        not population.silences,
        f"the output population {name!r} silences neurons, which would not answer: give dropout "
        "to the others",
    )
    check_one_of("output_error", output_error, ("spikes", "probability"))


def _named_rules(rule: Any) -> list[tuple[str, Any]]:
    """Return the rules with what a message calls them."""
    if isinstance(rule, Mapping):
        return [(f"the rule for {name!r}", one) for name, one in rule.items()]
    return [("rule", rule)]


def check_kind(what: str, given: Any, kind: type) -> None:
    """Check that an argument is an instance of `kind`, and not a class."""
    uncalled = isinstance(given, type) and issubclass(given, kind)
    require(
        isinstance(given, kind),
        f"{what} is the class {given.__name__}: call it, {given.__name__}(...)"
        if uncalled
        else f"{what} must be a {kind.__name__}, {type(given).__name__} given"
        + (": wrap snnTorch's neurons in SnnTorch(neuron, size)" if kind is Population else ""),
    )


def make_synapses(
    n_inputs: int,
    populations: Mapping[str, Population],
    kinds: MakeSynapses | Mapping[str, MakeSynapses],
    dtype: torch.dtype,
    device: torch.device,
) -> dict[str, Synapses]:
    """Return the synapses onto each population.

    Parameters
    ----------
    n_inputs : int
    populations : mapping of str to Population
    kinds : callable, or mapping of str to callable
        Makes the synapses, for all populations or by name; those not named get `Dense`.
    dtype, device
        Dtype and device of the weights.

    Raises
    ------
    SpikefaError
        If a name in `kinds` is not that of a population.
    """
    if not isinstance(kinds, Mapping):
        kinds = dict.fromkeys(populations, kinds)
    for name in kinds:
        require(
            name in populations,
            f"synapses for {name!r}{did_you_mean(name, populations)}, but projections are to "
            f"{', '.join(populations)}",
        )
    sizes = [n_inputs, *(population.size for population in populations.values())]
    return {
        name: kinds.get(name, Dense)(n_pre, n_post, device=device, dtype=dtype)
        for name, (n_pre, n_post) in zip(populations, pairwise(sizes), strict=True)
    }


def check_rules(rules: Rules, projections: Mapping[str, Synapses]) -> None:
    """Refuse rules that keep a number for each synapse, where synapses share their weights.

    Raises
    ------
    SpikefaError
        With the rule, what it keeps, and the projection; or a trace without a place.
    """
    for rule, (name, synapses) in zip(rules.each, projections.items(), strict=True):
        rule.check_traces()
        kept = [trace for trace, place in rule.traces.items() if "synapse" in place]
        require(
            not (kept and synapses.plastic and synapses.sharing.shares),
            f"{type(rule).__name__} keeps a number for each synapse ({', '.join(kept)}), and those "
            f"of {name!r} share their weights: give a rule with traces of neurons alone, such as "
            "ThreeFactor, or Dense synapses",
        )


def connect_circuit(
    circuit: FeedbackCircuit, chain: Sequence[Synapses], device: torch.device, dtype: torch.dtype
) -> None:
    """Connect a circuit to the synapses of a chain, after a check that it serves them.

    Raises
    ------
    SpikefaError
        If synapses share weights, and the circuit does not serve that.
    """
    for synapses in chain:
        require(
            circuit.serves_shared or not synapses.sharing.shares,
            f"{type(circuit).__name__} takes each pair of neurons to have a weight of its own, and "
            f"those of {synapses!r} share theirs: give a circuit with serves_shared, such as FA, "
            "DFA, KP, SF, PFA or Backprop, or Dense synapses",
        )
    circuit.connect(chain, device, dtype)


def nonzero(tensors: Mapping[str, Tensor]) -> set[str]:
    """Return the names of the tensors that hold anything but 0; without values they do not."""
    return {name for name, each in tensors.items() if not each.is_meta and bool(each.any())}


def check_not_set(tensors: Mapping[str, Tensor], preset: set[str]) -> None:
    """Check that nobody has set weights that are about to be drawn.

    Parameters
    ----------
    tensors : mapping of str to Tensor
    preset : set of str
        Names of the weights that were not 0 from the start.

    Raises
    ------
    SpikefaError
        If some weights are no longer 0.
    """
    found = sorted(nonzero(tensors) - preset)
    require(
        not found,
        f"{', '.join(found)} would be overwritten, because a simulation draws the weights of a "
        "network that has none yet: call network.initialise(seed) first, and set weights after it",
    )
