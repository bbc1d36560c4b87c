"""Where the counts of one step stand, and which of them are multiplied with each other."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.simulation.nonzero import Fanned, Holes, Nonzero

ONES = -1
"""The row that is always 1, so that steps are counted, and a count can be a pair of its own."""


@dataclass(eq=False)
class CostRows:
    """The counts of one step, a row for each, `[rows, ..., batch]`.

    Numbers of nonzero values come first; they are counted in the network's dtype, in which they are
    exact. Then come sums that may be larger, in float64, and a last row that is always 1.

    Parameters
    ----------
    like : Tensor [..., batch, n]
        An activity of the network.
    most : int
        Rows of either kind, at most.

    Attributes
    ----------
    now : float64 Tensor [rows, ..., batch]
        The counts of this step.
    united : float64 Tensor [rows, ...]
        Those of all streams together, see `Nonzero.unite`.
    found : list of Nonzero
    """

    like: Tensor
    most: int
    now: Tensor = field(init=False)
    united: Tensor = field(init=False)
    found: list[Nonzero] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        rows, streams = 2 * self.most + 1, self.like.shape[:-1]
        zeros = self.like.new_zeros
        self.now = zeros(rows, *streams, dtype=torch.float64)
        self.united = zeros(rows, *streams[:-1], dtype=torch.float64)
        self.now[ONES], self.united[ONES] = 1, 1
        self._counts, self._unions = zeros(self.most, *streams), zeros(self.most, *streams[:-1])
        self._places: dict[tuple[int, int], int] = {}
        self._rooms: dict[int, Tensor] = {}
        self._sums = self.most

    @property
    def many(self) -> bool:
        """Whether there are several streams, whose changes are summed."""
        return self.like.shape[-2] > 1

    def place(self, activity: Tensor, gain: Tensor | None = None, binary: bool = False) -> int:
        """Return the row that counts the nonzero values of an activity; add it if it is new."""
        key = activity.data_ptr(), 0 if gain is None else gain.data_ptr()
        if key not in self._places:
            number, made = len(self.found), Nonzero(activity, gain, binary)
            made.marks = activity if binary else self._room(activity)
            made.count, made.united = self._counts[number], self._unions[number]
            self.found.append(made)
            self._places[key] = number
        return self._places[key]

    def _room(self, like: Tensor) -> Tensor:
        """Return a tensor of this size, which all activities of the size may use."""
        return self._rooms.setdefault(like.shape[-1], torch.empty_like(like))

    def united_too(self, *places: int) -> None:
        """Let these rows be counted over all streams too, if there are several."""
        for number in places:
            each = self.found[number]
            if self.many and each.unite not in each.then:
                each.then.insert(0, each.unite)

    def fanned(self, sent: int, fan_out: Tensor) -> int:
        """Return the row that counts what arrives where neurons have numbers of synapses."""
        source, place = self.found[sent], self._sum()
        made = Fanned(source, fan_out, torch.empty_like(source.activity), self.now[place])
        source.then.append(made.arrive)
        return place

    def holes(self, pre: int, post: int | None, mask: Tensor) -> int:
        """Return the row that counts changes at synapses with holes; the next counts arrivals."""
        before = self.found[pre]
        after = None if post is None else self.found[post]
        pairs, arrivals = self._sum(), self._sum()
        room = before.activity.new_empty(*before.activity.shape[:-1], mask.shape[-1])
        shared = self.united[pairs] if self.many else None
        made = Holes(mask, before, after, room, self.now[arrivals], self.now[pairs], shared)
        before.then.append(made.arrive)
        if after is not None:
            after.then.append(made.change)
        return pairs

    def _sum(self) -> int:
        self._sums += 1
        return self._sums - 1

    def find(self) -> None:
        """Count everything in this step."""
        for each in self.found:
            each.find()
        number = len(self.found)
        self.now[:number].copy_(self._counts[:number])
        if self.many:
            self.united[:number].copy_(self._unions[:number])
