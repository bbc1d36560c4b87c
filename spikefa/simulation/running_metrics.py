"""Running error and firing rates of the training, counted on the device."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor


class RunningMetrics:
    """Counts guesses and spikes since the last `clear`, without waiting for the device.

    Guesses are those of the training stream: made while the network learns, before the answer
    has changed the synapses. Firing rates are spikes per neuron and step in the last step of each
    presentation.

    Parameters
    ----------
    populations : sequence of str
        Names of the populations whose rates are wanted.
    device : torch.device or str
    replicas : int, optional
        Of the network.

    Attributes
    ----------
    wrong : int64 Tensor [2, ...]
        Wrong guesses from the last step, and from the summed steps; of each replica, if any.
    rates : float64 Tensor [n_populations, ...]
        Mean rates, summed over the presentations.
    images, presentations : int64 Tensor []
        What each replica has seen.
    """

    def __init__(
        self,
        populations: Sequence[str],
        device: torch.device | str = "cpu",
        replicas: int | None = None,
    ):
        self.populations = list(populations)
        self.replicas = () if replicas is None else (replicas,)
        counts = (2, *self.replicas), (len(self.populations), *self.replicas)
        self.wrong = torch.zeros(counts[0], device=device, dtype=torch.int64)
        self.rates = torch.zeros(counts[1], device=device, dtype=torch.float64)
        self.images = torch.zeros((), device=device, dtype=torch.int64)
        self.presentations = torch.zeros((), device=device, dtype=torch.int64)

    def add(self, last: Tensor, summed: Tensor, labels: Tensor, spikes: Sequence[Tensor]) -> None:
        """Count one presentation from its group spikes `[batch, n_classes]` and labels.

        Of a network with replicas, their streams stand in a row.
        """
        for wrong, guesses in zip(self.wrong, (last, summed), strict=True):
            wrong += (guesses.argmax(-1) != labels).view(*self.replicas, -1).sum(-1)
        means = [population.reshape(*self.replicas, -1).mean(-1) for population in spikes]
        self.rates += torch.stack(means)
        self.images += len(labels) // math.prod(self.replicas)
        self.presentations += 1

    def errors(self, replica: int | None = None) -> tuple[float, float]:
        """Return the error in percent from the last step and from all steps.

        Of one replica, or the mean of all.
        """
        wrong = _of(replica, self.wrong.cpu().double())
        last, summed = (100 * wrong / max(int(self.images), 1)).tolist()
        return last, summed

    def mean_rates(self, replica: int | None = None) -> dict[str, float]:
        """Return spikes per neuron and step of each population, of one replica or of all."""
        means = _of(replica, self.rates.cpu()) / max(int(self.presentations), 1)
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


def _of(replica: int | None, counts: Tensor) -> Tensor:
    """Return the counts of one replica, or their mean over all, if there are any."""
    if counts.dim() == 1:
        return counts
    return counts.mean(-1) if replica is None else counts[:, replica]
