"""Running error and firing rates of the training, counted on the device."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor


class RunningMetrics:
    """Averages measures and activity since the last `clear`, without waiting for the device.

    The measures are taken of the answers in training, while the network learns. Rates are the mean
    activity, spikes per neuron and step, in the last step of each presentation.

    Parameters
    ----------
    measures : sequence of str
        Names of the measures of the stimulus.
    populations : sequence of str
        Names of the populations whose rates are averaged.
    device : torch.device or str
    leading : tuple of int, default ()
        Number of replicas, if there are any; see `Network.leading`.

    Attributes
    ----------
    sums : float64 Tensor [n_measures, ...]
        Each measure, summed over the items; for each replica, if any.
    rates : float64 Tensor [n_populations, ...]
        Mean rates, summed over the presentations.
    items, presentations : int64 Tensor []
        Numbers of items and presentations that each replica has seen.
    """

    def __init__(
        self,
        measures: Sequence[str],
        populations: Sequence[str],
        device: torch.device | str = "cpu",
        leading: tuple[int, ...] = (),
    ):
        self.measures = list(measures)
        self.populations = list(populations)
        self.leading = leading
        shape = (len(self.measures), *self.leading), (len(self.populations), *self.leading)
        self.sums = torch.zeros(shape[0], device=device, dtype=torch.float64)
        self.rates = torch.zeros(shape[1], device=device, dtype=torch.float64)
        self.items = torch.zeros((), device=device, dtype=torch.int64)
        self.presentations = torch.zeros((), device=device, dtype=torch.int64)

    def add(self, measured: Tensor, activities: Sequence[Tensor]) -> None:
        """Count one presentation.

        Parameters
        ----------
        measured : Tensor [n_measures, streams]
            The streams of all replicas, replica by replica.
        activities : sequence of Tensor
            The activity of each population.
        """
        streams = measured.shape[-1] // math.prod(self.leading)
        self.sums += measured.view(len(self.measures), *self.leading, streams).sum(-1)
        means = [activity.reshape(*self.leading, -1).mean(-1) for activity in activities]
        self.rates += torch.stack(means)
        self.items += streams
        self.presentations += 1

    def means(self, replica: int | None = None) -> dict[str, float]:
        """Return the mean of each measure, for one replica or averaged over all.

        NaN if nothing was shown since the last `clear`.
        """
        means = _of(replica, self.sums.cpu()) / int(self.items)
        return dict(zip(self.measures, means.tolist(), strict=True))

    def mean_rates(self, replica: int | None = None) -> dict[str, float]:
        """Return the mean activity of each population, for one replica or averaged over all.

        NaN if nothing was shown since the last `clear`.
        """
        means = _of(replica, self.rates.cpu()) / int(self.presentations)
        return dict(zip(self.populations, means.tolist(), strict=True))

    def headline(self) -> str:
        """Return the last measure in words, such as ``error 3.11 %``; nothing if there is none."""
        if not self.measures or not int(self.items):
            return ""
        name, value = list(self.means().items())[-1]
        if name.startswith("error_percent"):
            return f"error {value:.2f} %"
        return f"{name.replace('_', ' ')} {value:.4g}"

    def clear(self) -> None:
        """Set all counts to 0."""
        for tensor in self.tensors().values():
            tensor.zero_()

    def tensors(self) -> dict[str, Tensor]:
        """Return the counts by name."""
        return {
            "sums": self.sums,
            "rates": self.rates,
            "items": self.items,
            "presentations": self.presentations,
        }


def _of(replica: int | None, sums: Tensor) -> Tensor:
    """Return the sums of one replica, or their mean over all replicas, if there are any."""
    if sums.dim() == 1:
        return sums
    return sums.mean(-1) if replica is None else sums[:, replica]
