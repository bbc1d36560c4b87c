"""The cost of what surrounds the steps: progress bars, and tests on all images."""

import io
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from spikefa.datasets import Images
from spikefa.models.lillicrap2016 import spiking_mnist
from spikefa.simulation.evaluation import evaluate
from spikefa.stimulus.images import ImageStimulus
from spikefa.utils.progress import INTERVAL, progress_bar


@dataclass(frozen=True)
class ProgressCost:
    """The computing time of a progress bar, in seconds.

    Attributes
    ----------
    redraw, advance : float
        Of one redraw, which happens twice a second, and of one advance, after each presentation.
    """

    redraw: float
    advance: float

    def share(self, presentation: float = 1e-3) -> float:
        """Return the fraction of the run time if a presentation takes this many seconds."""
        return self.redraw / INTERVAL + self.advance / presentation


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@contextmanager
def _terminal() -> Iterator[None]:
    before, sys.stderr = sys.stderr, _Terminal()
    try:
        yield
    finally:
        sys.stderr = before


def progress_cost(redraws: int = 20, advances: int = 20_000) -> ProgressCost:
    """Measure a progress bar that draws on a stand-in for a terminal.

    The computing time of the whole process is measured, since it does not depend on other load on
    the machine.
    """
    with _terminal(), progress_bar("epoch 1/1", advances, "bar") as bar:
        bar.redraw()
        started = time.process_time()
        for _ in range(redraws):
            bar.redraw()
        redraw = (time.process_time() - started) / redraws
        started = time.process_time()
        for _ in range(advances):
            bar.advance(1, str)
        advance = (time.process_time() - started) / advances
    return ProgressCost(redraw, advance)


def evaluation_seconds(device: torch.device, batch: int, images: int = 10_000) -> float:
    """Return the seconds for testing the network of figure 4 on `images` images, 5 steps each.

    Parameters
    ----------
    device : torch.device
    batch : int
        Parallel streams.
    images : int, default 10_000
    """
    network = spiking_mnist(device=device)
    network.initialise(0)
    pixels = np.full((images, 28, 28), 33, np.uint8)
    grey = Images(pixels, np.zeros(images, np.uint8))
    started = time.perf_counter()
    evaluate(network, ImageStimulus(grey), batch=batch)
    return time.perf_counter() - started
