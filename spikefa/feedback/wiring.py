"""Wiring of the error populations of a circuit, and the sweep that carries the error."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback.combination import Combination, total
from spikefa.feedback.error_population import ErrorPopulation, ErrorState
from spikefa.feedback.matrix import Matrix
from spikefa.feedback.shortcut import Shortcut
from spikefa.feedback.state import FeedbackState, Site, beside
from spikefa.neurons import PopulationState
from spikefa.synapses import Skipping
from spikefa.utils.tensors import flush


@dataclass(frozen=True, eq=False)
class Hop:
    """Synapses from one error population to another.

    Attributes
    ----------
    source, target : Site
        Sending and receiving population.
    matrix : Matrix
        Weights of the synapses.
    gated : bool
        Whether the error is multiplied by the gain Psi(V) of the forward neurons beside the source.
    inlet : str
        Name of this hop's error where several hops meet in one population. Hops with the same name
        into the same layer carry the same error, which is computed once.
    """

    source: Site
    target: Site
    matrix: Matrix
    gated: bool = False
    inlet: str = ""

    def sent(self, state: FeedbackState) -> Tensor:
        """Return what the source sends in this step; if gated, the source's drive holds it."""
        source = state.at(self.source)
        return source.drive if self.gated else source.modulator

    def carry(self, state: FeedbackState, out: Tensor) -> None:
        """Write the error that arrives at the target in this step into `out`."""
        self.matrix.carry(self.sent(state), out)


@dataclass(frozen=True, eq=False)
class Stop:
    """A population that the sweep visits, and its operations there.

    Attributes
    ----------
    site : Site
        Location of the population.
    population : ErrorPopulation
        The population.
    hops : list of Hop
        All hops that end here.
    new : list of Hop
        The hops whose error has not been computed at an earlier stop.
    combine : callable, optional
        Function that combines the errors that meet here into one drive; None if a single error is
        the drive.
    gates : bool
        Whether the outgoing error is gated.
    shortcuts : list of Shortcut
        Those that end here.
    """

    site: Site
    population: ErrorPopulation
    hops: list[Hop]
    new: list[Hop]
    combine: Combination | None
    gates: bool
    shortcuts: list[Shortcut]

    def receive(
        self, state: FeedbackState, forward: Sequence[PopulationState], drive: Tensor
    ) -> None:
        """Write the error that arrives here in this step, unless the circuit has written it."""
        self._receive_hops(state, drive)
        for each in self.shortcuts:
            each.add(state.errors[each.source], forward[each.source], drive)

    def _receive_hops(self, state: FeedbackState, drive: Tensor) -> None:
        if self.combine is None:
            for hop in self.hops:
                hop.carry(state, drive)
            return
        arrived = state.meeting(self.site)
        for hop in self.new:
            hop.carry(state, arrived[hop.inlet])
        self.combine([arrived[hop.inlet] for hop in self.hops], drive)

    def send(self, here: ErrorState, forward: Sequence[PopulationState]) -> None:
        """Let the error pass the gain of the forward neurons, and what normalises their input."""
        if here.pulled_back:
            neurons = forward[self.site.layer]
            assert neurons.dendrite is not None
            neurons.dendrite.pull_back(here.activity, neurons.gain, here.drive)
        elif self.gates:
            flush(torch.mul(here.activity, forward[self.site.layer].gain, out=here.drive))


