"""A network of populations, synapses, a feedback circuit and a plasticity rule."""

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from spikefa.feedback import FeedbackCircuit
from spikefa.network.connections import Connection, find_routes, make_projections, routes_into
from spikefa.network.division_checks import check_divisible, check_populations
from spikefa.network.learning_rates import LearningRates
from spikefa.network.memory import require_room_for_weights
from spikefa.network.normalisation import check_normalisations
from spikefa.network.optimiser import MakeOptimiser, Optimiser
from spikefa.network.parts import MakeSynapses, check_parts, check_rules, connect_circuit, nonzero
from spikefa.network.readings import Readable
from spikefa.network.replicas import check_written_in_place, widen
from spikefa.network.shortcuts import carry_past
from spikefa.network.shown import Shown
from spikefa.network.state import NetworkState
from spikefa.network.stepping import Stepping
from spikefa.neurons import Population
from spikefa.plasticity import PlasticityRule, Rules
from spikefa.synapses import Dense
from spikefa.utils.checking import ranged
from spikefa.utils.devices import enough_memory
from spikefa.utils.memory import made
from spikefa.utils.ranges import Batch, Delay, Replicas, Seed, Size
from spikefa.utils.replicas import seeds_of, side_by_side
from spikefa.utils.seeding import generator
from spikefa.utils.tensors import named_tensors


