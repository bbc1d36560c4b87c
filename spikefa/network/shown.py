"""A network in a line, and as a notebook shows it."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from spikefa.feedback import FeedbackCircuit
from spikefa.network.connections import Connection
from spikefa.neurons import Population
from spikefa.plasticity import Rules
from spikefa.synapses import Synapses
from spikefa.utils.html_tables import html_table

COLUMNS = ("population", "neurons", "kind", "synapses from", "weights", "learning rate")


class Parts(Protocol):
    """What a network is made of."""

    n_inputs: int
    populations: dict[str, Population]
    projections: dict[str, Synapses]
    connections: tuple[Connection, ...]
    feedback: FeedbackCircuit
    rules: Rules

    @property
    def leading(self) -> tuple[int, ...]:
        """Replicas, if there are any."""
        ...


class Shown:
    """The representations of a network."""

    def __repr__(self: Parts) -> str:
        layers = "".join(f" -> {name}({each.size})" for name, each in self.populations.items())
        parts = f"input({self.n_inputs}){layers}, {self.feedback}, {self.rules}"
        further = "".join(f", {each.name}" for each in self.connections)
        return f"Network({parts}{further}{''.join(f', {n} replicas' for n in self.leading)})"

    def _repr_html_(self: Parts) -> str:
        replicas = "".join(f", {n} replicas" for n in self.leading)
        heading = f"Network of {len(self.populations)} populations{replicas}"
        table = html_table(heading, _rows(self.n_inputs, self), COLUMNS)
        return table + self.feedback._repr_html_() + self.rules._repr_html_()


def layers(network: Parts) -> str:
    """Return the numbers of neurons from the input to the output, ``784-20-10``."""
    sizes = (each.size for each in network.populations.values())
    return "-".join(map(str, [network.n_inputs, *sizes]))


def _rows(n_inputs: int, network: Parts) -> Iterator[tuple[object, ...]]:
    """Yield the cells of each population, the input first."""
    yield "input", n_inputs, "given by the stimulus", "", "", ""
    rates = network.rules.rates()
    before = "input"
    populations: Mapping[str, Population] = network.populations
    for (name, each), rate in zip(populations.items(), rates, strict=False):
        synapses = network.projections[name]
        weights = f"{type(synapses).__name__}, {synapses.n_pre} x {synapses.n_post}"
        yield name, each.size, type(each).__name__, before, weights, f"{rate:g}"
        before = name
    for connection, rate in zip(network.connections, rates[len(populations) :], strict=True):
        synapses = network.projections[connection.name]
        weights = f"{type(synapses).__name__}, {synapses.n_pre} x {synapses.n_post}"
        learning = f"{rate:g}" if synapses.plastic else ""
        origin = f"{connection.source}, {', '.join(map(str, connection.delays))} steps ago"
        if connection.within:
            origin = "its own dendrites"
        yield connection.target, "", "", origin, weights, learning
