"""Replicas of a network: allocate their weights, and check that each is drawn in place."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TypeVar

from torch import Tensor

from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.network.optimiser import Optimiser
from spikefa.synapses import Synapses
from spikefa.utils.numbers import place
from spikefa.utils.replicas import become, replica, side_by_side

One = TypeVar("One", bound="Replicated")


class Replicated(ABC):
    """The replicas of a network, one by one."""

    replicas: int | None

    @property
    @abstractmethod
    def shared(self) -> list[object]:
        """Objects that all replicas share, since they hold no state."""

    @property
    def leading(self) -> tuple[int, ...]:
        """Dimensions that precede the shapes of a single network: (replicas,) or ()."""
        return (self.replicas,) if self.replicas else ()

    def replica(self: One, number: int) -> One:
        """Return one replica: an ordinary network whose weights are views of these weights."""
        require(bool(self.leading), "the network has no replicas: use it itself")
        chosen = place(number, self.replicas or 0, "the replica")
        one = replica(self, chosen, keep=self.shared)
        one.replicas = None
        return one

    def each(self: One) -> list[One]:
        """Return all replicas; without replicas, the network itself."""
        return [self.replica(number) for number in range(self.replicas or 0)] or [self]

    def first(self: One) -> One:
        """Return the first replica; without replicas, the network itself."""
        return self.replica(0) if self.leading else self


def widen(
    synapses: dict[str, Synapses],
    circuit: FeedbackCircuit,
    optimiser: Optimiser | None,
    replicas: int | None,
    keep: Sequence[object],
) -> tuple[dict[str, Synapses], Optimiser | None]:
    """Return synapses and optimiser with a leading dimension; change the circuit in place.

    Parameters
    ----------
    synapses : dict of Synapses
    circuit : FeedbackCircuit
        The user's object, which is changed in place.
    optimiser : Optimiser, optional
    replicas : int, optional
        Number of replicas; by default nothing is changed.
    keep : sequence of object
        Objects that all replicas share.

    Raises
    ------
    SpikefaError
        If the optimiser does not support replicas.
    """
    if replicas is None:
        return synapses, optimiser
    if optimiser is not None:
        optimiser.check_elementwise()
    wide = side_by_side((synapses, circuit, optimiser), replicas, keep)
    become(circuit, wide[1])
    return wide[0], wide[2]


def check_written_in_place(
    single: Mapping[str, Tensor], whole: Mapping[str, Tensor], number: int
) -> None:
    """Check that the tensors of replica `number` are still views of the whole network's tensors.

    Raises
    ------
    SpikefaError
        If drawing weights has replaced a tensor.
    """
    for name, tensor in single.items():
        require(
            name in whole and _is_replica(tensor, whole[name], number),
            f"{name} became another tensor when weights were drawn: in a network with replicas, "
            "initialise must write into the existing tensors, with copy_",
        )


def _is_replica(tensor: Tensor, of: Tensor, number: int) -> bool:
    return tensor.data_ptr() == (of[number] if of.dim() else of).data_ptr()
