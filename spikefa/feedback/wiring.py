"""How the error populations of a circuit are wired, and the sweep that carries the error."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback.combination import Combination, total
from spikefa.feedback.error_population import ErrorPopulation, ErrorState
from spikefa.feedback.matrix import Matrix
from spikefa.feedback.state import FeedbackState, Site, beside
from spikefa.neurons import PopulationState


@dataclass(frozen=True, eq=False)
class Hop:
    """Synapses from one error population to another.

    Attributes
    ----------
    source, target : Site
    matrix : Matrix
    gated : bool
        Whether the error is multiplied by the gain Psi(V) of the forward neurons beside the source.
    inlet : str
        Where several hops meet in one population, the name under which this one arrives there.
        Hops of the same name into the same layer bring the same error, which is carried once.
    """

    source: Site
    target: Site
    matrix: Matrix
    gated: bool = False
    inlet: str = ""

    def sent(self, state: FeedbackState) -> Tensor:
        """Return what the source sends in this step; if gated, it stands in the source's drive."""
        source = state.at(self.source)
        return source.drive if self.gated else source.activity

    def carry(self, state: FeedbackState, out: Tensor) -> None:
        """Write what arrives at the target in this step."""
        self.matrix.carry(self.sent(state), out)


@dataclass(frozen=True, eq=False)
class Stop:
    """A population that the sweep passes, and what happens there.

    Attributes
    ----------
    site : Site
    population : ErrorPopulation
    hops : list of Hop
        All that end here.
    new : list of Hop
        Those whose error has not been carried at an earlier stop.
    combine : callable, optional
        What makes one drive of the errors that meet here; None if a single one is the drive.
    gates : bool
        Whether the error is gated on its way out.
    """

    site: Site
    population: ErrorPopulation
    hops: list[Hop]
    new: list[Hop]
    combine: Combination | None
    gates: bool

    def receive(self, state: FeedbackState, drive: Tensor) -> None:
        """Write what arrives here in this step; nothing, where the circuit has written it."""
        if self.combine is None:
            for hop in self.hops:
                hop.carry(state, drive)
            return
        arrived = state.meeting(self.site)
        for hop in self.new:
            hop.carry(state, arrived[hop.inlet])
        self.combine([arrived[hop.inlet] for hop in self.hops], drive)


@dataclass(eq=False, kw_only=True)
class Wiring:
    """The error populations of a circuit and the hops between them.

    Parameters
    ----------
    populations : dict of list of ErrorPopulation
        By the list of the state that holds their states. "errors" are those beside the forward
        populations, from the first hidden one upwards.
    hops : list of Hop
        In the order of the error: each after those that lead to its source.
    origins : sequence of Site, optional
        Populations whose drive the circuit writes before the sweep. By default the one beside the
        output, and those that no hop leads to but some hop leaves from.
    combine : callable, default `total`
        What is made of several errors that meet in one population.
    layerwise : bool, default False
        Whether the error goes down layer by layer, so that the matrices on its way from one layer
        to the next can be compared with the forward weights beside them.

    Attributes
    ----------
    stops : list of Stop
        What the sweep does at each population, in this order.

    Raises
    ------
    SpikefaError
        If a hop starts where no error has arrived, or hops that meet have no inlets.
    """

    populations: dict[str, list[ErrorPopulation]] = field(default_factory=dict)
    hops: list[Hop] = field(default_factory=list)
    origins: Sequence[Site] | None = None
    combine: Combination = total
    layerwise: bool = False
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
        """Return what happens at `site`, after the sites that the sweep has passed."""
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
            gates=any(hop.gated for hop in self.hops if hop.source == site),
        )

    @property
    def beside(self) -> list[ErrorPopulation]:
        """The error populations beside the forward ones, from the first hidden one upwards."""
        return self.populations.get("errors", [])

    def at_rest(
        self, batch: int, device: torch.device, dtype: torch.dtype
    ) -> dict[str, list[ErrorState]]:
        """Return the populations at rest, in the lists that a state holds them in."""
        return {
            group: [population.state(batch, device, dtype) for population in populations]
            for group, populations in self.populations.items()
        }

    def sweep(self, state: FeedbackState, forward: Sequence[PopulationState]) -> None:
        """Carry the error from its origins along all hops, within one step."""
        for stop in self.stops:
            here = state.at(stop.site)
            stop.receive(state, here.drive)
            stop.population.step(here)
            if stop.gates:
                torch.mul(here.activity, forward[stop.site.layer].gain, out=here.drive)

    def descents(self) -> list[list[Matrix]]:
        """Return the matrices on the way from each layer to the one below, in their order.

        From the lowest hidden population upwards; none if the error does not go layer by layer.
        """
        hidden = len(self.beside) - 1 if self.layerwise else 0
        return [self._way(beside(layer + 1), beside(layer)) for layer in range(hidden)]

    def _way(self, source: Site, target: Site) -> list[Matrix]:
        """Return the matrices between two neighbouring layers."""
        hops = {hop.source: hop for hop in self.hops if hop.target == target}
        if source in hops:
            return [hops[source].matrix]
        between = next(site for site in hops if site.group != "errors")
        return [*self._way(source, between), hops[between].matrix]


def layer_by_layer(
    populations: list[ErrorPopulation], matrices: Sequence[Matrix], gated: bool
) -> Wiring:
    """Wire each error population to the one below; `matrices` are given from the lowest up."""
    hops = [
        Hop(beside(layer + 1), beside(layer), matrix, gated)
        for layer, matrix in reversed(list(enumerate(matrices)))
    ]
    return Wiring(populations={"errors": populations}, hops=hops, layerwise=True)
