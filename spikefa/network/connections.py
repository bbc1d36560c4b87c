"""Projections beside the chain: recurrent, downwards or past a population, with delays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import torch

from spikefa.errors import require
from spikefa.network.parts import MakeSynapses, make_synapses
from spikefa.neurons import Population
from spikefa.synapses import Dense, Synapses
from spikefa.utils.checking import check_fields
from spikefa.utils.names import check_name
from spikefa.utils.ranges import Delay
from spikefa.utils.suggesting import did_you_mean

INPUT = "input"


@dataclass(frozen=True, eq=False)
class Connection:
    """A projection between any two populations, beside those from each population to the next.

    Its synapses add to the drive of `target` what `source` sent `delay` steps ago::

        V_target <- (1 - tau) V_target + tau (... + s_source(t - delay) W)

    They learn by the network's rule, from that delayed activity and from the modulator of `target`,
    and have no biases. They do not carry the error back, unless they are `Skip`: a circuit sees the
    chain alone.

    Parameters
    ----------
    source, target : str
        Names of populations; `source` may be "input". With the same name twice the projection is
        recurrent within a population.
    synapses : callable, default Dense
        Called as ``synapses(n_pre, n_post, biased=False, device=..., dtype=...)``.
    delay : int or sequence of int, default 1
        Steps from a spike until it arrives. 1 is the step before. 0 is possible from a population
        that comes before `target`. With several delays every spike arrives several times, each time
        through synapses of its own: ``n_pre`` is then the size of `source` times the number of
        delays, those of the first delay first. `Masked` synapses choose a delay for each pair.
    name : str, optional
        By default ``<source>_to_<target>``.

    Attributes
    ----------
    within : bool
        Whether the synapses lead from the dendrite of a neuron to its soma, see `Normalisation`.

    Raises
    ------
    SpikefaError
        If a name cannot be used, or a delay is out of range or given twice.

    Examples
    --------
    >>> Connection("hidden1", "hidden1").name
    'hidden1_to_hidden1'
    """

    source: str
    target: str
    _: KW_ONLY
    within: ClassVar[bool] = False
    synapses: MakeSynapses = Dense
    delay: Delay | Sequence[Delay] = 1
    name: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", f"{self.source}_to_{self.target}")
        check_name("connection", self.name)
        check_fields(self)
        require(
            bool(self.delays) and len(set(self.delays)) == len(self.delays),
            f"the delays of {self.name} are {list(self.delays)}: give one or more, each once",
        )

    @property
    def delays(self) -> tuple[int, ...]:
        """All delays, in the order of the presynaptic activity."""
        return (self.delay,) if isinstance(self.delay, int) else tuple(self.delay)


@dataclass(frozen=True)
class Route:
    """Where a projection begins and ends.

    Attributes
    ----------
    name : str
        Name of the projection; in the chain that of the postsynaptic population.
    source : int
        Number of the presynaptic population, where 0 is the input.
    target : int
        Number of the postsynaptic population, where 0 is the first hidden one.
    delays : tuple of int
    within : bool
        Whether it stays within the neurons of the target, see `Normalisation`.
    """

    name: str
    source: int
    target: int
    delays: tuple[int, ...] = (0,)
    within: bool = False

    @property
    def delayed(self) -> bool:
        """Whether the activity that arrives is not that of this step."""
        return self.delays != (0,)


def find_routes(
    populations: Iterable[str],
    connections: Sequence[Connection],
    delays: Mapping[str, int],
) -> list[Route]:
    """Return the routes of all projections: those of the chain, then the further ones.

    Parameters
    ----------
    populations : iterable of str
        Names of the forward populations, in their order.
    connections : sequence of Connection
    delays : mapping of str to int
        Delays in the chain by postsynaptic population; 0 for those not named.

    Raises
    ------
    SpikefaError
        If there is no population of a name, a name is taken, or activity would be needed before it
        is there.
    """
    chain = list(populations)
    for name in delays:
        _check_known(f"a delay onto {name!r}", name, chain)
    routes = [Route(name, n, n, (delays.get(name, 0),)) for n, name in enumerate(chain)]
    for each in connections:
        ends = _ends(each, chain, [route.name for route in routes])
        require(
            not each.within or not any(own.within and own.target == ends[1] for own in routes),
            f"the input of {each.target!r} is normalised twice: leave one Normalisation out",
        )
        routes.append(Route(each.name, *ends, each.delays, each.within))
    return routes


def _ends(each: Connection, chain: list[str], taken: Sequence[str]) -> tuple[int, int]:
    """Return where a connection begins and ends, after a check that it can."""
    require(
        isinstance(each, Connection),
        f"connections must be Connection objects, {type(each).__name__} given",
    )
    if not each.within:
        _check_known(f"a connection from {each.source!r}", each.source, [INPUT, *chain])
    what = "a normalisation of" if each.within else "a connection to"
    _check_known(f"{what} {each.target!r}", each.target, chain)
    require(
        each.name not in {INPUT, *taken},
        f"there are two projections called {each.name!r}: give Connection(..., name=...)",
    )
    ends = [INPUT, *chain].index(each.source), chain.index(each.target)
    require(
        ends[0] <= ends[1] or min(each.delays) > 0 or each.within,
        f"{each.name} would transmit spikes in the step in which they are drawn, but "
        f"{each.source!r} does not come before {each.target!r}: give a delay of 1 or more",
    )
    return ends


def routes_into(routes: Sequence[Route]) -> list[list[int]]:
    """Return the numbers of the routes into each population.

    That of the chain comes first, then the one within its neurons, if their input is normalised.
    """
    found: dict[int, list[int]] = {}
    for number, route in enumerate(routes):
        into = found.setdefault(route.target, [])
        into.insert(1 if route.within else len(into), number)
    return list(found.values())


def outside_the_chain(routes: Sequence[Route]) -> list[str]:
    """Return the names of the projections that have a delay, or are beside the chain."""
    chain = {numbers[0] for numbers in routes_into(routes)}
    found = enumerate(routes)
    return [route.name for number, route in found if route.delayed or number not in chain]


def require_chain(routes: Sequence[Route], what: str) -> None:
    """Refuse a network that is more than a chain within the step.

    Raises
    ------
    SpikefaError
        With the projections that have a delay or are beside the chain.
    """
    names = outside_the_chain(routes)
    require(
        not names,
        f"{what} is defined for a chain of populations, and {', '.join(names)} has a delay or is "
        "beside it",
    )


def make_projections(
    n_inputs: int,
    populations: Mapping[str, Population],
    kinds: MakeSynapses | Mapping[str, MakeSynapses],
    connections: Sequence[Connection],
    dtype: torch.dtype,
    device: torch.device,
) -> dict[str, Synapses]:
    """Return the synapses of the chain, see `make_synapses`, then those of the connections."""
    sizes = {INPUT: n_inputs} | {name: each.size for name, each in populations.items()}
    place = {"device": device, "dtype": dtype}
    return make_synapses(n_inputs, populations, kinds, dtype, device) | {
        each.name: each.synapses(
            len(each.delays) * sizes[each.source], sizes[each.target], biased=each.within, **place
        )
        for each in connections
    }


def _check_known(what: str, name: str, known: Sequence[str]) -> None:
    require(
        name in known,
        f"{what}{did_you_mean(name, known)}, but the populations are {', '.join(known)}",
    )
