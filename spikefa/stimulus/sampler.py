"""Samplers choose the item for each stream and presentation."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from spikefa.utils.checking import ranged
from spikefa.utils.devices import handed_over
from spikefa.utils.ranges import DurationOrZero
from spikefa.utils.seeding import generator


class Sampler(Protocol):
    """The order in which items are shown; streams are numbered over all replicas."""

    def presentations(self, epochs: float) -> int:
        """Return the number of presentations that show at least `epochs` epochs."""
        ...

    def items(self, presentation: int) -> Tensor:
        """Return the items `[replicas * batch]` of a presentation, on the device."""
        ...

    def items_of(self, presentation: int, streams: Sequence[int]) -> list[int]:
        """Return the items that some of the streams see, without asking the device."""
        ...


class ShuffledSampler:
    """An endless list of items, in a new random order for every epoch.

    Presentation k shows the items ``k batch`` to ``(k + 1) batch - 1`` of the list, one in each
    stream, so that every item is shown exactly once per epoch for any batch. The order of an epoch
    follows from the seed and the epoch alone; there is no state to save. Each replica has the order
    of its own seed.

    Parameters
    ----------
    n_items, batch : int
    seeds : sequence of int
        One for each replica; its stream ``order/<epoch>`` is used.
    device : torch.device or str, default "cpu"
        Where the items are needed; the order is copied there once per epoch.
    shuffled : bool, default True
        If False, every epoch shows the items in their own order.
    """

    def __init__(
        self,
        n_items: int,
        batch: int,
        seeds: Sequence[int],
        device: torch.device | str = "cpu",
        *,
        shuffled: bool = True,
    ):
        self.batch = batch
        self.n_items = n_items
        self._orders = [_Order(n_items, seed, torch.device(device), shuffled) for seed in seeds]

    def presentations(self, epochs: float) -> int:
        """Return the number of presentations that show at least `epochs` epochs."""
        return _presentations(epochs, self.n_items, self.batch)

    def items(self, presentation: int) -> Tensor:
        """Return the items `[replicas * batch]` of a presentation, on the device."""
        first = presentation * self.batch
        parts = [part for order in self._orders for part in order.parts(first, self.batch)]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def items_of(self, presentation: int, streams: Sequence[int]) -> list[int]:
        """Return the items that some of the streams see, without asking the device."""
        replica, own = np.divmod(streams, self.batch)
        items = np.empty(len(own), np.int64)
        for number in np.unique(replica):
            mine = replica == number
            items[mine] = self._orders[number].on_host(presentation * self.batch + own[mine])
        return items.tolist()


class CountingSampler:
    """Counts items that are never repeated: item i is the i-th shown, in every replica.

    Parameters
    ----------
    n_items : int
        Number of items that count as an epoch.
    batch, replicas : int
    device : torch.device or str, default "cpu"
    """

    def __init__(
        self, n_items: int, batch: int, replicas: int = 1, device: torch.device | str = "cpu"
    ):
        self.n_items = n_items
        self.batch = batch
        self._first = torch.arange(batch, device=device).repeat(replicas)

    def presentations(self, epochs: float) -> int:
        """Return the number of presentations that show at least `epochs` epochs."""
        return _presentations(epochs, self.n_items, self.batch)

    def items(self, presentation: int) -> Tensor:
        """Return the numbers `[replicas * batch]` of the items of a presentation."""
        return self._first + presentation * self.batch

    def items_of(self, presentation: int, streams: Sequence[int]) -> list[int]:
        """Return the numbers of the items that some of the streams see."""
        return (presentation * self.batch + np.asarray(streams) % self.batch).tolist()


@ranged
def _presentations(epochs: DurationOrZero, n_items: int, batch: int) -> int:
    return -int(-epochs * n_items // batch)


class _Order:
    """The order of the epoch used last, on the host and on the device."""

    def __init__(self, n_items: int, seed: int, device: torch.device, shuffled: bool):
        self._n_items = n_items
        self._seed = seed
        self._device = device
        self._shuffled = shuffled
        self._epoch = -1
        self._on_host = torch.arange(n_items)
        self._on_device = self._on_host.to(device)

    def parts(self, first: int, wanted: int) -> list[Tensor]:
        """Return `wanted` items from index `first` of the endless list, one tensor per epoch."""
        parts = []
        while wanted:
            epoch, start = divmod(first, self._n_items)
            self._go_to(epoch)
            part = self._on_device[start : start + wanted]
            parts.append(part)
            first, wanted = first + len(part), wanted - len(part)
        return parts

    def on_host(self, places: np.ndarray) -> np.ndarray:
        """Return the items at some indices of the endless list, which ascend."""
        epochs, starts = np.divmod(places, self._n_items)
        items = np.empty(len(places), np.int64)
        for epoch in np.unique(epochs):
            self._go_to(int(epoch))
            items[epochs == epoch] = self._on_host.numpy()[starts[epochs == epoch]]
        return items

    def _go_to(self, epoch: int) -> None:
        if epoch == self._epoch or not self._shuffled:
            return
        source = generator(self._seed, "order", epoch)
        self._on_host = torch.randperm(self._n_items, generator=source)
        self._on_device = handed_over(self._on_host, self._device)
        self._epoch = epoch
