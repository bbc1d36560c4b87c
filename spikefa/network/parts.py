"""What a network is put together from: checked before anything is made of it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.neurons import Population
from spikefa.plasticity import PlasticityRule
from spikefa.synapses import Dense


def synapse_kinds(
    names: Iterable[str], given: Callable[..., Dense] | Mapping[str, Callable[..., Dense]]
) -> dict[str, Callable[..., Dense]]:
    """Return what makes the synapses of each projection."""
    if not isinstance(given, Mapping):
        return dict.fromkeys(names, given)
    for name in given:
        require(name in names, f"synapses for {name!r}, but projections are to {', '.join(names)}")
    return {name: given.get(name, Dense) for name in names}


def check_parts(populations: Mapping[str, Any], feedback: Any, rule: Any) -> None:
    """Refuse what is no object of its kind: mostly a class that was not called."""
    parts: list[tuple[str, Any, type]] = [
        ("feedback", feedback, FeedbackCircuit),
        ("rule", rule, PlasticityRule),
    ]
    parts += [(f"population {name!r}", item, Population) for name, item in populations.items()]
    for what, given, kind in parts:
        called = isinstance(given, type) and issubclass(given, kind)
        require(
            isinstance(given, kind),
            f"{what} is the class {given.__name__}: call it, {given.__name__}(...)"
            if called
            else f"{what} must be a {kind.__name__}, {type(given).__name__} given"
            + (": wrap snnTorch's neurons in SnnTorch(neuron, size)" if kind is Population else ""),
        )
