"""The simulation: drives a network through its stimulus, measures, tests, saves and resumes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from torch import Tensor

from spikefa.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from spikefa.datasets import Dataset, Images
from spikefa.errors import require
from spikefa.evaluation import Score, evaluate
from spikefa.network import Network
from spikefa.order import Order
from spikefa.progress import progress_bar
from spikefa.recording import MAX_HOST_BYTES, Probe, Recorder, Window
from spikefa.schedules import Constant, Schedule
from spikefa.stream import Stream
from spikefa.tally import Tally
from spikefa.tensors import check_same, copy_into, named_tensors
from spikefa.training import Row, Stopped, train


class Simulation:
    """A network that learns a data set while it runs.

    Parameters
    ----------
    network : Network
        Its weights are drawn from `seed`, unless they have been already.
    dataset : Dataset
        Trained on `dataset.train`; `dataset.validation`, if any, is tested after every epoch;
        `dataset.test` only by `test`.
    steps_per_image : int, default 5
        N, and in tests M: steps of simulated time between two switches of the image.
    batch_size : int, default 100
        Independent streams that share the weights; updates are summed over them. 1 is the single
        continuous stream.
    seed : int, default 0
        All random streams derive from it.
    schedule : Schedule, optional
        Factor on the learning rate over the epochs; default: constant.
    checkpoint : path, optional
        Written after every epoch, on Ctrl-C, and before a run is given up for NaN.
    progress : bool, optional
        Show progress bars; default: on a terminal.

    Attributes
    ----------
    presentation : int
        Presentations completed; each showed `batch_size` images for `steps_per_image` steps.
    history : list of dict
        One row per epoch: errors, mean rates, seconds.
    stream : Stream
        State, stimulus and generators of the training.

    Raises
    ------
    SpikefaError
        If a number is out of range, or images, network and classes do not fit.

    Examples
    --------
    >>> import spikefa as sf
    >>> net = sf.models.lillicrap2016.spiking_mnist(
    ...     hidden=50, hidden_layers=1, outputs=50, n_inputs=64, feedback=sf.FA(scale=0.5))
    >>> sim = sf.Simulation(net, sf.datasets.digits(), batch_size=20, seed=0)
    >>> sim.train(epochs=1)[-1]["images"]
    1440.0
    """

    def __init__(
        self,
        network: Network,
        dataset: Dataset,
        steps_per_image: int = 5,
        batch_size: int = 100,
        seed: int = 0,
        schedule: Schedule | None = None,
        checkpoint: Path | str | None = None,
        progress: bool | None = None,
    ):
        require(steps_per_image >= 1, f"an image needs at least 1 step, {steps_per_image} given")
        require(
            dataset.n_inputs == network.n_inputs,
            f"{dataset.name} has images of {dataset.n_inputs} pixels, "
            f"the network {network.n_inputs} input neurons",
        )
        self.network = network
        self.dataset = dataset
        self.steps_per_image = steps_per_image
        self.batch_size = batch_size
        self.seed = seed
        self.schedule = schedule or Constant()
        self.checkpoint = Path(checkpoint) if checkpoint is not None else None
        self.progress = progress
        if not network.initialised:
            network.initialise(seed)
        shown = (dataset.full_scale, dataset.n_classes, batch_size, seed)
        self.stream = Stream(network, dataset.train, *shown, name="train")
        self.order = Order(len(dataset.train), batch_size, seed)
        self.tally = Tally(list(self.stream.variables()), network.device)
        self.recorder: Recorder | None = None
        self.presentation = 0
        self.wall_seconds = 0.0
        self.history: list[Row] = []

    # -- progress of the simulation ------------------------------------------------------------

    @property
    def step(self) -> int:
        """Steps of simulated time so far."""
        return self.presentation * self.steps_per_image

    @property
    def epoch(self) -> float:
        """Epochs of training so far."""
        return self.presentation * self.batch_size / len(self.dataset.train)

    def present(self, record: bool = True) -> Iterator[int]:
        """Show the next image to every stream; yield the number of each step after it."""
        self._set_learning_rates()
        images = self.order.images(self.presentation)
        image, label = int(images[0]), int(self.dataset.train.labels[int(images[0])])
        first = self.step
        shown = images.to(self.network.device)
        for n in self.stream.present(shown, self.steps_per_image, plastic=True):
            if record and self.recorder is not None:
                self.recorder.observe(first + n, image, label)
            yield first + n
        readout, stimulus = self.stream.readout, self.stream.stimulus
        spikes = [population.spikes for population in self.stream.state.populations]
        self.tally.add(readout.last, readout.summed, stimulus.labels, [stimulus.spikes, *spikes])
        self.presentation += 1

    def _set_learning_rates(self) -> None:
        factor = self.schedule(self.epoch)
        states = self.stream.state.plasticity
        for state, rate in zip(states, self.network.rule.rates(len(states)), strict=True):
            state.learning_rate.fill_(rate * factor)

    # -- training and testing ------------------------------------------------------------------

    def train(
        self, epochs: int = 1, after_epoch: Callable[[list[Row]], None] | None = None
    ) -> list[Row]:
        """Train for so many epochs more.

        Parameters
        ----------
        epochs : int, default 1
            An epoch that a stop has cut short is finished first and counts as one.
        after_epoch : callable, optional
            Called with `history` after every epoch.

        Returns
        -------
        list of dict
            `history`: a row for each epoch so far.

        Raises
        ------
        SpikefaError
            If potentials or weights become NaN or infinite.
        Stopped
            On Ctrl-C or SIGTERM, after the presentation under way and the checkpoint.
        """
        return train(self, epochs, after_epoch)

    def test(self, images: Images | None = None, name: str = "test") -> Score:
        """Test with plasticity arrested; nothing of the training is touched.

        Parameters
        ----------
        images : Images, optional
            Default: the test images of the data set.
        name : str, default "test"
            Names the random streams of the test.
        """
        images = self.dataset.test if images is None else images
        with progress_bar(name, len(images), self.progress) as bar:
            return evaluate(
                self.network,
                images,
                self.dataset.full_scale,
                self.dataset.n_classes,
                self.steps_per_image,
                self.seed,
                name,
                advance=bar.advance,
            )

    # -- recording -----------------------------------------------------------------------------

    def record(
        self,
        path: Path | str,
        probes: Sequence[Probe],
        windows: Sequence[Window],
        provenance: Mapping[str, Any] | None = None,
        max_host_bytes: int = MAX_HOST_BYTES,
        durability: Literal["flush", "fsync"] = "flush",
    ) -> Recorder:
        """Record the training from here on, in a new file.

        The recording is closed when the simulation is left as a context manager.

        Parameters
        ----------
        path : path
            The file to make.
        probes : sequence of Probe
            What is read.
        windows : sequence of Window
            When, in absolute steps; `spikefa.recording.figure_windows` makes those of figure 4.
        provenance : mapping, optional
            Attributes of the file.
        max_host_bytes : int, optional
            Memory for rows that are not yet in the file; if it is used up, the simulation waits.
        durability : {"flush", "fsync"}, optional
            Whether what is committed survives the death of the process, or a power cut too.

        Raises
        ------
        SpikefaError
            If the file exists, or a probe or window is wrong.
        """
        given = {"seed": self.seed, "device": str(self.network.device), **(provenance or {})}
        self.recorder = Recorder.create(
            path,
            probes,
            windows,
            self.stream.variables(),
            given,
            self.dataset.train.pixels,
            self.dataset.n_classes,
            max_host_bytes=max_host_bytes,
            durability=durability,
        )
        return self.recorder

    def resume_recording(self, path: Path | str) -> Recorder:
        """Go on with the recording of a run that was stopped, from the present step.

        What the file holds of later steps is dropped: the simulation will go through them again.
        """
        self.recorder = Recorder.resume(
            path, self.stream.variables(), self.step, images=self.dataset.train.pixels
        )
        return self.recorder

    def __enter__(self) -> "Simulation":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.recorder is None:
            return
        if isinstance(error, Stopped):  # an orderly stop is no failure of the recording
            kind = error = trace = None
        self.recorder.__exit__(kind, error, trace)

    # -- state ---------------------------------------------------------------------------------

    def tensors(self) -> dict[str, Tensor]:
        """Return every tensor that training changes, and the feedback weights, by name."""
        return named_tensors(
            {
                "network": self.network.tensors(),
                "stream": self.stream.tensors(),
                "tally": self.tally.tensors(),
            }
        )

    def set_state(
        self, tensors: Mapping[str, Any], generators: dict[str, Tensor], presentation: int
    ) -> None:
        """Go to a state that was taken from this simulation, or from one with the same settings."""
        check_same(self.stream.generator_states(), generators)
        copy_into(self.tensors(), tensors)
        self.stream.set_generator_states(generators)
        self.presentation = presentation
        self.stream.state.steps = self.step

    def save(self, path: Path | str) -> None:
        """Write a checkpoint from which `restore` continues bit for bit."""
        save_checkpoint(
            Path(path),
            Checkpoint(
                self._settings(),
                self.tensors(),
                self.stream.generator_states(),
                self.presentation,
                self.wall_seconds,
                self.history,
            ),
        )

    def restore(self, path: Path | str) -> None:
        """Continue from a checkpoint.

        Raises
        ------
        SpikefaError
            If the file is no checkpoint, is damaged, or is of other settings, of another network
            or of another kind of device.
        """
        saved = load_checkpoint(Path(path))
        for name, here in self._settings().items():
            there = saved.settings.get(name)
            require(
                here == there, f"{path} is of another run: its {name} is {there}, here it is {here}"
            )
        self.set_state(saved.tensors, saved.generators, saved.presentation)
        self.wall_seconds = saved.wall_seconds
        self.history = saved.history

    def _settings(self) -> dict[str, str | int]:
        return {
            "seed": self.seed,
            "batch_size": self.batch_size,
            "steps_per_image": self.steps_per_image,
            "dataset": self.dataset.name,
            "training_images": len(self.dataset.train),
            "device": self.network.device.type,
        }

    def save_checkpoint(self) -> None:
        """Write the checkpoint file that was given, if any."""
        if self.checkpoint is not None:
            if self.recorder is not None:  # what lies before a checkpoint must not be lost
                self.recorder.commit()
            self.save(self.checkpoint)
