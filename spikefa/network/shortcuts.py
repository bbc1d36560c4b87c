"""Shortcuts, one-to-one connections past some populations, and the way back of the error."""

from collections.abc import Mapping, Sequence

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.network.connections import Route
from spikefa.synapses import Skipping, Synapses


def carry_past(
    circuit: FeedbackCircuit, routes: Sequence[Route], projections: Mapping[str, Synapses]
) -> None:
    """Let a circuit carry the error back along all shortcuts of a network but those of its input.

    Raises
    ------
    SpikefaError
        If the circuit does not serve shortcuts and normalised populations and there are any, or a
        shortcut has a delay, or is in the chain.
    """
    populations = 1 + max(route.target for route in routes)
    layouts: list[tuple[int, int, Skipping]] = []
    for number, route in enumerate(routes):
        layout = projections[route.name].sharing
        shortcut = isinstance(layout, Skipping)
        require(
            circuit.serves_residual or not (shortcut or route.within),
            f"{type(circuit).__name__} does not serve {route.name}, "
            f"{'a shortcut' if shortcut else 'a normalisation'}: give Backprop, FA, DFA, KP, SF or "
            "PFA, or a circuit with serves_residual",
        )
        if isinstance(layout, Skipping):
            _check(route, in_chain=number < populations)
            if route.source:
                layouts.append((route.target, route.source - 1, layout))
    if layouts:
        circuit.carry_past(layouts)


def _check(route: Route, in_chain: bool) -> None:
    require(
        not in_chain,
        f"the synapses onto {route.name!r} are Skip, which are for a Connection past populations: "
        "give Dense or Conv to the chain",
    )
    require(
        not (route.delayed and route.source),
        f"the shortcut {route.name} has a delay, along which no error comes back: let it lead from "
        "a population to a later one, with delay=0, or give Dense synapses",
    )
