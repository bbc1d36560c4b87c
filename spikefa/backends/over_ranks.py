"""The backend of a network over ranks: eager steps, in which ranks gather activity."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from spikefa.backends.base import Backend
from spikefa.backends.scope import Scope
from spikefa.distributed.gathered import GatheredMatrix, GatheredSynapses, SummedSynapses, adder
from spikefa.distributed.gathering import Gathering
from spikefa.feedback import Wiring
from spikefa.feedback.correlation import Correlation
from spikefa.feedback.state import Site
from spikefa.feedback.wiring import Hop
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.neurons import Population, PopulationState
from spikefa.synapses import Synapses, Transmitting


class OverRanks(Backend):
    """Steps of one rank's part of a network, in plain torch.

    In a step the activity of every population is gathered once, as packed bits if it spikes, and so
    is that of every error population that sends, as floats. Both factors of a change are then here:
    what was gathered, and what this rank's neurons know. A presynaptic factor that is not the
    activity is gathered too. If groups of ranks divide the streams, changes are added up over them.

    Parameters
    ----------
    network : Network
        From `Network.divided`.
    state : NetworkState

    Attributes
    ----------
    synapses : list of Transmitting
        What transmits and learns in place of the network's synapses.
    wiring : Wiring
        What carries the error in place of the circuit's.
    """

    name = "ranks"

    def __init__(self, network: Network, state: NetworkState):
        super().__init__(network, state)
        assert network.ranks is not None
        self.ranks = network.ranks
        self._streams = self.ranks.total(state.error.shape[-2])
        populations = list(network.populations.values())
        pairs = zip(populations, state.populations, strict=True)
        self._activity = [
            Gathering(self.ranks, each.size, own.spikes, _binary(each, own)) for each, own in pairs
        ]
        self._target = self.ranks.part(populations[-1].size)
        self._gathered: set[int] = set()  # populations that a projection gathers in their own step
        self.synapses = self._synapses()
        self._errors: dict[tuple[Site, bool], Gathering] = {}
        self._learnt: dict[Site, Gathering] = {}
        self.wiring = self._wiring()
        self._correlations = [
            (each, adder(self.ranks, each.matrix.stored))
            for each in network.feedback.correlations()
        ]

    def _synapses(self) -> list[Transmitting]:
        network = self.network
        found = [self._summed(each) for each in network.projections.values()]
        for number in (each for into in network.into for each in into):
            route = network.routes[number]
            if route.source == 0:
                continue  # every rank has all inputs
            activity, gathers = self._activity[route.source - 1], route.source not in self._gathered
            if route.delayed:
                sent = self.state.populations[route.source - 1].spikes
                activity = Gathering(self.ranks, activity.neurons, sent, activity.spikes)
                gathers = True
            else:
                self._gathered.add(route.source)
            found[number] = GatheredSynapses(found[number], activity, gathers)
        return found

    def _summed(self, synapses: Synapses) -> Transmitting:
        return synapses if self.ranks.groups == 1 else SummedSynapses(synapses, self.ranks)

    def _wiring(self) -> Wiring:
        wiring = self.network.feedback.wiring
        return replace(wiring, hops=[self._hop(hop, wiring) for hop in wiring.hops])

    def _hop(self, hop: Hop, wiring: Wiring) -> Hop:
        key = hop.source, hop.gated
        gathers = key not in self._errors
        if gathers:
            neurons = wiring.populations[hop.source.group][hop.source.layer].size
            self._errors[key] = Gathering(self.ranks, neurons, hop.sent(self.state.feedback))
        return replace(hop, matrix=GatheredMatrix(hop.matrix, self._errors[key], gathers))

    def prepare(self, work: Callable[[], None], scope: Scope) -> None:
        """Do the work once on trial, on all ranks: what a rule returns may not be divisible."""
        with scope.unchanged():
            work()

    def advance(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step without what the host schedules."""
        self.rest(inputs)
        self.feed_back(target)
        own = self.ranks.own_streams(inputs)
        layers = self.network.change(self.state, own, self.synapses)
        for change, add in self._correlations:
            above = layers[change.layer + 1]
            spikes = torch.mul(above.pre, above.plasticity.learning_rate).neg_()
            add(self._sent(change), spikes)

    def rest(self, inputs: Tensor) -> None:
        """Advance by one step with plasticity arrested; `inputs` are those of all streams."""
        self.network.forward(self.state, self.ranks.own_streams(inputs), self.synapses)

    def feed_back(self, target: Tensor) -> None:
        """Carry the error of this step; `target` is that of all streams and output neurons."""
        own = self.ranks.own_streams(target)[..., self._target]
        self.network.feed_back(self.state, own, self.wiring)

    def _sent(self, change: Correlation) -> Tensor:
        """Return what the error population of a correlation sent, gathered by a hop or here."""
        source = change.source
        if (source, change.gated) in self._errors:
            return self._errors[source, change.gated].whole
        sent = self.state.feedback.at(source).activity
        if change.gated:
            sent = torch.mul(sent, self.state.populations[source.layer].gain)
        if source not in self._learnt:
            self._learnt[source] = Gathering(self.ranks, change.matrix.shape[0], sent)
        return self._learnt[source].gather(sent)

    def activity(self) -> list[Tensor]:
        """Return the activity of each whole population in this step, of all streams."""
        return [self._now(number) for number in range(len(self._activity))]

    @property
    def outputs(self) -> Tensor:
        """Activity of the output neurons in this step, [batch, n_out], of all streams."""
        return self._now(len(self._activity) - 1)

    def _now(self, number: int) -> Tensor:
        here = self._activity[number]
        sent = here.whole
        if number + 1 not in self._gathered:
            sent = here.gather(self.state.populations[number].spikes)
        return sent if self.ranks.groups == 1 else self.ranks.join_streams(sent, self._streams)


def _binary(population: Population, state: PopulationState) -> bool:
    """Return whether a population sends 0 or 1; in quiet tests, stochastic neurons send means."""
    return population.spiking and state.spikes is not state.probability
