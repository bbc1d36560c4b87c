"""What a run writes for TensorBoard: its metrics, its weights and its figure 4."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any

import matplotlib.image
from torch import Tensor

from spikefa.errors import SpikefaError
from spikefa.simulation.history import Row
from spikefa.simulation.simulation import Simulation

GROUPS = ("sd", "train", "validation", "rate", "alignment", "learning_rate_factor")
"""Beginnings of the names of metrics; each is a group of charts."""


class TensorBoard:
    """Writes a run into a folder that TensorBoard reads.

    What the folder holds already is not written again, and what a killed process has not written is
    added. Nothing is made before something is written.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    SpikefaError
        If the package tensorboard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers = _needed("torch.utils.tensorboard")
        self._last = _last_epochs(folder)

    def write(self, simulation: Simulation) -> None:
        """Write the metrics of all epochs by now, and the weights after the last of them."""
        with self._writer() as writer:
            for row in simulation.history:
                for tag, value in _charts(row):
                    self._add(writer.add_scalar, tag, value, int(row["epoch"]))
            for tag, weights in _weights(simulation):
                self._add(writer.add_histogram, tag, weights, len(simulation.history))

    def write_picture(self, file: Path, epoch: int) -> None:
        """Write a picture of the network after an epoch."""
        pixels = matplotlib.image.imread(file)[..., :3].transpose(2, 0, 1)
        with self._writer() as writer:
            self._add(writer.add_image, file.stem, pixels, epoch)

    def _writer(self) -> AbstractContextManager[Any]:
        return self._writers.SummaryWriter(str(self._folder))

    def _add(self, add: Callable[[str, Any, int], None], tag: str, value: Any, epoch: int) -> None:
        """Add a value of an epoch unless the folder has it."""
        if epoch > self._last.get(tag, 0):
            add(tag, value, epoch)
            self._last[tag] = epoch


def check_tensorboard() -> None:
    """Raise a `SpikefaError` if the package tensorboard is not installed."""
    _needed("torch.utils.tensorboard")


def _charts(row: Row) -> Iterator[tuple[str, float]]:
    """Yield the metrics of an epoch by the names that they have in TensorBoard."""
    for name, value in row.items():
        group = next((each for each in GROUPS if name.startswith(f"{each}_")), "run")
        yield f"{group}/{name.removeprefix(f'{group}_')}", value


def _weights(simulation: Simulation) -> Iterator[tuple[str, Tensor]]:
    """Yield the weights of each projection, unless an epoch has begun since the last one."""
    if simulation.presentation == simulation.presentations(len(simulation.history)):
        for name, synapses in simulation.network.projections.items():
            for part, tensor in synapses.tensors().items():
                yield f"weights/{name}/{part}", tensor.detach().float()


def _last_epochs(folder: Path) -> dict[str, int]:
    """Return the last epoch of each value that the folder holds."""
    if not folder.is_dir():
        return {}
    reading = _needed("tensorboard.backend.event_processing.event_accumulator")
    everything = dict.fromkeys(("scalars", "histograms", "images"), 0)
    held = reading.EventAccumulator(str(folder), everything).Reload()
    readers = {"scalars": held.Scalars, "histograms": held.Histograms, "images": held.Images}
    return {
        tag: max(event.step for event in read(tag))
        for kind, read in readers.items()
        for tag in held.Tags()[kind]
    }


def _needed(module: str) -> Any:
    """Import a part of tensorboard."""
    try:
        return import_module(module)
    except ImportError as error:
        raise SpikefaError(
            f"--tensorboard needs the package tensorboard, which cannot be imported ({error}): "
            "pip install 'spikefa[tensorboard]', or leave --tensorboard out"
        ) from error
