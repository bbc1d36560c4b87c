"""The trained network of a run, rebuilt from its configuration and its checkpoint."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from spikefa.datasets import Dataset, Images, load
from spikefa.errors import SpikefaError, require
from spikefa.network.network import Network
from spikefa.plugins.choices import files_of
from spikefa.plugins.user_code import blaming
from spikefa.runs.directory import RunDirectory
from spikefa.runs.experiment import Experiment
from spikefa.runs.loading import load_experiment
from spikefa.runs.parsing import trusted_settings
from spikefa.simulation.checkpoint import Checkpoint, load_checkpoint
from spikefa.simulation.evaluation import evaluate
from spikefa.stimulus.answers import Score
from spikefa.utils.progress import progress_bar
from spikefa.utils.tensors import all_finite, copy_into

SPLITS = ("train", "validation", "test")
OF_NETWORK, OF_MEAN = "network.", "average.mean."
"""What the names of weights begin with in a checkpoint: those that learn, and their mean."""
TIMES = "average.times"
"""How often weights were added to the mean."""


@dataclass(frozen=True)
class Trained:
    """A trained network, and how it was tested.

    Attributes
    ----------
    experiment : Experiment
    settings : Any
        Of the run.
    path : Path
        The folder of the run.
    network : Network
    n_classes : int
        Of the images that it has learned.
    own_data : bool
        Whether the settings name the data set of the run, of which it may have chosen some images.
    """

    experiment: Experiment
    settings: Any
    path: Path
    network: Network
    n_classes: int
    own_data: bool

    @classmethod
    def of(
        cls, path: Path, dataset: str | None = None, device: str | None = None, trust: bool = False
    ) -> "Trained":
        """Rebuild the network of a run.

        Parameters
        ----------
        path : Path
            The folder of the run.
        dataset : str, optional
            Another data set than that of the run.
        device : str, optional
            By default that of the run.
        trust : bool, default False
            Whether to run code that the run names, though it was not run here before.

        Raises
        ------
        SpikefaError
            If there is no such run, it keeps no network, or its checkpoint is damaged.
        """
        run = RunDirectory.open(path)
        experiment = load_experiment(run.experiment)
        changes = {"dataset": dataset, "data_dir": None} if dataset is not None else {}
        if device is not None:
            changes["device"] = device
        settings = trusted_settings(experiment.name, experiment.settings, run, changes, trust)
        settings = experiment.completed(settings)
        require(
            run.checkpoint.is_file(),
            f"the run in {path} has no {run.checkpoint.name}: test a run that has begun to learn, "
            "and that keeps its network, such as lillicrap2016.fig4",
        )
        saved = load_checkpoint(run.checkpoint)
        with blaming("the network", *files_of(settings)):
            network = experiment.network(settings, _inputs(saved, run.checkpoint))
        weights = _tested(saved)
        require(all_finite(weights), f"{run.checkpoint} holds NaN or infinity")
        copy_into(network.tensors(), weights)
        known = network, _classes(saved, run.checkpoint), dataset is None
        return cls(experiment, settings, path, *known)

    def images(self, split: str) -> Images:
        """Return the images of a split of the data set that the settings name, which must fit.

        Raises
        ------
        SpikefaError
            If there is no such split, or the network has other inputs or fewer classes.
        """
        data = self._data()
        found = getattr(data, split)
        require(
            found is not None,
            f"{data.name} has no validation images: test on --split train or --split test",
        )
        require(
            found.n_inputs == self.network.n_inputs,
            f"{data.name} has images of {' x '.join(map(str, found.shape))} pixels, "
            f"{found.n_inputs} inputs, and the network of {self.path} {self.network.n_inputs}: "
            "give images of as many pixels",
        )
        highest = int(found.labels.max())
        require(
            highest < self.n_classes,
            f"{data.name} has images of class {highest}, and the network of {self.path} has "
            f"learned {self.n_classes} classes: give images of classes 0 to {self.n_classes - 1}",
        )
        return replace(found, n_classes=self.n_classes)

    def _data(self) -> Dataset:
        data = load(self.settings.dataset, self.settings.data_dir)
        return self.experiment.splits(self.settings, data) if self.own_data else data

    def test(self, images: Images, split: str) -> Score:
        """Test the network on images, as the run itself did."""
        stimulus = self.experiment.tested(self.settings, images)
        name = "validation" if split == "validation" else "test"
        seeds = self.settings.seeds
        with progress_bar(name, len(stimulus) * len(seeds)) as bar:
            return evaluate(self.network, stimulus, seeds, name, advance=bar.advance)


def _tested(saved: Checkpoint) -> dict[str, Tensor]:
    """Return the weights with which the run would be tested now, see `WeightAverage`."""
    weights = _starting(OF_NETWORK, saved)
    if saved.tensors.get(TIMES, 0) > 0:
        weights |= _starting(OF_MEAN, saved)
    return weights


def _starting(with_what: str, saved: Checkpoint) -> dict[str, Tensor]:
    """Return the tensors of a checkpoint whose names begin so, by the rest of the name."""
    return {
        name.removeprefix(with_what): each
        for name, each in saved.tensors.items()
        if name.startswith(with_what)
    }


def _inputs(saved: Checkpoint, path: Path) -> int:
    """Return the number of inputs: that of the first synapses, or of the rows of their weights."""
    first = next(iter(saved.settings.get("populations") or []), None)
    told = saved.settings.get(f"n_pre of the synapses onto {first!r}")
    if isinstance(told, int):
        return told
    for name, each in saved.tensors.items():
        if name.startswith("network.synapses.") and name.endswith(".weight") and each.ndim >= 2:
            return each.shape[-2]
    raise SpikefaError(f"{path} holds no weights of all inputs onto a population")


def _classes(saved: Checkpoint, path: Path) -> int:
    found = saved.settings.get("n_classes of the images")
    if not isinstance(found, int):
        raise SpikefaError(f"{path} does not say how many classes its network has learned")
    return found
