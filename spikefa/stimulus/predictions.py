"""What a network took every item of a test for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spikefa.errors import require
from spikefa.utils.counting import counted
from spikefa.utils.ranges import MOST_CLASSES

Guess = Literal["last", "summed"]


@dataclass(frozen=True, eq=False)
class Predictions:
    """The guesses of a network with a readout of classes, in the order of the items.

    With replicas, all arrays but `labels` have a dimension of replicas in front.

    Attributes
    ----------
    labels : ndarray of int64, shape [items]
        The classes of the items.
    n_classes : int
    last, summed : ndarray of int64, shape [items]
        The guesses: the class with most output spikes in the last step of the presentation, and in
        all steps together; the lowest class in a tie.
    spikes_last, spikes_summed : ndarray of float32, shape [items, n_classes], or None
        The spikes of the output neurons of each class that they are from, if they were asked for.
    """

    labels: NDArray[np.int64]
    n_classes: int
    last: NDArray[np.int64]
    summed: NDArray[np.int64]
    spikes_last: NDArray[np.float32] | None = field(default=None, repr=False)
    spikes_summed: NDArray[np.float32] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, replicas: Sequence["Predictions"]) -> "Predictions":
        """Return the predictions of several replicas on the same items."""
        first = replicas[0]

        def together(name: str) -> Any:
            each = [getattr(one, name) for one in replicas]
            return None if each[0] is None else np.stack(each)

        names = ("last", "summed", "spikes_last", "spikes_summed")
        return cls(first.labels, first.n_classes, *map(together, names))

    def __len__(self) -> int:
        return len(self.labels)

    def confusion(self, guess: Guess = "summed") -> NDArray[np.int64]:
        """Return how often an item of each class was taken for each class.

        Parameters
        ----------
        guess : "last" or "summed", default "summed"

        Returns
        -------
        ndarray of int64, shape [n_classes, n_classes]
            Items by their class (rows) and the class guessed (columns), of each replica if there
            are any.
        """
        require(guess in ("last", "summed"), f"guess is {guess!r}: give 'last' or 'summed'")
        guesses = self.last if guess == "last" else self.summed
        rows = guesses.reshape(-1, len(self))
        replica = np.arange(len(rows)).repeat(len(self))
        shape = len(rows), self.n_classes, self.n_classes
        counts = counted((replica, np.tile(self.labels, len(rows)), rows.ravel()), shape)
        return counts.reshape(*guesses.shape[:-1], *shape[1:])


class Guesses:
    """Collects the guesses of a test, on the device: a few bytes for each item.

    Parameters
    ----------
    items : int
    n_classes : int
    device : torch.device
    spikes : bool, default False
        Whether to keep the spikes of each class too, which take ``8 * n_classes`` bytes an item.
    """

    def __init__(self, items: int, n_classes: int, device: torch.device, spikes: bool = False):
        assert n_classes <= MOST_CLASSES
        kind = torch.uint8 if n_classes <= 256 else torch.int32
        self.n_classes = n_classes
        self._guesses = torch.zeros(2, items, device=device, dtype=kind)
        self._spikes = torch.zeros(2, items, n_classes, device=device) if spikes else None

    def add(self, items: slice, fresh: int, counts: tuple[Tensor, Tensor]) -> None:
        """Add the answers of one presentation.

        Parameters
        ----------
        items : slice
            The items that were shown, one in each stream.
        fresh : int
            Number of items, at the end of `items`, that have not been shown before.
        counts : tuple of Tensor [streams, n_classes]
            See `Stimulus.class_spikes`.
        """
        place = slice(items.stop - fresh, items.stop)
        for number, each in enumerate(counts):
            self._guesses[number, place] = each[-fresh:].argmax(-1).to(self._guesses.dtype)
            if self._spikes is not None:
                self._spikes[number, place] = each[-fresh:]

    def predictions(self, labels: Sequence[int]) -> Predictions:
        """Return the predictions for items of these classes."""
        last, summed = self._guesses.cpu().numpy().astype(np.int64)
        spikes = () if self._spikes is None else self._spikes.cpu().numpy()
        return Predictions(np.asarray(labels, np.int64), self.n_classes, last, summed, *spikes)
