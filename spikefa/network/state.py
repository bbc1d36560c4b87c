"""The state of a network: everything except the weights that changes from step to step."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.distributed import Ranks
from spikefa.feedback import FeedbackCircuit, FeedbackState
from spikefa.network.axons import Axons
from spikefa.network.connections import Route
from spikefa.network.division import own_part
from spikefa.network.learning_rates import LearningRates
from spikefa.network.normalisation import normalised, pull_back
from spikefa.neurons import Population, PopulationState
from spikefa.plasticity import PlasticityState, Rules
from spikefa.synapses import Synapses
from spikefa.utils.replicas import each_replica, replica


@dataclass
class NetworkState:
    """The state of a network for one batch of streams: everything that changes except the weights.

    In a network with replicas, every tensor has a leading dimension, except the tensors of the
    learning rates.

    Attributes
    ----------
    populations : list of PopulationState
        From the first hidden population to the output.
    feedback : FeedbackState
    plasticity : list of PlasticityState
        One for each projection.
    error : Tensor [batch, n_out]
        Output minus target of this step.
    learning_rates : LearningRates
        Current learning rate and decay of each projection; see `Network.set_learning_rates`.
    axons : Axons
        Spikes on their way to synapses that they reach in a later step.
    steps : int
        Number of steps of simulated time in which the network has learned.
    """

    populations: list[PopulationState]
    feedback: FeedbackState
    plasticity: list[PlasticityState]
    error: Tensor
    learning_rates: LearningRates
    axons: Axons
    steps: int = 0

    def schedule_rates(
        self, rules: Rules, circuit: FeedbackCircuit, rates: Sequence[float], decay: float
    ) -> None:
        """Set the factors of schedules on learning rates and decay; see `LearningRates`."""
        self.learning_rates.schedule(rules, circuit, rates, decay)
        self.write_rates()

    def write_rates(self) -> None:
        """Write the learning rates where the rule reads them."""
        for plasticity, rate in zip(self.plasticity, self.learning_rates.rates, strict=True):
            plasticity.learning_rate.fill_(rate)

    @classmethod
    def at_rest(
        cls,
        n_inputs: int,
        populations: Collection[Population],
        circuit: FeedbackCircuit,
        rules: Rules,
        routes: Sequence[Route],
        synapses: Collection[Synapses],
        learning_rates: LearningRates,
        batch: int,
        dtype: torch.dtype,
        device: torch.device,
    ) -> "NetworkState":
        """Return the resting state of `batch` streams of a single network on a device."""
        resting = [population.state(batch, device, dtype) for population in populations]
        for route, each in zip(routes, synapses, strict=True):
            if route.within:
                resting[route.target] = normalised(resting[route.target], each)
        silent = torch.zeros(batch, n_inputs, device=device, dtype=dtype)
        return cls(
            resting,
            pull_back(circuit.state(batch, device, dtype), routes),
            [
                rule.state(each.n_pre, each.n_post, batch, rate, device, dtype)
                for rule, each, rate in zip(rules.each, synapses, learning_rates.rates, strict=True)
            ],
            torch.zeros(resting[-1].spikes.shape, device=device, dtype=dtype),
            learning_rates,
            Axons.at_rest(routes, [silent, *(each.spikes for each in resting)]),
        )

    def own_part(self, ranks: Ranks, routes: Sequence[Route], rules: Rules) -> "NetworkState":
        """Return what one rank has of the state of a whole network: its neurons, and all inputs."""
        drawn = [each.uniforms for each in self.populations] + [*self.feedback.uniforms().values()]
        drawn += [each.dropout.chances for each in self.populations if each.dropout is not None]
        whole = self.axons.of_source(0, routes)
        for route, rule, plasticity in zip(routes, rules.each, self.plasticity, strict=True):
            of_pre = [name for name, place in rule.traces.items() if place == "pre"]
            whole += [plasticity.traces[name] for name in of_pre if route.source == 0]
        return own_part(ranks, self, drawn, whole, keep=[self.learning_rates])

    def replica(self, number: int) -> "NetworkState":
        """Return the state of one replica, as views of these tensors."""
        return replica(self, number, keep=[self.learning_rates])

    def each(self) -> list["NetworkState"]:
        """Return the states of all replicas; without replicas, this state itself."""
        replicas = self.error.shape[0] if self.error.dim() > 2 else None
        return each_replica(self, replicas, keep=[self.learning_rates])
