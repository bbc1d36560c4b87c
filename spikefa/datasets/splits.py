"""A data set made of splits: labelled items to train on, to test on and to validate on."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from spikefa.datasets.arrays import Labels
from spikefa.datasets.selecting import Selection as Selecting
from spikefa.datasets.selecting import selected
from spikefa.errors import require
from spikefa.utils.indices import Selection
from spikefa.utils.numbers import whole_number

P = TypeVar("P")


class Split(Protocol):
    """Labelled items: one split of a data set."""

    @property
    def labels(self) -> Labels:
        """The class of each item."""
        ...

    @property
    def n_classes(self) -> int:
        """Labels are 0 to ``n_classes - 1``."""
        ...

    def __len__(self) -> int:
        """Return the number of items."""
        ...

    def part(self: P, chosen: Selection) -> P:
        """Return the items that a selection means."""
        ...


S = TypeVar("S", bound=Split)
D = TypeVar("D", bound="Splits[Any]")


@dataclass(frozen=True, eq=False)
class Splits(ABC, Generic[S]):
    """What data sets of images and of events have in common.

    Parameters
    ----------
    name : str
    train, test : labelled items
    validation : labelled items, optional

    Attributes
    ----------
    kind : str
        What the items are called in messages.
    """

    kind: ClassVar[str]

    name: str
    train: S
    test: S
    validation: S | None = None

    def __post_init__(self) -> None:
        self.require_kind(f"{self.name}, train", self.train)
        self.require_alike(f"{self.name}, test {self.kind}", self.test, self.train)
        if self.validation is not None:
            what = f"{self.name}, validation {self.kind}"
            self.require_alike(what, self.validation, self.train)

    @staticmethod
    @abstractmethod
    def require_kind(what: str, given: Any, /) -> None:
        """Refuse anything but a split of the right kind."""

    @staticmethod
    @abstractmethod
    def require_alike(what: str, given: Any, train: Any, /) -> None:
        """Refuse a split that a network trained on `train` would take for something else."""

    @property
    def n_classes(self) -> int:
        """Labels are 0 to ``n_classes - 1``."""
        return self.train.n_classes

    def hold_out(self: D, n: int, selection: Selecting = "ordered", seed: int = 0) -> D:
        """Return the data set with `n` of its training items moved to `validation`.

        Parameters
        ----------
        n : int
            0 changes nothing. At least one training item must be left.
        selection : {"ordered", "shuffled", "stratified"}, default "ordered"
            The last items, any items, or of every class its share.
        seed : int, default 0
            What "shuffled" and "stratified" draw from.

        Raises
        ------
        SpikefaError
            If `n` is out of range, or items are held out already.
        """
        most = len(self.train) - 1
        n = whole_number(n, f"the number of {self.kind} of {self.name} to hold out", 0, most)
        if n == 0:
            return self
        require(
            self.validation is None,
            f"{self.name} has validation {self.kind} already: hold out all that you need in one "
            "call",
        )
        what = f"the {n} {self.kind} of {self.name} that are held out"
        chosen = selected(self.train.labels, n, selection, seed, last=True, what=what)
        kept = slice(chosen.start) if isinstance(chosen, slice) else ~chosen
        return replace(self, train=self.train.part(kept), validation=self.train.part(chosen))

    def subset(
        self: D,
        train: int | None = None,
        test: int | None = None,
        selection: Selecting = "ordered",
        seed: int = 0,
    ) -> D:
        """Return the data set with only `train` of its training and `test` of its test items.

        Call it after `hold_out`: it counts the training items that are left then, and does not
        change `validation`.

        Parameters
        ----------
        train, test : int, optional
            How many items to keep; by default all.
        selection : {"ordered", "shuffled", "stratified"}, default "ordered"
            The first items, any items, or of every class its share.
        seed : int, default 0
            What "shuffled" and "stratified" draw from.

        Raises
        ------
        SpikefaError
            If a count is zero, negative or more than there are.
        """
        return replace(
            self,
            train=self._some("training", self.train, train, selection, seed),
            test=self._some("test", self.test, test, selection, seed),
        )

    def _some(self, split: str, items: S, n: int | None, selection: Selecting, seed: int) -> S:
        if n is None:
            return items
        what = f"the number of {split} {self.kind} of {self.name} to keep"
        number = whole_number(n, what, 1, len(items))
        what = f"the {number} {split} {self.kind} of {self.name} that are kept"
        return items.part(selected(items.labels, number, selection, seed, last=False, what=what))