@dataclass(eq=False, kw_only=True)
class Wiring:
    """The error populations of a circuit and the hops between them.

    Parameters
    ----------
    populations : dict of list of ErrorPopulation
        Populations by the name of the list in the circuit's state that holds their states. "errors"
        are those beside the forward populations, from the first hidden one upwards.
    hops : list of Hop
        Hops in the order in which the error passes: each one follows those that lead to its source.
    origins : sequence of Site, optional
        Populations whose drive the circuit writes before the sweep. By default, these are the one
        beside the output and those that have outgoing but no incoming hops.
    combine : callable, default `total`
        Function that combines several errors that meet in one population.
    layerwise : bool, default False
        Whether the error descends layer by layer, so that the matrices on its path from one layer
        to the next can be compared with the forward weights beside them.
    shortcuts : sequence of Shortcut, optional
        Ways of the error past some layers, beside those of the forward network; see `past`.

    Attributes
    ----------
    stops : list of Stop
        Populations that the sweep visits, in order.

    Raises
    ------
    SpikefaError
        If a hop starts where no error has arrived, or hops that meet lack inlets of their own.
    """

    populations: dict[str, list[ErrorPopulation]] = field(default_factory=dict)
    hops: list[Hop] = field(default_factory=list)
    origins: Sequence[Site] | None = None
    combine: Combination = total
    layerwise: bool = False
    shortcuts: Sequence[Shortcut] = ()
    stops: list[Stop] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.origins is None:
            targets = [hop.target for hop in self.hops]
            first = [hop.source for hop in self.hops if hop.source not in targets]
            self.origins = [beside(len(self.beside) - 1), *first] if self.beside else []
        sites = list(dict.fromkeys([*self.origins, *(hop.target for hop in self.hops)]))
        for hop in self.hops:
            require(
                hop.source in sites[: sites.index(hop.target)],
                f"the hop from {hop.source} to {hop.target} comes before any error has arrived at "
                "its source: give the hops in the order of the error",
            )
        self.stops = [self._stop(site, sites[:number]) for number, site in enumerate(sites)]

    def _stop(self, site: Site, passed: Sequence[Site]) -> Stop:
        """Return the stop at `site`, given the sites that the sweep has passed before."""
        hops = [hop for hop in self.hops if hop.target == site]
        require(
            len({hop.inlet for hop in hops} - {""}) == len(hops) or len(hops) == 1,
            f"{len(hops)} hops meet in {site}: give each an inlet of its own",
        )
        carried = {
            hop.inlet
            for hop in self.hops
            if hop.target in passed and hop.target.layer == site.layer
        } - {""}
        meeting = self.combine if len(hops) > 1 else total
        return Stop(
            site,
            self.populations[site.group][site.layer],
            hops,
            new=[hop for hop in hops if hop.inlet not in carried],
            combine=meeting if any(hop.inlet for hop in hops) else None,
            gates=self._gates(site),
            shortcuts=[each for each in self.shortcuts if beside(each.target) == site],
        )

    def _gates(self, site: Site) -> bool:
        return any(hop.gated for hop in self.hops if hop.source == site)

    @property
    def beside(self) -> list[ErrorPopulation]:
        """The error populations beside the forward ones, from the first hidden one upwards."""
        return self.populations.get("errors", [])

    def at_rest(
        self, batch: int, device: torch.device, dtype: torch.dtype
    ) -> dict[str, list[ErrorState]]:
        """Return the states of the populations at rest, in lists named as in a circuit's state."""
        return {
            group: [population.state(batch, device, dtype) for population in populations]
            for group, populations in self.populations.items()
        }

    def carry(
        self, state: FeedbackState, error: Tensor, forward: Sequence[PopulationState]
    ) -> None:
        """Write the output error into the drive beside the output, and sweep it along the hops."""
        state.errors[-1].drive.copy_(error)
        self.sweep(state, forward)

    def sweep(self, state: FeedbackState, forward: Sequence[PopulationState]) -> None:
        """Carry the error from its origins along all hops, within one step."""
        for stop in self.stops:
            here = state.at(stop.site)
            stop.receive(state, forward, here.drive)
            stop.population.step(here)
            stop.send(here, forward)

    def through(self, exchange: Callable[[Matrix], Matrix]) -> "Wiring":
        """Return the same wiring with other matrices, of the same populations and hops."""
        return replace(self, hops=[replace(hop, matrix=exchange(hop.matrix)) for hop in self.hops])

    def past(self, layouts: Sequence[tuple[int, int, Skipping]]) -> "Wiring":
        """Return the same wiring with shortcuts, if the error descends layer by layer.

        `layouts` are those of the forward network, with the numbers of the populations above and
        below. Where the error comes directly from the output, it needs none.
        """
        if not self.layerwise:
            return self
        shortcuts = [
            Shortcut(above, below, layout, self._gates(beside(above)))
            for above, below, layout in layouts
        ]
        return replace(self, shortcuts=shortcuts)

    def descents(self) -> list[list[Matrix]]:
        """Return the matrices on the path from each layer to the one below, in order.

        The list runs from the lowest hidden population upwards. It is empty if the error does not
        descend layer by layer.
        """
        hidden = len(self.beside) - 1 if self.layerwise else 0
        return [self._way(beside(layer + 1), beside(layer)) for layer in range(hidden)]

    def _way(self, source: Site, target: Site) -> list[Matrix]:
        """Return the matrices on the path between two neighbouring layers."""
        hops = {hop.source: hop for hop in self.hops if hop.target == target}
        if source in hops:
            return [hops[source].matrix]
        between = next(site for site in hops if site.group != "errors")
        return [*self._way(source, between), hops[between].matrix]


def layer_by_layer(
    populations: list[ErrorPopulation], matrices: Sequence[Matrix], gated: bool
) -> Wiring:
    """Connect each error population to the one below; `matrices` start with the lowest."""
    hops = [
        Hop(beside(layer + 1), beside(layer), matrix, gated)
        for layer, matrix in reversed(list(enumerate(matrices)))
    ]
    return Wiring(populations={"errors": populations}, hops=hops, layerwise=True)


def from_the_output(
    populations: list[ErrorPopulation], matrices: Sequence[Matrix], gated: bool
) -> Wiring:
    """Connect the output's error population to all others; `matrices` start with the lowest.

    With one hidden population that is `layer_by_layer`.
    """
    output = beside(len(matrices))
    hops = [Hop(output, beside(layer), matrix, gated) for layer, matrix in enumerate(matrices)]
    return Wiring(populations={"errors": populations}, hops=hops, layerwise=len(matrices) == 1)
