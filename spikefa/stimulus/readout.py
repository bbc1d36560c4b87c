"""The readout: output neurons in groups, one group for each class."""

import torch
from torch import Tensor

from spikefa.errors import require


class ClassReadout:
    """Targets for the output neurons, and the guess that their spikes make.

    With n outputs and C classes, neurons ``c n/C`` to ``(c + 1) n/C - 1`` stand for class c: their
    target is 1 while an image of class c is shown and 0 otherwise. The guess is the class whose
    group spikes most (Lillicrap et al. 2016, Methods), the lower class if two are equal: in the
    last step of a presentation, or in all of its steps together.

    Parameters
    ----------
    n_outputs, n_classes : int
    batch : int
        Number of streams.
    device, dtype
        Where the output spikes live, and as what.

    Attributes
    ----------
    target : Tensor [batch, n_outputs]
    last, summed : Tensor [batch, n_classes]
        Spikes of each group in the last step, and since `start`.
    """

    def __init__(
        self,
        n_outputs: int,
        n_classes: int,
        batch: int,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        require(
            n_outputs >= n_classes and n_outputs % n_classes == 0,
            f"{n_outputs} output neurons cannot be shared by {n_classes} classes: "
            f"give a multiple of {n_classes}",
        )
        self.group = n_outputs // n_classes
        groups = torch.eye(n_classes, device=device, dtype=dtype)
        self.templates = groups.repeat_interleave(self.group, dim=1)
        self.target = torch.zeros(batch, n_outputs, device=device, dtype=dtype)
        self.last = torch.zeros(batch, n_classes, device=device, dtype=dtype)
        self.summed = torch.zeros_like(self.last)

    def start(self, labels: Tensor) -> None:
        """Begin a presentation of images of the classes `labels` `[batch]`."""
        torch.index_select(self.templates, 0, labels, out=self.target)
        self.summed.zero_()

    def count(self, spikes: Tensor) -> None:
        """Count the output spikes `[batch, n_outputs]` of one step."""
        torch.sum(spikes.unflatten(-1, (-1, self.group)), -1, out=self.last)
        self.summed.add_(self.last)

    def tensors(self) -> dict[str, Tensor]:
        """Return what changes from step to step, by name."""
        return {"target": self.target, "last": self.last, "summed": self.summed}
