"""A simulation in a line, and as a notebook shows it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from spikefa.network import Network
from spikefa.network.shown import layers
from spikefa.recording import Recorder
from spikefa.stimulus.base import Stimulus
from spikefa.utils.html_tables import html_table

ERRORS = ("validation_error_percent", "train_error_percent")
"""Columns of the history of which one is shown, the first that is there."""


class Parts(Protocol):
    """What a simulation says of itself."""

    network: Network
    stimulus: Stimulus
    batch_size: int
    seeds: list[int]
    history: Sequence[Mapping[str, float]]

    @property
    def backend(self) -> str:
        """What executes the steps."""
        ...

    @property
    def step(self) -> int:
        """Steps so far."""
        ...

    @property
    def epoch(self) -> float:
        """Epochs so far."""
        ...

    @property
    def recorder(self) -> Recorder | None:
        """The recorder, if there is one."""
        ...


class Shown:
    """The representations of a simulation."""

    def __repr__(self: Parts) -> str:
        return f"Simulation({', '.join(f'{name} {value}' for name, value in said(self))})"

    def _repr_html_(self: Parts) -> str:
        return html_table("Simulation", said(self)) + self.network._repr_html_()


def said(simulation: Parts) -> list[tuple[str, str]]:
    """Return what is said of a simulation: names and values."""
    stimulus, network, recorder = simulation.stimulus, simulation.network, simulation.recorder
    found = {
        "network": layers(network) + "".join(f" in {n} replicas" for n in network.leading),
        "circuit": type(network.feedback).__name__,
        "rule": str(network.rules),
        "stimulus": f"{type(stimulus).__name__} of {len(stimulus):,} items",
        "batch": f"{simulation.batch_size}",
        "seed": ", ".join(map(str, simulation.seeds)),
        "backend": f"{simulation.backend} on {network.device}",
        "epoch": f"{simulation.epoch:.4g}",
        "step": f"{simulation.step:,}",
    }
    row = simulation.history[-1] if simulation.history else {}
    for name in ERRORS:
        if name in row:
            found[name.removesuffix("_percent").replace("_", " ")] = f"{row[name]:.3g} %"
            break
    if recorder is not None:
        found["recording"] = f"{recorder.path.name}"
    return list(found.items())
