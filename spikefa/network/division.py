"""A network over ranks: each process has a part of the neurons of every population."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TypeVar

import torch
from torch import Tensor

from spikefa.distributed import Ranks
from spikefa.errors import require
from spikefa.utils.replicas import copied, on_meta

One = TypeVar("One", bound="Divisible")
Tree = TypeVar("Tree")


class Divisible(ABC):
    """What divides a network among ranks, and joins it again.

    Attributes
    ----------
    ranks : Ranks or None
        The processes that run this network together, if it is divided.
    """

    ranks: Ranks | None = None
    _whole: "Divisible"  # on torch's device "meta", if this one is divided
    device: torch.device

    @property
    @abstractmethod
    def shared(self) -> list[object]:
        """Objects without tensors, which need no copy."""

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """Return all weights by name."""

    @abstractmethod
    def check_divisible(self, neurons: bool) -> None:
        """Check that nothing in the network reads what other ranks have.

        `neurons` says whether neurons are divided, and not only streams.

        Raises
        ------
        SpikefaError
            With what does.
        """

    def divided(self: One, ranks: Ranks) -> One:
        """Return the part of this network that one rank runs.

        It has the weights onto the neurons of this rank, forward and feedback. What the neurons of
        other ranks send is gathered in every step. So all ranks must do the same with their parts.

        Parameters
        ----------
        ranks : Ranks
            From `spikefa.distributed.join`.

        Raises
        ------
        SpikefaError
            If a population has fewer neurons than there are ranks, or the network has what reads
            the weights of other ranks: replicas, an optimiser, constraints, a rule with one number
            for each synapse, or a circuit that does more than send errors along hops.
        """
        self.require_whole("dividing it")
        self.check_divisible(neurons=ranks.per_group > 1)
        weights = {id(each) for each in self.tensors().values()}
        owners: dict[int, Tensor] = {}

        def own(tensor: Tensor) -> Tensor:
            _check_alone(tensor, owners)
            return (ranks.own(tensor) if id(tensor) in weights else tensor).clone()

        part = copied(self, own, self.shared)
        part._become_part(ranks, on_meta(self))
        return part

    def _become_part(self, ranks: Ranks, whole: "Divisible") -> None:
        self.ranks, self._whole = ranks, whole

    def undivided(self: One) -> One:
        """Return a whole network like this one, on the CPU, with weights that are all 0."""

        def empty(tensor: Tensor) -> Tensor:
            return torch.zeros(tensor.shape, dtype=tensor.dtype)

        whole: One = copied(self._whole, empty, self.shared)  # type: ignore[assignment]
        whole.device = torch.device("cpu")
        return whole

    def joined(self: One) -> One:
        """Return the whole network on the CPU, with the weights of all ranks, on each of them.

        Without ranks, the network itself. All ranks must call it, since the weights are gathered.
        """
        if self.ranks is None:
            return self
        whole, own = self.undivided(), self.tensors()
        for name, each in whole.tensors().items():
            each.copy_(self.ranks.join(own[name].cpu(), each.shape[-1]))
        return whole

    def require_whole(self, what: str) -> None:
        """Refuse to do what needs the whole network with one rank's part of it.

        Raises
        ------
        SpikefaError
            If this is a part.
        """
        require(
            self.ranks is None,
            f"{what} needs the whole network, and this is one rank's part: use network.joined(), "
            "which all ranks must call",
        )

    def take_part(self, whole: "Divisible") -> None:
        """Set the weights to this rank's part of those of a whole network."""
        assert self.ranks is not None
        weights = whole.tensors()
        for name, own in self.tensors().items():
            own.copy_(self.ranks.own(weights[name]))


def _check_alone(tensor: Tensor, owners: dict[int, Tensor]) -> None:
    """Refuse two tensors that share memory: their copies would not follow each other."""
    if tensor.numel():
        first = owners.setdefault(tensor.untyped_storage().data_ptr(), tensor)
        require(
            first is tensor,
            "two tensors of the network are views of one, and cannot be divided among ranks: use "
            "one tensor, or two",
        )


def own_part(
    ranks: Ranks,
    state: Tree,
    drawn: Iterable[Tensor],
    whole: Iterable[Tensor],
    keep: Iterable[object] = (),
) -> Tree:
    """Return one rank's part of the state of a whole network.

    Parameters
    ----------
    ranks : Ranks
    state : object
        Tensors `[..., batch, n]`, and scalars, which all ranks have.
    drawn : iterable of Tensor
        Random numbers. Their parts are views: each rank draws the numbers of all neurons, and reads
        its own, so that a neuron gets the same ones however many ranks there are.
    whole : iterable of Tensor
        What every rank of a group has for all neurons, such as the traces of the input.
    keep : iterable of object
        Objects that are not copied.

    Raises
    ------
    SpikefaError
        If two tensors share memory, so that one would no longer follow the other.
    """
    views, kept = ({id(each) for each in some} for some in (drawn, whole))
    owners: dict[int, Tensor] = {}

    def own(tensor: Tensor) -> Tensor:
        if tensor.dim() < 2 or not tensor.numel():
            return tensor
        _check_alone(tensor, owners)
        part = ranks.own_streams(tensor)
        if id(tensor) not in kept:
            part = ranks.own(part)
        return part if id(tensor) in views else part.clone()

    return copied(state, own, keep)
