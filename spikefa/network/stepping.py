"""One step of simulated time: forward, error, plasticity, weight decay."""

from collections.abc import Sequence

import torch
from torch import Tensor

from spikefa.feedback import FeedbackCircuit, Projection, Wiring
from spikefa.network.connections import Route
from spikefa.network.learning import change_synapses, decay_synapses
from spikefa.network.normalisation import arriving, behind_the_gain
from spikefa.network.optimiser import Optimiser
from spikefa.network.state import NetworkState
from spikefa.neurons import Population, PopulationState
from spikefa.plasticity import Rules
from spikefa.synapses import Synapses, Transmitting


class Stepping:
    """The steps of a network, whole and in parts."""

    populations: dict[str, Population]
    projections: dict[str, Synapses]
    routes: Sequence[Route]
    into: Sequence[Sequence[int]]
    rules: Rules
    feedback: FeedbackCircuit
    output_error: str
    optimiser: Optimiser | None

    def step(self, state: NetworkState, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step of simulated time: forward, error, plasticity, weight decay.

        Parameters
        ----------
        state : NetworkState
            Updated in place. The uniforms of this step must already have been drawn.
        inputs : Tensor [batch, n_inputs]
            Input spikes of this step.
        target : Tensor [batch, n_out]
            Target values of the output spikes.
        """
        self.advance(state, inputs, target)
        self.finish(state)

    def advance(
        self,
        state: NetworkState,
        inputs: Tensor,
        target: Tensor,
        through: Sequence[Transmitting] | None = None,
    ) -> None:
        """Advance by one step, without what `finish` does.

        `through` is what transmits and learns in place of the synapses, one for each projection.
        """
        self.forward(state, inputs, through)
        self.feed_back(state, target)
        self.learn(state, inputs, through)

    def forward(
        self,
        state: NetworkState,
        inputs: Tensor,
        through: Sequence[Transmitting] | None = None,
        resting: bool = False,
    ) -> None:
        """Propagate the spikes through all forward populations within one step (eq. 5).

        With plasticity arrested, a network is `resting`: normalisations keep what they have learnt.
        """
        activity = self.activity(state, inputs)
        own = list(self.projections.values())
        transmitting = list(through or own)
        parts = zip(self.populations.values(), state.populations, self.into, strict=True)
        for population, here, into in parts:
            for number in into:
                if self.routes[number].within:
                    own[number].normalise(here, resting)
                state.axons.drive(self.routes[number], transmitting[number], activity, here)
            population.step(here)
        state.axons.keep(activity)

    def feed_back(self, state: NetworkState, target: Tensor, along: Wiring | None = None) -> None:
        """Compute the output error, which the circuit, or `along` for it, carries (eqs. 6, 7)."""
        output = state.populations[-1]
        activity = output.spikes if self.output_error == "spikes" else output.probability
        torch.sub(activity, target, out=state.error)
        self.feedback.observe_target(state.feedback, target)
        carry = self.feedback.step if along is None else along.carry
        carry(state.feedback, state.error, state.populations)

    def learn(
        self, state: NetworkState, inputs: Tensor, through: Sequence[Transmitting] | None = None
    ) -> None:
        """Apply the rule to every forward synapse (eq. 8), then let the circuit change its own."""
        layers = self.change(state, inputs, through)
        self.feedback.learn(state.feedback, layers[: len(self.populations)])

    def change(
        self, state: NetworkState, inputs: Tensor, through: Sequence[Transmitting] | None = None
    ) -> list[Projection]:
        """Apply the rule to every forward synapse (eq. 8); return what the circuit learns from."""
        layers, modulators = self.layers(state, inputs), state.feedback.modulators
        errors = [
            arriving(here, modulators[route.target], at_dendrite=number < len(self.populations))
            for number, (route, here) in enumerate(self._reached(state))
        ]
        learning, rates = through or self.projections.values(), state.learning_rates.rates
        change_synapses(self.rules, learning, layers, errors, rates, self.optimiser)
        return layers

    def layers(self, state: NetworkState, inputs: Tensor) -> list[Projection]:
        """Return all projections with the activity of this step; a circuit sees the chain."""
        sent = state.axons.sent(self.routes, self.activity(state, inputs), state.populations)
        post = [behind_the_gain(here) for _, here in self._reached(state)]
        parts = zip(self.projections.values(), sent, post, state.plasticity, strict=True)
        return [Projection(*each) for each in parts]

    def _reached(self, state: NetworkState) -> list[tuple[Route, PopulationState]]:
        return [(route, state.populations[route.target]) for route in self.routes]

    def activity(self, state: NetworkState, inputs: Tensor) -> list[Tensor]:
        """Return the activity of the input and of each population in this step."""
        return [inputs, *(population.spikes for population in state.populations)]

    def finish(self, state: NetworkState) -> None:
        """Count a step; do what is due then and no graph can hold: circuits, and weight decay."""
        state.steps += 1
        self.feedback.maintain()
        factors = state.learning_rates.step()
        if factors is not None:
            decay_synapses(self.projections.values(), factors)
            self.feedback.decay(factors[0])  # all factors are equal if the circuit decays
