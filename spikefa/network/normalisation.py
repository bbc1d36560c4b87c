"""The normalisation of a population's input, as a projection within its neurons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

from torch import Tensor

from spikefa.errors import require
from spikefa.feedback import FeedbackState
from spikefa.network.connections import Connection, Route
from spikefa.network.parts import MakeSynapses
from spikefa.neurons import Dendrite, PopulationState
from spikefa.synapses import Synapses
from spikefa.utils.ranges import Delay


@dataclass(frozen=True, eq=False)
class Normalisation(Connection):
    """Normalises what the synapses of the chain bring to a population, before its potential.

    Every neuron then has a dendrite, at which those synapses end, and one-to-one synapses from
    there to its soma: `BatchNorm`. They are a projection like others, with a rule, a learning rate
    and a name. Connections end at the soma. The error passes the normalisation too, on its way from
    the neuron to the synapses onto its dendrite and to the circuit.

    Parameters
    ----------
    target : str
        Name of the population.
    synapses : callable
        Makes a `BatchNorm`: ``partial(BatchNorm, channels=16)``.
    name : str, optional
        By default ``<target>_norm``.

    Examples
    --------
    >>> from functools import partial
    >>> from spikefa.synapses import BatchNorm
    >>> Normalisation("conv1", partial(BatchNorm, channels=16)).name
    'conv1_norm'
    """

    within: ClassVar[bool] = True

    source: str = field(init=False, default="")
    target: str
    synapses: MakeSynapses
    delay: Delay = field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", self.target)
        if not self.name:
            object.__setattr__(self, "name", f"{self.target}_norm")
        super().__post_init__()


def check_normalisations(routes: Sequence[Route], projections: Mapping[str, Synapses]) -> None:
    """Check that every projection within neurons normalises, and no other.

    Raises
    ------
    SpikefaError
        If one does not.
    """
    for route in routes:
        require(
            not route.within or projections[route.name].normalises,
            f"the synapses of {route.name} are {projections[route.name]!r}: a Normalisation needs "
            "BatchNorm, such as partial(BatchNorm, channels=16)",
        )
        require(
            route.within or not projections[route.name].normalises,
            f"the synapses of {route.name} are {projections[route.name]!r}, which are for a "
            "Normalisation: give Normalisation(population, synapses) as a connection",
        )


def pull_back(errors: FeedbackState, routes: Sequence[Route]) -> FeedbackState:
    """Let the errors beside normalised populations pass the normalisation; return the state."""
    for route in routes:
        if route.within:
            errors.pull_back(route.target)
    return errors


def normalised(state: PopulationState, synapses: Synapses) -> PopulationState:
    """Return the state of a population at rest, with dendrites."""
    _, channels = synapses.sharing.weight_shape
    return replace(state, dendrite=Dendrite.at_rest(state.spikes, channels))


def behind_the_gain(state: PopulationState) -> PopulationState:
    """Return the state of a population as rules see it, with the gain that the error has left."""
    return state if state.dendrite is None else replace(state, gain=state.gain_left)


def arriving(state: PopulationState, modulator: Tensor, at_dendrite: bool) -> Tensor:
    """Return the error that arrives at the synapses of a projection onto a population.

    Parameters
    ----------
    state : PopulationState
    modulator : Tensor [..., batch, n]
        What the circuit delivers, to the dendrites if there are any.
    at_dendrite : bool
        Whether the projection ends there.
    """
    return modulator if state.dendrite is None or at_dendrite else state.dendrite.error
