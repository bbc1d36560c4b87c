"""Tests: the same dynamics with plasticity arrested."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import torch

from spikefa.datasets import Images
from spikefa.network.network import Network
from spikefa.simulation.runner import Runner
from spikefa.stimulus.encodings import Encoding
from spikefa.utils.replicas import deviation, seeds_of

ON_A_CPU = 1000
"""Streams in which images are tested on a CPU."""


@dataclass(frozen=True)
class Score:
    """What a test gave.

    Attributes
    ----------
    error_percent : float
        Share of wrong guesses from the spikes of the last step of each presentation.
    error_percent_summed : float
        The same from the spikes of all its steps.
    images : int
        How many images were shown.
    replicas : tuple of Score
        Of a network with replicas, what each of them reached; the errors are then their means.
    """

    error_percent: float
    error_percent_summed: float
    images: int
    replicas: tuple["Score", ...] = ()

    @classmethod
    def of(cls, replicas: Sequence["Score"]) -> "Score":
        """Return what several replicas reached on the same images."""
        return cls(
            fmean(score.error_percent for score in replicas),
            fmean(score.error_percent_summed for score in replicas),
            replicas[0].images,
            tuple(replicas),
        )

    @property
    def sd(self) -> float:
        """Standard deviation of `error_percent` over the replicas (n - 1), nan if it has none."""
        return deviation([score.error_percent for score in self.replicas])

    @property
    def sd_summed(self) -> float:
        """The same of `error_percent_summed`."""
        return deviation([score.error_percent_summed for score in self.replicas])

    def __str__(self) -> str:
        last, summed = f"{self.error_percent:.2f}", f"{self.error_percent_summed:.2f}"
        shown = f"{self.images} images"
        if self.replicas:
            last, summed = f"{last} ± {self.sd:.2f}", f"{summed} ± {self.sd_summed:.2f}"
            shown += f"; mean ± sd of {len(self.replicas)} replicas"
        return f"{last} % error from the last step, {summed} % from all steps summed ({shown})"


def streams_by_default(device: torch.device, images: int) -> int:
    """Return the streams in which so many images are tested on a device."""
    return min(ON_A_CPU, images) if device.type == "cpu" else images


def evaluate(
    network: Network,
    images: Images,
    full_scale: int,
    n_classes: int,
    steps: int,
    seed: int | Sequence[int],
    name: str = "test",
    encoding: Encoding | None = None,
    batch: int | None = None,
    advance: Callable[[int], None] | None = None,
) -> Score:
    """Show each image for `steps` steps and compare the guesses with the labels.

    The images pass in order through up to `batch` parallel streams that start at rest; nothing is
    reset at a switch. Weights are not touched. Potentials and random numbers are the test's own
    and follow from `seed` and `name` alone, so that testing more often changes nothing. Replicas
    are tested one after the other: a large batch leaves nothing to gain.

    Parameters
    ----------
    network : Network
    images : Images
    full_scale, n_classes : int
        Pixel value that means 1, number of classes.
    steps : int
        M, steps per image.
    seed : int or sequence of int
        Of a network with replicas: the seed of each, or the first of consecutive ones.
    name : str, default "test"
        Names the random streams.
    encoding : Encoding, optional
        How images become input; see `Stimulus`.
    batch : int, optional
        Streams side by side. By default 1,000 on a CPU, whose cache does not hold more, and on a
        GPU as many as there are images.
    advance : callable, optional
        Told how many images each presentation has tested.

    Returns
    -------
    Score
    """
    shown = (images, full_scale, n_classes, steps)
    if batch is None:
        batch = streams_by_default(network.device, len(images))
    how = (name, encoding, min(batch, len(images)), advance)
    seeds = seeds_of(seed, network.replicas)
    if network.replicas is None:
        return _evaluate_one(network, *shown, seeds[0], *how)
    return Score.of(
        [
            _evaluate_one(network.replica(number), *shown, own, *how)
            for number, own in enumerate(seeds)
        ]
    )


def _evaluate_one(
    network: Network,
    images: Images,
    full_scale: int,
    n_classes: int,
    steps: int,
    seed: int,
    name: str,
    encoding: Encoding | None,
    batch: int,
    advance: Callable[[int], None] | None,
) -> Score:
    """Test a single network."""
    stream = Runner(network, images, full_scale, n_classes, batch, seed, name, encoding)
    wrong = torch.zeros(2, device=network.device, dtype=torch.int64)
    for first in range(0, len(images), batch):
        shown = torch.arange(first, first + batch, device=network.device)
        for _ in stream.present(shown.clamp_(max=len(images) - 1), steps, plastic=False):
            pass
        counted = min(batch, len(images) - first)  # the last image fills the streams at the end
        labels = stream.stimulus.labels[:counted]
        for index, spikes in enumerate((stream.readout.last, stream.readout.summed)):
            wrong[index] += (spikes[:counted].argmax(-1) != labels).sum()
        if advance is not None:
            advance(counted)
    last, summed = (100 * wrong.cpu().double() / len(images)).tolist()
    return Score(last, summed, len(images))
