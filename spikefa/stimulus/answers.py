"""The answers of a network in a test, and their score."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

import torch
from torch import Tensor

from spikefa.stimulus.predictions import Predictions
from spikefa.utils.replicas import deviation


@dataclass(frozen=True)
class Score:
    """The result of a test.

    Attributes
    ----------
    measures : mapping of str to float
        Means over the items. Images have ``error_percent``, the share of wrong guesses from the
        spikes of the last step of each presentation, and ``error_percent_summed``, the share from
        the spikes of all steps; other stimuli have other measures.
    items : int
        Number of items shown.
    replicas : tuple of Score
        The score of each replica of the network, if it has any; the measures are their means.
    predictions : Predictions, optional
        Of a stimulus with classes: what the network took every item for.
    """

    measures: Mapping[str, float]
    items: int
    replicas: tuple["Score", ...] = field(default=())
    predictions: Predictions | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, replicas: Sequence["Score"]) -> "Score":
        """Return the mean score of several replicas on the same items."""
        first = replicas[0]
        means = {name: fmean(each.measures[name] for each in replicas) for name in first.measures}
        each = [score.predictions for score in replicas if score.predictions is not None]
        predictions = Predictions.of(each) if each else None
        return cls(means, first.items, tuple(replicas), predictions)

    @property
    def images(self) -> int:
        """Number of images shown."""
        return self.items

    @property
    def error_percent(self) -> float:
        """Share of wrong guesses; for images, guesses from the last step of each presentation."""
        return self.measures["error_percent"]

    @property
    def error_percent_summed(self) -> float:
        """Share of wrong guesses from the spikes of all steps of each presentation."""
        return self.measures["error_percent_summed"]

    @property
    def sd(self) -> float:
        """Standard deviation of `error_percent` over the replicas (n - 1), nan if it has none."""
        return self.deviation("error_percent")

    @property
    def sd_summed(self) -> float:
        """Standard deviation of `error_percent_summed` over the replicas (n - 1), or nan."""
        return self.deviation("error_percent_summed")

    def deviation(self, measure: str) -> float:
        """Return the standard deviation of a measure over the replicas (n - 1), or nan."""
        return deviation([score.measures[measure] for score in self.replicas])

    def __str__(self) -> str:
        values = ", ".join(self._in_words(name) for name in self.measures)
        shown = f"{self.items} {'images' if 'error_percent_summed' in self.measures else 'items'}"
        if self.replicas:
            shown += f"; mean ± sd of {len(self.replicas)} replicas"
        return f"{values} ({shown})"

    def _in_words(self, name: str) -> str:
        """Return a measure with its name and its standard deviation, if there are replicas."""
        percent = name.startswith("error_percent")
        value = f"{self.measures[name]:.2f}" if percent else f"{self.measures[name]:.4g}"
        if self.replicas:
            value += (
                f" ± {self.deviation(name):.2f}" if percent else f" ± {self.deviation(name):.2g}"
            )
        if "error_percent_summed" not in self.measures:
            return f"{value} % error" if percent else f"{name} {value}"
        words = {
            "error_percent": "error from the last step",
            "error_percent_summed": "from all steps summed",
        }
        return f"{value} % {words[name]}" if name in words else f"{name} {value}"


class Answers(ABC):
    """Collects the answers of a network during a test."""

    @abstractmethod
    def start(self, count: int) -> None:
        """Begin a test of `count` items."""

    @abstractmethod
    def add(self, items: slice, fresh: int, measured: Tensor, outputs: Tensor) -> None:
        """Add the answers of one presentation.

        Parameters
        ----------
        items : slice
            The items that were shown, one in each stream.
        fresh : int
            Number of items, at the end of `items`, that have not been shown before.
        measured : Tensor [measures, replicas..., batch]
            The result of `Stimulus.measure`.
        outputs : Tensor [replicas..., batch, n_outputs]
            Activity of the output neurons in the last step.
        """

    @abstractmethod
    def score(self) -> Score:
        """Return the score of the test."""


class MeasuredAnswers(Answers):
    """Adds up the measures of a stimulus.

    Parameters
    ----------
    measures : sequence of str
    leading : tuple of int
        Dimensions in front of the shapes of a single network: (replicas,), or ().
    device : torch.device
    """

    def __init__(self, measures: Sequence[str], leading: tuple[int, ...], device: torch.device):
        self.measures = tuple(measures)
        self.count = 0
        self._sums = torch.zeros(len(measures), *leading, device=device, dtype=torch.float64)

    def start(self, count: int) -> None:
        """Begin a test of `count` items."""
        self.count = count
        self._sums.zero_()

    def add(self, items: slice, fresh: int, measured: Tensor, outputs: Tensor) -> None:
        """Add the measures of the fresh items."""
        self._sums += measured[..., -fresh:].sum(-1, dtype=torch.float64)

    def score(self) -> Score:
        """Return the means over all items."""
        return score_of(self.measures, self._sums / self.count, self.count)


def score_of(measures: Sequence[str], means: Tensor, count: int) -> Score:
    """Return the score of means [measures], or [measures, replicas]."""
    values = means.cpu().tolist()
    if means.dim() == 1:
        return Score(dict(zip(measures, values, strict=True)), count)
    return Score.of(
        [Score(dict(zip(measures, own, strict=True)), count) for own in zip(*values, strict=True)]
    )
