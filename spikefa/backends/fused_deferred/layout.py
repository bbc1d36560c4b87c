"""The matrices and error populations of a network, laid out for the kernels."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.backends.fused_deferred.operands import Link, Operand, Rows
from spikefa.backends.fused_deferred.places import Errors, Neurons
from spikefa.feedback import Hop, Site
from spikefa.feedback.correlation import Correlation
from spikefa.network.network import Network
from spikefa.network.state import NetworkState


@dataclass(eq=False)
class Layout:
    """Everything that the kernels read and write, of one set of streams.

    Parameters
    ----------
    network : Network
    state : NetworkState
    capacity : int
        Rows for the steps within which the weights stand still.
    half : bool
        Whether the factors of products are float16.
    seeds : list of int64 Tensor [replicas]
        For the spikes of each population.

    Attributes
    ----------
    inputs : Rows
        Spikes of the input.
    neurons : list of Neurons
    errors : dict of Errors
        By site.
    forward : list of Link
        The projections, from the input upwards.
    hops : list of tuple of Link and Errors
        What carries the error, in its order, and where to.
    rates : Tensor [projections]
        Learning rates of the steps that wait.
    """

    network: Network
    state: NetworkState
    capacity: int
    half: bool
    seeds: list[Tensor]
    inputs: Rows = field(init=False)
    neurons: list[Neurons] = field(init=False)
    errors: dict[Site, Errors] = field(init=False)
    forward: list[Link] = field(init=False)
    hops: list[tuple[Link, Errors]] = field(init=False)
    rates: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.replicas = self.network.replicas or 1
        self._learning = {id(each.matrix): each for each in self.network.feedback.correlations()}
        layers = len(self.state.populations)
        room = torch.zeros(layers, 4, device=self.network.device)  # so that each is aligned
        self.rates = room[:, 0]
        self.inputs = self.rows(self.network.n_inputs)
        self.neurons = self._neurons()
        self.errors = self._errors()
        self.forward = self._forward()
        self.hops = [
            (self._link(hop), self.errors[hop.target]) for hop in self.network.feedback.wiring.hops
        ]

    @property
    def links(self) -> list[Link]:
        """All synapses, forward and feedback."""
        return self.forward + [link for link, _ in self.hops]

    def rows(self, n: int) -> Rows:
        """Allocate rows for a population of `n` neurons."""
        return Rows.of(n, self.replicas, self.capacity, self.half, self.network.device)

    def _neurons(self) -> list[Neurons]:
        populations = list(self.network.populations.values())
        last, found = len(populations) - 1, []
        for layer, (population, here) in enumerate(
            zip(populations, self.state.populations, strict=True)
        ):
            streams = here.spikes.numel() // population.size
            packed = torch.zeros(
                streams, -(-population.size // 8), dtype=torch.uint8, device=here.spikes.device
            )
            sent = self.rows(population.size) if layer < last else None
            found.append(Neurons(here, population.tau, packed, self.seeds[layer], sent))
        return found

    def _errors(self) -> dict[Site, Errors]:
        """Return the error populations, with rows for what is read of them."""
        hops = self.network.feedback.wiring.hops
        plain = {hop.source for hop in hops if not hop.gated}
        gated = {hop.source for hop in hops if hop.gated}
        for each in self._learning.values():
            (gated if each.gated else plain).add(each.source)
        found = {}
        for group, populations in self.network.feedback.wiring.populations.items():
            for layer, population in enumerate(populations):
                site = Site(group, layer)
                if site != Site("errors", len(self.neurons) - 1) and not any(
                    hop.target == site for hop in hops
                ):
                    continue
                state, n = self.state.feedback.at(site), population.size
                beside = group == "errors"
                traces = self.state.plasticity[layer].traces
                found[site] = Errors(
                    *(state.potential, state.activity, self.state.populations[layer].gain),
                    *(population.tau, population.phi_delta),
                    sent=self.rows(n) if site in plain else None,
                    factor=self.rows(n) if beside or site in gated else None,
                    trace=traces["factor"] if beside else None,
                    rate=self.rates[layer] if beside else None,
                )
        return found

    def _forward(self) -> list[Link]:
        sent = [self.inputs, *(neurons.sent for neurons in self.neurons)]
        found = []
        for layer, synapses in enumerate(self.network.synapses.values()):
            matrix = Operand(synapses.n_pre, synapses.n_post, synapses.weight, half=self.half)
            left = sent[layer]
            assert left is not None
            factor = self.errors[Site("errors", layer)].factor
            found.append(Link(matrix, left, left, factor, self.rates[layer], synapses.bias, layer))
        return found

    def _link(self, hop: Hop) -> Link:
        recipe, (n_pre, n_post) = hop.matrix.recipe, hop.matrix.shape
        stored = hop.matrix.stored if recipe is None else None
        matrix = Operand(n_pre, n_post, stored, recipe, self.half)
        left = self._sent(hop.source, hop.gated)
        change = self._learning.get(id(hop.matrix))
        if change is None:
            return Link(matrix, left)
        return self._plastic(matrix, left, change)

    def _plastic(self, matrix: Operand, left: Rows, change: Correlation) -> Link:
        layer = change.layer + 1  # the projection that starts where the matrix ends
        earlier, factor = self._sent(change.source, change.gated), self.neurons[change.layer].sent
        return Link(matrix, left, earlier, factor, self.rates[layer], layer=layer)

    def _sent(self, site: Site, gated: bool) -> Rows:
        errors = self.errors[site]
        rows = errors.factor if gated else errors.sent
        assert rows is not None
        return rows
