"""Ranks: processes that run one network together."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from spikefa.distributed.parts import neurons_of_each, streams_of_each
from spikefa.errors import require
from spikefa.utils.printable import one_line

Among = Literal["all", "neurons", "streams"]
"""Which ranks take part: all; those with other neurons and the same streams; or those with the same
neurons and other streams."""


class Collectives(Protocol):
    """What ranks need of whatever connects them; every rank must call the same, in one order."""

    def gather(self, own: Tensor, each: Tensor, among: Among) -> None:
        """Write `own` [k] of every rank into `each` [ranks, k], in the order of the ranks."""

    def sum(self, tensor: Tensor, among: Among) -> None:
        """Add up a tensor over ranks, in place, with the same result on all of them."""

    def gather_texts(self, text: str) -> list[str]:
        """Return the text of every rank, in the order of the ranks."""

    def leave(self, why: str) -> None:
        """Tell the others why this rank leaves; they need not listen now."""

    def close(self) -> None:
        """End the connection."""


@dataclass(eq=False, slots=True)  # without a __dict__: what a trial of a step undoes ends here
class Ranks:
    """The processes that run one network together.

    Ranks are a grid. Those of one group divide the neurons of every population, with all their
    incoming synapses, forward and feedback: weights never move, and ranks gather what neurons send.
    Several groups divide the streams of the batch: each has the whole network, and they add up the
    changes of its synapses.

    Parameters
    ----------
    rank : int
        The number of this process, from 0. Neighbours are of one group.
    size : int
        How many there are.
    collectives : Collectives
        What connects them.
    groups : int, default 1
        Groups that divide the streams.

    Raises
    ------
    SpikefaError
        If groups of the same size are not possible.
    """

    rank: int
    size: int
    collectives: Collectives
    groups: int = 1

    def __post_init__(self) -> None:
        require(
            self.size % self.groups == 0,
            f"{self.size} ranks are not {self.groups} groups of the same size: start "
            f"{self.groups} ranks, or a multiple",
        )

    def __enter__(self) -> "Ranks":
        return self

    def __exit__(self, kind: object, error: BaseException | None, *_: object) -> None:
        """End the connection; if something has failed, tell the others what."""
        if error is not None:
            self.collectives.leave(one_line(error) or type(error).__name__)
        self.collectives.close()

    def __deepcopy__(self, memo: Mapping[int, object]) -> "Ranks":
        return self  # there is one connection, however many networks use it

    @property
    def per_group(self) -> int:
        """Ranks that divide the neurons."""
        return self.size // self.groups

    @property
    def group(self) -> int:
        """The number of this rank's group."""
        return self.rank // self.per_group

    def part(self, neurons: int) -> slice:
        """Return which neurons of a population of this size are on this rank."""
        return self.parts(neurons)[self.rank % self.per_group]

    def parts(self, neurons: int) -> list[slice]:
        """Return which neurons of a population of this size are on each rank of a group."""
        return neurons_of_each(neurons, self.per_group)

    def streams(self, batch: int) -> slice:
        """Return which streams are in this rank's group."""
        return streams_of_each(batch, self.groups)[self.group]

    def own(self, whole: Tensor) -> Tensor:
        """Return this rank's part of a tensor [..., n] of all neurons, as a view."""
        return whole[..., self.part(whole.shape[-1])]

    def own_streams(self, whole: Tensor) -> Tensor:
        """Return this rank's part of a tensor [..., batch, n] of all streams, as a view."""
        return whole[..., self.streams(whole.shape[-2]), :] if self.groups > 1 else whole

    def join(self, own: Tensor, neurons: int) -> Tensor:
        """Return the tensor [..., neurons] of all neurons, from each rank's part [..., n]."""
        return self._joined(own, self.parts(neurons), "neurons")

    def join_streams(self, own: Tensor, batch: int) -> Tensor:
        """Return the tensor [..., batch, n] of all streams, from each group's part."""
        parts = streams_of_each(batch, self.groups)
        return self._joined(own.mT, parts, "streams").mT.contiguous()

    def _joined(self, own: Tensor, parts: list[slice], among: Among) -> Tensor:
        if len(parts) == 1:
            return own
        room = max(part.stop - part.start for part in parts)
        padded = own.new_zeros(*own.shape[:-1], room)
        padded[..., : own.shape[-1]] = own
        found = padded.new_zeros(len(parts), padded.numel())
        self.collectives.gather(padded.flatten(), found, among)
        rows = found.view(len(parts), *padded.shape)
        return torch.cat([rows[n, ..., : p.stop - p.start] for n, p in enumerate(parts)], -1)

    def total(self, streams: int) -> int:
        """Return how many streams all groups have, given those of this rank's."""
        own = torch.tensor([streams])
        each = own.new_zeros(self.groups, 1)
        self.collectives.gather(own, each, "streams")
        return int(each.sum())

    def any(self, *flags: bool) -> list[bool]:
        """Return for each flag whether it is set on any rank."""
        own = torch.tensor(flags, dtype=torch.uint8)
        each = own.new_zeros(self.size, len(flags))
        self.collectives.gather(own, each, "all")
        return [bool(found) for found in each.any(0)]

    def first(self, said: str | None) -> str | None:
        """Return what the first rank that has anything to say says, with its number."""
        texts = self.collectives.gather_texts(said or "")
        return next((f"{text} (rank {n})" for n, text in enumerate(texts) if text), None)

    def check_same(self, about: Mapping[str, Any]) -> None:
        """Check that all ranks were given the same.

        Raises
        ------
        SpikefaError
            With what differs.
        """
        first, *others = map(
            json.loads, self.collectives.gather_texts(json.dumps(about, default=str))
        )
        for rank, other in enumerate(others, start=1):
            different = [
                f"{name}: {first.get(name)} on rank 0, {other.get(name)} on rank {rank}"
                for name in {**first, **other}
                if first.get(name) != other.get(name)
            ]
            require(
                not different,
                f"the ranks do not run the same ({'; '.join(different[:3])}): start all of them "
                "with one command, one version and one data set",
            )
