"""Populations, synapses, a feedback circuit and a plasticity rule; one step of their time."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit, Projection
from spikefa.network.learning_rates import LearningRates
from spikefa.network.optimiser import MakeOptimiser, Optimiser
from spikefa.network.parts import check_parts, synapse_kinds
from spikefa.network.replicas import initialise_each, widen
from spikefa.network.state import NetworkState
from spikefa.network.variables import Variable, all_variables
from spikefa.neurons import Population
from spikefa.plasticity import PlasticityRule, Post
from spikefa.synapses import Dense
from spikefa.utils.angles import angle_between
from spikefa.utils.devices import enough_memory
from spikefa.utils.replicas import replica, seeds_of, side_by_side
from spikefa.utils.seeding import generator
from spikefa.utils.tensors import current, named_tensors


class Network:
    """A feedforward network that learns while it runs.

    Parameters
    ----------
    n_inputs : int
        Number of input neurons; their spikes come from a `Stimulus`.
    populations : mapping of str to Population
        Forward populations by name, from the first hidden one to the output.
    feedback : FeedbackCircuit
        Carries the error back. A circuit belongs to one network.
    rule : PlasticityRule
        Changes the synapses. It holds no tensors, so that one rule serves all projections.
    synapses : callable, or mapping of str to callable, default Dense
        Called as ``synapses(n_pre, n_post, device=..., dtype=...)`` for each projection; or by the
        name of the population a projection ends on, the others being `Dense`.
    output_error : {"spikes", "probability"}, default "spikes"
        What the target is subtracted from: the output's spikes (eq. 7), or their probability,
        which has the same mean and no noise. For rate neurons they are the same.
    device, dtype
        Where the network lives, and as what.
    optimiser : callable, optional
        A class of torch.optim, or a ``functools.partial`` of one without `lr`, that takes the steps
        of the forward synapses; see `spikefa.network.optimiser.Optimiser`. By default what the rule
        returns is added as it is.
    replicas : int, optional
        So many networks side by side, which share nothing but their structure and each have a seed
        of their own. Weights are then `[replicas, n_pre, n_post]`, states `[replicas, batch, n]`,
        and one step is one step of them all. By default there is one network, and no such
        dimension.

    Attributes
    ----------
    synapses : dict of Dense
        By the name of the postsynaptic population.
    initialised : bool
        Whether weights have been drawn.

    Raises
    ------
    SpikefaError
        If there is no population, or the circuit cannot serve these sizes, or the optimiser cannot
        serve replicas, or the device has too little memory.
    """

    @enough_memory()
    def __init__(
        self,
        n_inputs: int,
        populations: Mapping[str, Population],
        feedback: FeedbackCircuit,
        rule: PlasticityRule,
        synapses: Callable[..., Dense] | Mapping[str, Callable[..., Dense]] = Dense,
        output_error: str = "spikes",
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        optimiser: MakeOptimiser | None = None,
        replicas: int | None = None,
    ):
        require(bool(populations), "a network needs at least an output population")
        check_parts(populations, feedback, rule)
        require(
            output_error in ("spikes", "probability"),
            f"output_error must be 'spikes' or 'probability', {output_error!r} given",
        )
        self.n_inputs = n_inputs
        self.populations = dict(populations)
        self.feedback = feedback
        self.rule = rule
        self.output_error = output_error
        self.device = torch.device(device)
        self.dtype = dtype
        self.initialised = False
        sizes = [population.size for population in self.populations.values()]
        kinds = synapse_kinds(self.populations, synapses)
        self.synapses = {
            name: kinds[name](n_pre, n_post, device=device, dtype=dtype)
            for name, (n_pre, n_post) in zip(
                self.populations, pairwise([n_inputs, *sizes]), strict=True
            )
        }
        self._check_decay(
            LearningRates.of(rule, len(sizes), dtype)
        )  # says at once if the rates do not fit
        self.optimiser = (
            None
            if optimiser is None
            else Optimiser(optimiser, self.synapses, rule.rates(len(sizes)))
        )
        feedback.connect(list(self.synapses.values()), self.device, dtype)
        feedback.check(list(self.populations.values()))
        self.replicas: int | None = None
        if replicas is not None:
            widen(self, replicas)

    def __repr__(self) -> str:
        sizes = {"input": self.n_inputs} | {n: p.size for n, p in self.populations.items()}
        layers = " -> ".join(f"{name}({size})" for name, size in sizes.items())
        copies = "" if self.replicas is None else f", {self.replicas} replicas"
        return f"Network({layers}, {self.feedback}, {type(self.rule).__name__}{copies})"

    @property
    def n_outputs(self) -> int:
        """Number of output neurons."""
        return list(self.populations.values())[-1].size

    @property
    def leading(self) -> tuple[int, ...]:
        """What stands in front of the shapes of a single network: replicas, or nothing."""
        return () if self.replicas is None else (self.replicas,)

    def replica(self, number: int) -> "Network":
        """Return one of the replicas: a network like any other, on views of these weights.

        Raises
        ------
        SpikefaError
            If there is no such replica.
        """
        require(
            self.replicas is not None and 0 <= number < self.replicas,
            f"no replica {number}: the network has {self.replicas or 'no'} replicas, from 0",
        )
        one = replica(self, number, keep=[*self.populations.values(), self.rule])
        one.replicas = None
        return one

    def initialise(self, seed: int | Sequence[int]) -> None:
        """Draw all weights from the streams ``weights/...`` and ``feedback/...`` of `seed`.

        Parameters
        ----------
        seed : int or sequence of int
            Of a network with replicas: the seed of each, or the first of consecutive ones. Each
            gets the weights that a single network would get with its seed.
        """
        seeds = seeds_of(seed, self.replicas)
        if self.replicas is not None:
            initialise_each(self, seeds)
        else:
            for layer, synapses in enumerate(self.synapses.values(), start=1):
                synapses.initialise(generator(seeds[0], "weights", layer))
            self.feedback.initialise(seeds[0])
        self.initialised = True

    def state(self, batch: int) -> NetworkState:
        """Return the state at rest of `batch` independent streams, which share the weights.

        Of a network with replicas: of so many streams each.
        """
        if self.replicas is not None:
            single = self.replica(0).state(batch)
            return side_by_side(single, self.replicas, keep=[single.learning_rates])
        require(batch >= 1, f"the batch must be at least 1, {batch} given")
        sizes = [population.size for population in self.populations.values()]
        rates = self.rule.rates(len(sizes))
        projections = zip(pairwise([self.n_inputs, *sizes]), rates, strict=True)
        where = (self.device, self.dtype)
        return NetworkState(
            [population.state(batch, *where) for population in self.populations.values()],
            self.feedback.state(batch, *where),
            [self.rule.state(*sizes, batch, rate, *where) for sizes, rate in projections],
            torch.zeros(batch, self.n_outputs, device=self.device, dtype=self.dtype),
            LearningRates.of(self.rule, len(sizes), self.dtype),
        )

    def set_learning_rates(
        self, state: NetworkState, factor: float | Sequence[float] = 1.0, decay: float = 1.0
    ) -> None:
        """Scale the rule's learning rates and weight decay from here on, for this state.

        Parameters
        ----------
        state : NetworkState
        factor : float or sequence of float, default 1
            On the learning rate, of all projections or of each. 0 freezes a projection: its rule
            rests, traces included, and its weights stay as they are, bit for bit.
        decay : float, default 1
            On the weight decay.

        Raises
        ------
        SpikefaError
            If a factor is out of range; or if projections would decay differently beside a circuit
            whose own weights decay with all of them.
        """
        projections = len(self.synapses)
        factors = [factor] * projections if isinstance(factor, int | float) else list(factor)
        require(
            len(factors) == projections,
            f"{len(factors)} factors for {projections} projections: give one, or one for each",
        )
        state.learning_rates.set(self.rule, factors, decay)
        self._check_decay(state.learning_rates)
        for plasticity, rate in zip(state.plasticity, state.learning_rates.rates, strict=True):
            plasticity.learning_rate.fill_(rate)

    def _check_decay(self, learning_rates: LearningRates) -> None:
        """Check that a circuit whose weights decay with the forward ones can tell how fast."""
        require(
            not self.feedback.decays or len(set(learning_rates.log_factors.tolist())) == 1,
            f"the weights of {type(self.feedback).__name__} decay with those of all projections, "
            "so these must decay alike: freeze none, or all; and with decay_times_rate give one "
            "learning rate",
        )

    def tensors(self) -> dict[str, Tensor]:
        """Return every forward and feedback weight, and the optimiser's state, by dotted name."""
        synapses = {name: synapses.tensors() for name, synapses in self.synapses.items()}
        tree = {"synapses": synapses, "feedback": self.feedback.tensors()}
        if self.optimiser is not None:
            tree["optimiser"] = self.optimiser.tensors()
        return named_tensors(tree)

    def variables(self, state: NetworkState) -> dict[str, dict[str, Variable]]:
        """Return what can be probed of each population, see `spikefa.network.variables`."""
        found = all_variables(self, state)
        del found["input"]
        return found

    def forward(self, state: NetworkState, inputs: Tensor) -> None:
        """Sweep the spikes through the forward populations, within one step (eq. 5).

        Parameters
        ----------
        state : NetworkState
            With the uniforms of this step drawn already; updated in place.
        inputs : Tensor [batch, n_inputs]
            Input spikes of this step.
        """
        pre = inputs
        for name, here in zip(self.populations, state.populations, strict=True):
            self.synapses[name].drive(pre, out=here.drive)
            self.populations[name].step(here)
            pre = here.spikes

    def feed_back(self, state: NetworkState, target: Tensor) -> None:
        """Form the output error and let the feedback circuit carry it (eqs. 6 and 7)."""
        output = state.populations[-1]
        said = output.spikes if self.output_error == "spikes" else output.probability
        torch.sub(said, target, out=state.error)
        self.feedback.observe_target(state.feedback, target)
        self.feedback.step(state.feedback, state.error, state.populations)

    def learn(self, state: NetworkState, inputs: Tensor) -> None:
        """Let the rule change every forward synapse (eq. 8), then the circuit its own."""
        layers = self.layers(state, inputs)
        for number, (layer, modulator) in enumerate(
            zip(layers, state.feedback.modulators, strict=True)
        ):
            rate = state.learning_rates.rates[number]
            if rate == 0:  # frozen
                if self.optimiser is not None:
                    self.optimiser.rest(number)
                continue
            post = Post(layer.post.potential, layer.post.spikes, layer.post.gain)
            change = self.rule.update(layer.pre, post, modulator, layer.plasticity)
            if self.optimiser is None:
                layer.synapses.apply(change)
            else:
                self.optimiser.hand_over(number, change, rate)
        if self.optimiser is not None:
            self.optimiser.step()
        self.feedback.learn(state.feedback, layers)

    def layers(self, state: NetworkState, inputs: Tensor) -> list[Projection]:
        """Return the projections with the populations they join, as a circuit sees them."""
        sent = [inputs, *(population.spikes for population in state.populations)]
        return [
            Projection(*parts)
            for parts in zip(
                self.synapses.values(), sent[:-1], state.populations, state.plasticity, strict=True
            )
        ]

    def step(self, state: NetworkState, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step of simulated time: forward, error, plasticity, weight decay.

        Parameters
        ----------
        state : NetworkState
            With the uniforms of this step drawn already; updated in place.
        inputs : Tensor [batch, n_inputs]
            Input spikes of this step.
        target : Tensor [batch, n_out]
            What the output spikes should be.
        """
        self.advance(state, inputs, target)
        self.decay(state)

    def advance(self, state: NetworkState, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step but for its weight decay; the step is not counted yet."""
        self.forward(state, inputs)
        self.feed_back(state, target)
        self.learn(state, inputs)

    def decay(self, state: NetworkState) -> None:
        """Count the step, and apply the weight decay that is due after it, the circuit's too."""
        state.steps += 1
        factors = state.learning_rates.step()
        if factors is not None:
            for synapses, factor in zip(self.synapses.values(), factors, strict=True):
                if factor != 1:
                    synapses.decay(factor)
            self.feedback.decay(
                factors[0]
            )  # all alike if the circuit decays, see set_learning_rates

    def alignment(self) -> dict[str, float]:
        """Return the angle between W and B^T, in degrees, by the projection's target population.

        Of those projections beside which the circuit carries the error down, B being the matrix of
        the whole path, see `FeedbackCircuit.paths`; {} if there is none. Random matrices are at 90
        degrees, backpropagation is 0. Of a network with replicas: ask one of them.
        """
        require(
            self.replicas is None,
            f"of which of {self.replicas} replicas: ask network.replica(0).alignment()",
        )
        carried = list(self.synapses.items())[1:]
        return {
            name: float(angle_between(synapses.weight, current(back).mT))
            for (name, synapses), back in zip(carried, self.feedback.paths(), strict=False)
        }
