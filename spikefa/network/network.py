"""A network of populations, synapses, a feedback circuit and a plasticity rule."""

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit, Projection, Wiring
from spikefa.network.learning import change_synapses
from spikefa.network.learning_rates import LearningRates
from spikefa.network.memory import require_room_for_weights
from spikefa.network.optimiser import MakeOptimiser, Optimiser
from spikefa.network.parts import MakeSynapses, check_parts, make_synapses, nonzero
from spikefa.network.replicas import check_written_in_place, widen
from spikefa.network.shown import Shown
from spikefa.network.state import NetworkState
from spikefa.network.variables import Variables, alignments, in_a_row, network_variables
from spikefa.neurons import Population
from spikefa.plasticity import PlasticityRule
from spikefa.synapses import Dense, Transmitting
from spikefa.utils.checking import ranged
from spikefa.utils.devices import enough_memory
from spikefa.utils.memory import made
from spikefa.utils.numbers import place
from spikefa.utils.ranges import Batch, Replicas, Seed, Size
from spikefa.utils.replicas import replica, seeds_of, side_by_side
from spikefa.utils.seeding import generator
from spikefa.utils.tensors import named_tensors


class Network(Shown):
    """A feedforward network that learns while it runs.

    Parameters
    ----------
    n_inputs : int
        Number of input neurons; their spikes come from a stimulus.
    populations : mapping of str to Population
        Forward populations by name, from the first hidden one to the output.
    feedback : FeedbackCircuit
        Carries the error back. A circuit belongs to one network.
    rule : PlasticityRule
        Changes the synapses. A rule holds no tensors, so one rule serves all projections.
    synapses : callable, or mapping of str to callable, default Dense
        Called as ``synapses(n_pre, n_post, device=..., dtype=...)`` for each projection. The keys
        of a mapping are names of postsynaptic populations; those not named get `Dense`.
    output_error : {"spikes", "probability"}, default "spikes"
        The error is this minus the target: the output's spikes (eq. 7), or their probability,
        which has the same mean and no noise. For rate neurons the two are the same.
    device, dtype
        Device and dtype of the tensors: torch.float32 or torch.float64.
    optimiser : callable, optional
        A class of torch.optim, or a ``functools.partial`` of one without `lr`, that updates the
        forward synapses; see `spikefa.network.optimiser.Optimiser`. By default the changes that the
        rule returns are added unmodified.
    replicas : int, optional
        Number of networks simulated side by side, each with its own seed. Weights are then
        `[replicas, n_pre, n_post]` and states `[replicas, batch, n]`. By default one, without that.

    Attributes
    ----------
    synapses : dict of Synapses
        Synapses by the name of the postsynaptic population.
    initialised : bool
        Whether weights have been drawn.
    preset : set of str
        Names of the weights that were not 0 from the start.

    Raises
    ------
    SpikefaError
        If a part is wrong or does not fit the others, the optimiser does not support replicas, the
        dtype is not supported, or the device has too little memory.
    """

    @ranged
    @enough_memory()
    def __init__(
        self,
        n_inputs: Size,
        populations: Mapping[str, Population],
        feedback: FeedbackCircuit,
        rule: PlasticityRule,
        synapses: MakeSynapses | Mapping[str, MakeSynapses] = Dense,
        output_error: str = "spikes",
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        optimiser: MakeOptimiser | None = None,
        replicas: Replicas | None = None,
    ):
        check_parts(populations, feedback, rule, output_error, dtype)
        self.n_inputs = n_inputs
        self.populations = dict(populations)
        self.feedback, self.rule, self.output_error = feedback, rule, output_error
        self.device, self.dtype = torch.device(device), dtype
        self.initialised = False
        connect = partial(make_synapses, n_inputs, self.populations, synapses, dtype)
        optimise = partial(Optimiser.of, optimiser, rule)
        require_room_for_weights(connect, feedback, optimise, replicas, self.device)
        self.synapses = connect(self.device)
        LearningRates.of(rule, feedback, len(self.synapses), dtype)  # raise errors early
        self.optimiser = optimise(self.synapses)
        feedback.connect(list(self.synapses.values()), self.device, dtype)
        feedback.check(list(self.populations.values()))
        parts = self.synapses, feedback, self.optimiser
        self.synapses, self.optimiser = widen(*parts, replicas, self.shared)
        self.replicas, self.preset = replicas, nonzero(self.tensors())

    @property
    def n_outputs(self) -> int:
        """Number of output neurons."""
        return list(self.populations.values())[-1].size

    @property
    def leading(self) -> tuple[int, ...]:
        """Dimensions that precede the shapes of a single network: (replicas,) or ()."""
        return (self.replicas,) if self.replicas else ()

    @property
    def shared(self) -> list[object]:
        """Objects that all replicas share: populations and the rule, which hold no state."""
        return [*self.populations.values(), self.rule]

    def replica(self, number: int) -> "Network":
        """Return one replica: an ordinary network whose weights are views of these weights."""
        require(bool(self.leading), "the network has no replicas: use it itself")
        chosen = place(number, self.replicas or 0, "the replica")
        one = replica(self, chosen, keep=self.shared)
        one.replicas = None
        return one

    def each(self) -> list["Network"]:
        """Return all replicas; without replicas, the network itself."""
        return [self.replica(number) for number in range(self.replicas or 0)] or [self]

    def first(self) -> "Network":
        """Return the first replica; without replicas, the network itself."""
        return self.replica(0) if self.leading else self

    @ranged
    def initialise(self, seed: Seed | Sequence[Seed]) -> None:
        """Draw all weights from the random streams ``weights/...`` and ``feedback/...`` of `seed`.

        Parameters
        ----------
        seed : int or sequence of int
            With replicas: the seed of each, or the first of consecutive seeds. Each replica gets
            the weights that a single network would get with its seed.
        """
        seeds, whole = seeds_of(seed, self.replicas), self.tensors()
        for number, (one, own) in enumerate(zip(self.each(), seeds, strict=True)):
            for layer, synapses in enumerate(one.synapses.values(), start=1):
                synapses.initialise(generator(own, "weights", layer))
            one.feedback.initialise(own)
            if one is not self:
                check_written_in_place(one.tensors(), whole, number)
        self.initialised = True

    @ranged
    def state(self, batch: Batch) -> NetworkState:
        """Return the resting state of `batch` independent streams, which share the weights.

        With replicas, each replica has `batch` streams.
        """
        what, at_rest = f"the state of {batch:,} streams", partial(self.at_rest, batch)
        single = made(what, at_rest, self.device, self.replicas)
        return side_by_side(single, self.replicas, keep=[single.learning_rates])

    def at_rest(self, batch: int, device: torch.device) -> NetworkState:
        """Return the resting state of a single network on any device."""
        rates = LearningRates.of(self.rule, self.feedback, len(self.synapses), self.dtype)
        populations, synapses = self.populations.values(), self.synapses.values()
        parts = populations, self.first().feedback, self.rule, synapses, rates
        return NetworkState.at_rest(*parts, batch, self.dtype, device)

    def tensors(self) -> dict[str, Tensor]:
        """Return all forward and feedback weights and the optimiser's state, by dotted name."""
        synapses = {name: synapses.tensors() for name, synapses in self.synapses.items()}
        tree = {"synapses": synapses, "feedback": self.feedback.tensors()}
        if self.optimiser is not None:
            tree["optimiser"] = self.optimiser.tensors()
        return named_tensors(tree)

    def set_learning_rates(
        self, state: NetworkState, factor: float | Sequence[float] = 1.0, decay: float = 1.0
    ) -> None:
        """Scale the rule's learning rates and weight decay from now on; see `LearningRates.set`.

        The factors come on top of those of schedules. A factor of 0 freezes a projection: the rule
        does not run on it, its traces do not change, and its weights stay bitwise the same.
        """
        state.learning_rates.set(self.rule, self.feedback, factor, decay)
        state.write_rates()

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
        self, state: NetworkState, inputs: Tensor, through: Sequence[Transmitting] | None = None
    ) -> None:
        """Propagate the spikes through all forward populations within one step (eq. 5)."""
        pre = inputs
        transmitting = through or self.synapses.values()
        for synapses, population, here in zip(
            transmitting, self.populations.values(), state.populations, strict=True
        ):
            synapses.drive(pre, out=here.drive)
            population.step(here)
            pre = here.spikes

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
        layers, modulators = self.layers(state, inputs), state.feedback.modulators
        learning, rates = through or self.synapses.values(), state.learning_rates.rates
        change_synapses(self.rule, learning, layers, modulators, rates, self.optimiser)
        self.feedback.learn(state.feedback, layers)

    def layers(self, state: NetworkState, inputs: Tensor) -> list[Projection]:
        """Return the projections with the populations that they connect, as a circuit sees them."""
        sent = [inputs, *(population.spikes for population in state.populations)]
        parts = self.synapses.values(), sent[:-1], state.populations, state.plasticity
        return [Projection(*each) for each in zip(*parts, strict=True)]

    def finish(self, state: NetworkState) -> None:
        """Count a step; do what is due then and no graph can hold: circuits, and weight decay."""
        state.steps += 1
        self.feedback.maintain()
        factors = state.learning_rates.step()
        if factors is not None:
            for synapses, factor in zip(self.synapses.values(), factors, strict=True):
                if factor != 1:
                    synapses.decay(factor)
            self.feedback.decay(factors[0])  # all factors are equal if the circuit decays

    def variables(self, state: NetworkState) -> Variables:
        """Return the variables to probe, by population and name; see `network_variables`.

        With replicas, their streams are concatenated: `[replicas * batch, n]`, or `[replicas, n]`
        for variables that the streams of a replica share.
        """
        each = [
            network_variables(one.populations, one.synapses, one.feedback, one.rule, own)
            for one, own in zip(self.each(), state.each(), strict=True)
        ]
        return in_a_row(each) if self.leading else each[0]

    def alignment(self) -> dict[str, float]:
        """Return the angle between W and B^T, in degrees, by postsynaptic population.

        B is the matrix of the whole path of the error, see `FeedbackCircuit.paths`; projections
        without one are omitted. Random matrices give 90 degrees, backpropagation gives 0.
        """
        require(not self.leading, "with replicas, ask one of them: network.replica(0).alignment()")
        return alignments(self.synapses, self.feedback)
