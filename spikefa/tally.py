"""Running error and firing rates of the training, counted on the device."""

from collections.abc import Sequence

import torch
from torch import Tensor


class Tally:
    """Counts guesses and spikes since the last `clear`, without waiting for the device.

    Guesses are those of the training stream: made while the network learns, before the answer
    has changed the synapses. Firing rates are spikes per neuron and step in the last step of each
    presentation.

    Parameters
    ----------
    populations : sequence of str
        Names of the populations whose rates are wanted.
    device : torch.device or str

    Attributes
    ----------
    wrong : int64 Tensor [2]
        Wrong guesses from the last step, and from the summed steps.
    rates : float64 Tensor [n_populations]
        Mean rates, summed over the presentations.
    images, presentations : int64 Tensor []
    """

    def __init__(self, populations: Sequence[str], device: torch.device | str = "cpu"):
        self.populations = list(populations)
        self.wrong = torch.zeros(2, device=device, dtype=torch.int64)
        self.rates = torch.zeros(len(self.populations), device=device, dtype=torch.float64)
        self.images = torch.zeros((), dtype=torch.int64)
        self.presentations = torch.zeros((), dtype=torch.int64)

    def add(self, last: Tensor, summed: Tensor, labels: Tensor, spikes: Sequence[Tensor]) -> None:
        """Count one presentation from its group spikes `[batch, n_classes]` and labels."""
        self.wrong[0] += (last.argmax(-1) != labels).sum()
        self.wrong[1] += (summed.argmax(-1) != labels).sum()
        self.rates += torch.stack([population.mean() for population in spikes])
        self.images += len(labels)
        self.presentations += 1

    def errors(self) -> tuple[float, float]:
        """Return the error in percent from the last step and from all steps."""
        last, summed = (100 * self.wrong.cpu().double() / max(int(self.images), 1)).tolist()
        return last, summed

    def mean_rates(self) -> dict[str, float]:
        """Return spikes per neuron and step of each population."""
        means = self.rates.cpu() / max(int(self.presentations), 1)
        return dict(zip(self.populations, means.tolist(), strict=True))

    def clear(self) -> None:
        """Begin to count anew."""
        for tensor in self.tensors().values():
            tensor.zero_()

    def tensors(self) -> dict[str, Tensor]:
        """Return the counts by name."""
        return {
            "wrong": self.wrong,
            "rates": self.rates,
            "images": self.images,
            "presentations": self.presentations,
        }
