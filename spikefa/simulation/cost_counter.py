"""Counts what a training would cost on a chip, on the device and without waiting for it."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit, Hop, Projection, Site
from spikefa.simulation.cost_rows import ONES, CostRows
from spikefa.simulation.costs import Changes, Costs, Operations
from spikefa.simulation.runner import Runner


class Arrival(NamedTuple):
    """A projection: the row that counts, times `fan_out`; and the products that are dense."""

    row: int
    fan_out: int
    dense: int


class Pair(NamedTuple):
    """Synapses that learn: the two rows whose product counts, and whose rate may be 0."""

    left: int
    right: int
    projection: int
    dense: int


class CostCounter:
    """Counts the operations of a training after each step; see docs/costs.md for definitions.

    It reads only the state in which a step ends, so that it changes no trajectory and serves every
    backend. The counts are float64 tensors, which are exact up to 9e15 for each stream. After a
    `switch` of the circuit all counts begin again.

    Parameters
    ----------
    runner : Runner
        Of the training.

    Attributes
    ----------
    totals : float64 Tensor [rows, ..., batch]
        Sums of the rows over the steps.
    pairs : float64 Tensor [pairs, ..., batch]
        Sums of the products of two rows.
    shared : float64 Tensor [pairs, ...]
        The same for changes that all streams share.
    """

    totals: Tensor
    pairs: Tensor
    shared: Tensor

    def __init__(self, runner: Runner):
        self._runner = runner
        self.begin()

    def begin(self) -> None:
        """Find out what there is to count, and set all counts to 0."""
        network, state, inputs = self._runner.network, self._runner.state, self._runner.inputs
        layers = network.layers(state, inputs)
        for name, synapses in network.projections.items():
            require(
                not synapses.sharing.shares,
                f"the costs of synapses that share weights are not counted, as those of {name!r} "
                "do: leave count_costs out",
            )
        hops = list(_carrying(network.feedback))
        most = 1 + len(state.populations) + 2 * len(layers) + 2 * len(hops)
        self._rows = CostRows(inputs, most)
        self._fan_outs: dict[str, Tensor] = {}
        self._sent = {"input": self._rows.place(inputs)}
        parts = zip(network.populations.items(), state.populations, strict=True)
        for (name, population), own in parts:
            self._sent[name] = self._rows.place(own.spikes, binary=population.spiking)
        self._forward: dict[str, Arrival] = {}
        self._plastic: dict[str, Pair] = {}
        for number, (name, layer) in enumerate(zip(self._named(layers), layers, strict=True)):
            self._add_projection(number, name, layer)
        self._backward = {_label(self._names, hop): self._arriving(hop) for hop in hops}
        self._feedback = self._learning(hops)
        self._allocate()

    @property
    def _names(self) -> list[str]:
        return list(self._runner.network.populations)

    def _named(self, layers: list[Projection]) -> list[str]:
        """Return the names of the projections, those of their weights in the network."""
        tensors = self._runner.network.tensors().items()
        names = {each.data_ptr(): name for name, each in tensors if name.startswith("synapses.")}
        found = [names[each.synapses.weight.data_ptr()] for each in layers]
        return [name.removeprefix("synapses.").removesuffix(".weight") for name in found]

    def _add_projection(self, number: int, name: str, layer: Projection) -> None:
        """Count what arrives over one projection, and its changes, if the rule says how."""
        rows, synapses = self._rows, layer.synapses
        pre, dense = rows.place(layer.pre), synapses.n_pre * synapses.n_post
        mask = synapses.tensors().get("mask")
        factor = self._runner.network.rules.each[number].outer_factor
        post = None if factor is None else rows.place(layer.plasticity.traces[factor])
        if post is not None:
            rows.united_too(pre, post)
        if mask is None:
            self._forward[name] = Arrival(pre, synapses.n_post, dense)
            left, right = pre, ONES if post is None else post
        else:
            left, right = rows.holes(pre, post, mask), ONES
            self._forward[name] = Arrival(left + 1, 1, dense)
        if post is not None:
            self._plastic[name] = Pair(left, right, number, dense)

    def _arriving(self, hop: Hop) -> Arrival:
        sent, (n_from, n_to) = self._error(hop.source, hop.gated), hop.matrix.shape
        fan_out = hop.matrix.fan_out()
        if fan_out is None:
            return Arrival(sent, n_to, n_from * n_to)
        own = self._fan_outs[_label(self._names, hop)] = fan_out.to(self._runner.inputs.dtype)
        return Arrival(self._rows.fanned(sent, own), 1, n_from * n_to)

    def _error(self, site: Site, gated: bool) -> int:
        """Return the row that counts what an error population sends."""
        state = self._runner.state
        gain = state.populations[site.layer].gain if gated else None
        return self._rows.place(state.feedback.at(site).activity, gain)

    def _learning(self, hops: list[Hop]) -> dict[str, Pair]:
        """Return the hops whose synapses learn by outer products."""
        found, labels = {}, {id(hop.matrix): _label(self._names, hop) for hop in hops}
        for each in self._runner.network.feedback.correlations():
            sent = self._error(each.source, each.gated)
            spikes = self._sent[self._names[each.layer]]
            self._rows.united_too(sent, spikes)
            n_from, n_to = each.matrix.shape
            label = labels[id(each.matrix)]
            found[label] = Pair(sent, spikes, each.layer + 1, n_from * n_to)
        return found

    def _allocate(self) -> None:
        pairs, rows = [*self._plastic.values(), *self._feedback.values()], self._rows
        self._rate_of = [each.projection for each in pairs]
        device, last = rows.now.device, len(rows.now) - 1
        left = [each.left for each in pairs]
        right = [last if each.right == ONES else each.right for each in pairs]
        self._left = torch.tensor(left, device=device, dtype=torch.int64)
        self._right = torch.tensor(right, device=device, dtype=torch.int64)
        self.totals = torch.zeros_like(rows.now)
        self.pairs = rows.now.new_zeros(len(pairs), *rows.now.shape[1:])
        self.shared = rows.united.new_zeros(len(pairs), *rows.united.shape[1:])
        self._room = [torch.empty_like(each) for each in (self.pairs, self.pairs)]
        self._united_room = [torch.empty_like(each) for each in (self.shared, self.shared)]

    # -- after each step -----------------------------------------------------------------------

    def count(self) -> None:
        """Count the operations of the step that has just ended."""
        rows = self._rows
        rows.find()
        self.totals.add_(rows.now)
        frozen = [rate == 0 for rate in self._runner.state.learning_rates.rates]
        self._multiply(rows.now, self._room, frozen, self.pairs)
        if rows.many:
            self._multiply(rows.united, self._united_room, frozen, self.shared)

    def _multiply(
        self, rows: Tensor, room: list[Tensor], frozen: list[bool], totals: Tensor
    ) -> None:
        """Add the product of each pair of rows; a frozen projection is not changed."""
        left, right = room
        torch.index_select(rows, 0, self._left, out=left)
        torch.index_select(rows, 0, self._right, out=right)
        for number, projection in enumerate(self._rate_of):
            if frozen[projection]:
                right[number].zero_()
        totals.addcmul_(left, right)

    def tensors(self) -> dict[str, Tensor]:
        """Return all counts, and the numbers of synapses of feedback matrices with holes."""
        found = {"totals": self.totals, "pairs": self.pairs, "shared": self.shared}
        return found | {f"fan_out.{name}": each for name, each in self._fan_outs.items()}

    # -- read ----------------------------------------------------------------------------------

    def costs(self) -> Costs:
        """Return the counts so far; the host waits for the device."""
        network, rows = self._runner.network, self._rows
        streams = rows.now[ONES].numel()
        totals = _all_streams(self.totals)
        steps = round(totals[ONES] / streams)
        changed = _all_streams(self.pairs)
        shared = _all_streams(self.shared) if rows.many else changed
        events = iter(zip(changed, shared, strict=True))

        def arrived(of: Mapping[str, Arrival]) -> dict[str, Operations]:
            return {
                name: Operations(int(totals[each.row]) * each.fan_out, steps * streams * each.dense)
                for name, each in of.items()
            }

        def changes(of: Mapping[str, Pair]) -> dict[str, Changes]:
            return {
                name: Changes(int(own), steps * streams * each.dense, int(together))
                for (name, each), (own, together) in zip(of.items(), events, strict=False)
            }

        wired = network.feedback.wiring.populations.values()
        return Costs(
            steps,
            streams,
            sum(each.size for each in network.populations.values()),
            sum(each.size for group in wired for each in group),
            {name: int(totals[row]) for name, row in self._sent.items()},
            arrived(self._forward),
            arrived(self._backward),
            changes(self._plastic),
            changes(self._feedback),
            tuple(self._uncounted()),
        )

    def _uncounted(self) -> Iterator[str]:
        """Say what is not counted."""
        network = self._runner.network
        circuit, name = network.feedback, type(network.feedback).__name__
        for rule in network.rules.distinct:
            if rule.outer_factor is None:
                unnamed = f"{type(rule).__name__} does not name its outer_factor"
                yield f"changes of forward synapses: {unnamed}"
        if network.optimiser is not None:
            yield "what the optimiser reads and writes: the changes are those that the rule returns"
        if not circuit.wiring.stops:
            yield f"the error: {name} does not describe its wiring"
        elif not circuit.sweep_only:
            yield f"what a step of {name} does besides the hops of its wiring"
        if type(circuit).learn is not FeedbackCircuit.learn and not circuit.correlations():
            yield f"what {name} may learn itself: it names no correlations"


def _carrying(circuit: FeedbackCircuit) -> Iterator[Hop]:
    """Return the hops of a circuit, of those that carry the same error only the first."""
    for stop in circuit.wiring.stops:
        yield from stop.hops if stop.combine is None else stop.new


def _all_streams(counts: Tensor) -> list[float]:
    """Return each row of `[rows, ...]`, summed over all streams and replicas."""
    found: list[float] = counts.unsqueeze(-1).flatten(1).sum(-1).tolist()
    return found


def _label(names: list[str], hop: Hop) -> str:
    """Return the name of a hop, such as ``errors/output > errors/hidden1``."""
    ends = (f"{site.group}/{names[site.layer]}" for site in (hop.source, hop.target))
    return " > ".join(ends) + (f" ({hop.inlet})" if hop.inlet else "")
