"""The way back of the error along shortcuts, one-to-one connections past some populations."""

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
        If the circuit cannot, or a shortcut has a delay.
    """
    layouts = {}
    for route in routes:
        layout = projections[route.name].sharing
        if not isinstance(layout, Skipping):
            continue
        require(
            not route.delayed,
            f"the shortcut {route.name} has a delay, along which no error comes back: give "
            "delay=0, or Dense synapses",
        )
        if route.source:
            layouts[route.target, route.source - 1] = layout
    if layouts:
        circuit.carry_past(layouts)
