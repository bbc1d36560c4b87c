"""The values of an activity that are not 0, counted for each stream."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.utils.tensors import flush


@dataclass(eq=False)
class Nonzero:
    """Counts the nonzero values of an activity, in each stream and of all streams together.

    Parameters
    ----------
    activity : Tensor [..., batch, n]
    gain : Tensor [..., batch, n], optional
        What the activity is multiplied by first, as a gated error is by Psi(V).
    binary : bool, default False
        Whether the activity is 0 or 1, so that a sum counts it.

    Attributes
    ----------
    marks : Tensor [..., batch, n]
        Where 1 is written if the value is not 0. Activities of one size may share it.
    count : Tensor [..., batch]
        Where the nonzero values of each stream are counted.
    united : Tensor [...]
        Where `unite` counts.
    union : Tensor [..., n]
        1 where the value of any stream is not 0; only after `unite`.
    then : list of callable
        What follows each `find`, while `marks` are those of this activity.
    """

    activity: Tensor
    gain: Tensor | None = None
    binary: bool = False
    marks: Tensor = field(init=False)
    count: Tensor = field(init=False)
    united: Tensor = field(init=False)
    union: Tensor = field(init=False)
    then: list[Callable[[], None]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        shape = self.activity.shape
        self.union = self.activity.new_zeros(*shape[:-2], shape[-1])

    def find(self) -> None:
        """Mark and count the values that are not 0 now, and do what follows."""
        if not self.binary:
            values = self.activity
            if self.gain is not None:
                values = flush(torch.mul(self.activity, self.gain, out=self.marks))
            torch.ne(values, 0, out=self.marks)
        torch.sum(self.marks, -1, out=self.count)
        for work in self.then:
            work()

    def unite(self) -> None:
        """Count the neurons whose value is not 0 in any stream."""
        torch.sum(self.marks, -2, out=self.union)
        torch.ne(self.union, 0, out=self.union)
        torch.sum(self.union, -1, out=self.united)


@dataclass(eq=False)
class Fanned:
    """Counts what arrives at synapses of which each sending neuron has a number of its own.

    Attributes
    ----------
    sent : Nonzero
    fan_out : Tensor [..., n_from]
        Synapses of each sending neuron.
    room : Tensor [..., batch, n_from]
    arrivals : float64 Tensor [..., batch]
        Where the number is written.
    """

    sent: Nonzero
    fan_out: Tensor
    room: Tensor
    arrivals: Tensor

    def arrive(self) -> None:
        """Count the nonzero values that arrive in this step, at all synapses together."""
        torch.mul(self.sent.marks, self.fan_out.unsqueeze(-2), out=self.room)
        torch.sum(self.room, -1, dtype=torch.float64, out=self.arrivals)


@dataclass(eq=False)
class Holes:
    """Counts at synapses with holes, by products with their mask.

    Attributes
    ----------
    mask : Tensor [..., n_pre, n_post]
    pre : Nonzero
    post : Nonzero, optional
        The factor of plasticity; without it changes are not counted.
    room : Tensor [..., batch, n_post]
        How many spikes arrive at each neuron.
    arrivals, pairs : float64 Tensor [..., batch]
        Where the numbers of arrivals and changes are written.
    shared : float64 Tensor [...], optional
        Where the number of changes is written that all streams share.
    """

    mask: Tensor
    pre: Nonzero
    post: Nonzero | None
    room: Tensor
    arrivals: Tensor
    pairs: Tensor
    shared: Tensor | None

    def arrive(self) -> None:
        """Count the nonzero values that arrive in this step."""
        torch.matmul(self.pre.marks, self.mask, out=self.room)
        torch.sum(self.room, -1, dtype=torch.float64, out=self.arrivals)

    def change(self) -> None:
        """Count the synapses with a nonzero value on both sides; `arrive` comes first."""
        assert self.post is not None
        self.room.mul_(self.post.marks)
        torch.sum(self.room, -1, dtype=torch.float64, out=self.pairs)
        if self.shared is not None:
            touched = torch.matmul(self.pre.union.unsqueeze(-2), self.mask).squeeze(-2)
            touched.mul_(self.post.union)
            torch.sum(touched, -1, dtype=torch.float64, out=self.shared)
