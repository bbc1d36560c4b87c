"""The readout: output neurons in groups, one group for each class."""

from dataclasses import KW_ONLY, dataclass, field

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import ShareBelowOne, Size
from spikefa.utils.tensors import CONSTANT

CLASS_MEASURES = ("error_percent", "error_percent_summed")
"""What `ReadoutState.errors` returns."""


@dataclass
class ReadoutState:
    """Spikes of each group of output neurons.

    Attributes
    ----------
    last, summed : Tensor [streams, n_classes]
        Spikes in the last step, and since `start`.
    templates : Tensor [n_classes, n_outputs]
        The target of each class.
    """

    last: Tensor
    summed: Tensor
    templates: Tensor = field(metadata=CONSTANT)

    def start(self, labels: Tensor, target: Tensor) -> None:
        """Begin a presentation: write the targets of the classes `labels` [streams]."""
        torch.index_select(self.templates, 0, labels, out=target)
        self.summed.zero_()

    def count(self, spikes: Tensor) -> None:
        """Count the output spikes [streams, n_outputs] of one step."""
        torch.sum(spikes.unflatten(-1, (self.last.shape[-1], -1)), -1, out=self.last)
        self.summed.add_(self.last)

    def errors(self, labels: Tensor) -> Tensor:
        """Return 100 where the guess is wrong, else 0: from the last step, and from all steps."""
        guesses = torch.stack([each.argmax(-1) for each in (self.last, self.summed)])
        return guesses.ne(labels).double().mul_(100)

    def variables(self) -> dict[str, Tensor]:
        """Return the counts as variables for probes."""
        return {"class_spikes": self.last, "class_spikes_summed": self.summed}


@dataclass(frozen=True)
class ClassReadout:
    """Targets for the output neurons, and the guess from their spikes.

    With n outputs and C classes, neurons ``c n/C`` to ``(c + 1) n/C - 1`` stand for class c: their
    target is 1 while an item of class c is shown and 0 otherwise. The guess is the class whose
    group spikes most (Lillicrap et al. 2016, Methods), or the lowest class in a tie.

    Parameters
    ----------
    n_outputs, n_classes : int
    smoothing : float, default 0
        How much the target of each class is drawn towards 1/C, in [0, 1).

    Raises
    ------
    SpikefaError
        If the classes cannot share the output neurons equally.
    """

    n_outputs: Size
    n_classes: Size
    _: KW_ONLY
    smoothing: ShareBelowOne = 0.0

    def __post_init__(self) -> None:
        check_fields(self)
        require(
            self.n_outputs >= self.n_classes and self.n_outputs % self.n_classes == 0,
            f"{self.n_outputs} output neurons cannot be shared by {self.n_classes} classes: "
            f"give a multiple of {self.n_classes}",
        )

    def state(self, streams: int, device: torch.device, dtype: torch.dtype) -> ReadoutState:
        """Return the counts before the first presentation, all 0."""
        groups = torch.empty(self.n_classes, self.n_classes, device=device, dtype=dtype)
        groups.fill_(self.smoothing / self.n_classes)
        own = 1 - self.smoothing + self.smoothing / self.n_classes
        groups.fill_diagonal_(own)  # torch.eye imports torch's compiler on "meta": a second
        none = torch.zeros(streams, self.n_classes, device=device, dtype=dtype)
        templates = groups.repeat_interleave(self.n_outputs // self.n_classes, dim=1)
        return ReadoutState(none, none.clone(), templates)