class Network(Shown, Readable, Stepping):
    """A network that learns while it runs: a chain of populations, and connections beside it.

    Parameters
    ----------
    n_inputs : int
        Number of input neurons; their spikes come from a stimulus.
    populations : mapping of str to Population
        Forward populations by name, from the first hidden one to the output.
    feedback : FeedbackCircuit
        Carries the error back. A circuit belongs to one network.
    rule : PlasticityRule, or mapping of str to PlasticityRule
        Changes the synapses. A rule holds no tensors, so one rule serves all projections. The keys
        of a mapping are names of all projections, see `projections`.
    synapses : callable, or mapping of str to callable, default Dense
        Called as ``synapses(n_pre, n_post, device=..., dtype=...)`` for each projection. The keys
        of a mapping are names of postsynaptic populations; those not named get `Dense`.
    connections : sequence of Connection, optional
        Projections beside the chain from each population to the next, such as recurrent ones.
    delays : mapping of str to int, optional
        Steps that spikes take in the chain, by postsynaptic population; by default none.
    output_error : {"spikes", "probability"}, default "spikes"
        The error is this minus the target: the output's spikes (eq. 7), or their probability,
        which has the same mean and no noise. For rate neurons the two are the same.
    device, dtype
        Device and dtype of the tensors: torch.float32 or torch.float64.
    optimiser : callable, optional
        A class of torch.optim, or a ``functools.partial`` of one without `lr`, that takes the
        changes; see `spikefa.network.optimiser.Optimiser`. By default they are added as they are.
    replicas : int, optional
        Number of networks side by side, each with its own seed. Weights are then `[replicas, n_pre,
        n_post]` and states `[replicas, batch, n]`. By default one, without that.

    Attributes
    ----------
    projections : dict of Synapses
        All synapses: those of the chain by the name of the postsynaptic population, then those
        beside it by the name of the connection.
    routes : list of Route
        Where each projection begins and ends.
    rules : Rules
        The rule of each projection.
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
        rule: PlasticityRule | Mapping[str, PlasticityRule],
        synapses: MakeSynapses | Mapping[str, MakeSynapses] = Dense,
        output_error: str = "spikes",
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        optimiser: MakeOptimiser | None = None,
        replicas: Replicas | None = None,
        connections: Sequence[Connection] = (),
        delays: Mapping[str, Delay] | None = None,
    ):
        check_parts(populations, feedback, rule, output_error, dtype)
        self.n_inputs = n_inputs
        self.populations = dict(populations)
        self.feedback, self.rule, self.output_error = feedback, rule, output_error
        self.device, self.dtype = torch.device(device), dtype
        self.initialised, self.connections = False, tuple(connections)
        self.routes = find_routes(populations, self.connections, delays or {})
        self.into = routes_into(self.routes)
        self.rules = Rules.of(rule, [route.name for route in self.routes])
        parts = n_inputs, self.populations, synapses, self.connections, dtype
        connect = partial(make_projections, *parts)
        optimise = partial(Optimiser.of, optimiser, self.rules)
        chain = len(self.populations)
        require_room_for_weights(connect, feedback, chain, optimise, replicas, self.device)
        self.projections = connect(self.device)
        LearningRates.of(self.rules, feedback, dtype)  # raise errors early
        self.optimiser = optimise(self.projections)
        check_rules(self.rules, self.projections)
        check_normalisations(self.routes, self.projections)
        connect_circuit(feedback, list(self.synapses.values()), self.device, dtype)
        carry_past(feedback, self.routes, self.projections)
        feedback.check(list(self.populations.values()))
        own = self.projections, feedback, self.optimiser
        self.projections, self.optimiser = widen(*own, replicas, self.shared)
        self.replicas, self.preset = replicas, nonzero(self.tensors())

    @property
    def n_outputs(self) -> int:
        """Number of output neurons."""
        return list(self.populations.values())[-1].size

    @property
    def shared(self) -> list[object]:
        """Objects that all replicas share, since they hold no state."""
        return [*self.populations.values(), *self.rules.each, self.rules, *self.connections]

    @ranged
    def initialise(self, seed: Seed | Sequence[Seed]) -> None:
        """Draw all weights from the random streams ``weights/...`` and ``feedback/...`` of `seed`.

        Parameters
        ----------
        seed : int or sequence of int
            With replicas: the seed of each, or the first of consecutive seeds. Each replica gets
            the weights that a single network would get with its seed.
        """
        if self.ranks is not None:
            undivided = self.undivided()
            undivided.initialise(seed)
            self.take_part(undivided)
            self.initialised = True
            return
        seeds, whole = seeds_of(seed, self.replicas), self.tensors()
        for number, (one, own) in enumerate(zip(self.each(), seeds, strict=True)):
            for layer, synapses in enumerate(one.synapses.values(), start=1):
                synapses.initialise(generator(own, "weights", layer))
            for each in one.connections:
                one.projections[each.name].initialise(generator(own, "weights", each.name))
            one.feedback.initialise(own)
            if one is not self:
                check_written_in_place(one.tensors(), whole, number)
        self.initialised = True

    @ranged
    def state(self, batch: Batch) -> NetworkState:
        """Return the resting state of `batch` streams, of each replica, which share the weights."""
        what, at_rest = f"the state of {batch:,} streams", partial(self.at_rest, batch)
        single = made(what, at_rest, self.device, self.replicas)
        if self.ranks is not None:
            return single.own_part(self.ranks, self.routes, self.rules)
        return side_by_side(single, self.replicas, keep=[single.learning_rates])

    def check_divisible(self, neurons: bool) -> None:
        """Check that the network can be divided among ranks, see `divided`."""
        if neurons:
            check_populations(self.populations)
        parts = self.projections, self.routes, self.rules, self.feedback, self.optimiser
        check_divisible(*parts, self.leading)

    def at_rest(self, batch: int, device: torch.device) -> NetworkState:
        """Return the resting state of a single network on any device."""
        rates = LearningRates.of(self.rules, self.feedback, self.dtype)
        parts = self.populations.values(), self.first().feedback, self.rules
        paths = self.routes, self.projections.values(), rates
        return NetworkState.at_rest(self.n_inputs, *parts, *paths, batch, self.dtype, device)

    def tensors(self) -> dict[str, Tensor]:
        """Return all forward and feedback weights and the optimiser's state, by dotted name."""
        synapses = {name: synapses.tensors() for name, synapses in self.projections.items()}
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
        state.learning_rates.set(self.rules, self.feedback, factor, decay)
        state.write_rates()
