"""The simulation: drives a network through its stimulus, measures, tests, saves and resumes."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from spikefa.datasets import Dataset, Images
from spikefa.errors import SpikefaError, require
from spikefa.network.network import Network
from spikefa.plugins.user_code import blaming, user_files
from spikefa.simulation.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from spikefa.simulation.course import Course
from spikefa.simulation.epoch_row import epoch_row
from spikefa.simulation.evaluation import Score, evaluate
from spikefa.simulation.guard import Guard
from spikefa.simulation.history import Row, together
from spikefa.simulation.interrupts import Interrupt, Stopped, interruptible
from spikefa.simulation.schedules import Schedule
from spikefa.stimulus.encodings import Encoding
from spikefa.utils.devices import enough_memory
from spikefa.utils.progress import progress_bar

BEFORE = {"backend": "eager"}
"""What a checkpoint means that was written before it said so."""
DRAW_ALIKE = {"eager", "graph"}
"""Backends that draw the same numbers from the same generators: each goes on where one stopped."""


class Simulation(Course):
    """A network that learns a data set while it runs.

    Parameters
    ----------
    network : Network
        Its weights are drawn from `seed`, unless they have been already. If it has replicas, they
        are trained side by side, each as it would be alone with its own seed.
    dataset : Dataset
        Trained on `dataset.train`; `dataset.validation`, if any, is tested after every epoch;
        `dataset.test` only by `test`.
    steps_per_image : int, default 5
        N, and in tests M: steps of simulated time between two switches of the image.
    batch_size : int, default 100
        Independent streams that share the weights; updates are summed over them. 1 is the single
        continuous stream.
    seed : int or sequence of int, default 0
        All random streams derive from it. Of a network with replicas: the seed of each, or the
        first of consecutive ones.
    schedule : Schedule, or mapping of str to Schedule, optional
        Factor on the learning rate over the epochs, for all projections, or by the name of the
        population a projection ends on; default: constant. While it is 0, a projection is frozen.
    decay_schedule : Schedule, optional
        Factor on the weight decay over the epochs; default: constant.
    encoding : Encoding, optional
        How images become input, in training and tests; default ``RateCode()``, spikes with the
        brightness as probability.
    backend : {"auto", "eager", "graph", "fused", "fused-bf16x6", ...}, default "auto"
        What executes the steps of the training; tests are always eager. See docs/performance.md.
    checkpoint : path, optional
        Written after every epoch, on Ctrl-C, and before a run is given up for NaN.
    progress : bool, optional
        Show progress bars; default: on a terminal.

    Attributes
    ----------
    presentation : int
        Presentations completed; each showed `batch_size` images for `steps_per_image` steps.
    history : list of dict
        One row per epoch: errors, mean rates, seconds. Of a network with replicas: their means,
        and as ``sd_<name>`` their standard deviations (n - 1).
    histories : list of list of dict
        The rows of each replica; of a network without, `history` alone.
    stream : Runner
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
        seed: int | Sequence[int] = 0,
        schedule: Schedule | Mapping[str, Schedule] | None = None,
        checkpoint: Path | str | None = None,
        progress: bool | None = None,
        decay_schedule: Schedule | None = None,
        encoding: Encoding | None = None,
        backend: str = "auto",
    ):
        super().__init__(
            network,
            dataset,
            steps_per_image,
            batch_size,
            seed,
            schedule,
            decay_schedule,
            encoding,
            backend,
        )
        self.checkpoint = Path(checkpoint) if checkpoint is not None else None
        self.progress = progress
        self.wall_seconds = 0.0
        self.histories: list[list[Row]] = [[] for _ in self.seeds]
        self.history: list[Row] = self.histories[0] if network.replicas is None else []

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
            If potentials or weights become NaN or infinite; the device runs out of memory; or the
            user's rule or circuit fails, with its file and line.
        Stopped
            On Ctrl-C or SIGTERM, after the presentation under way and the checkpoint.
        """
        require(epochs >= 1, f"epochs must be at least 1, {epochs} given")
        with enough_memory():
            guard = Guard(self)
        done = len(self.history)
        files = user_files(self.network.rule, self.network.feedback)
        with (
            enough_memory(),
            blaming("a step of the training", *files),
            interruptible() as interrupt,
        ):
            for epoch in range(done + 1, done + epochs + 1):
                end = self.order.presentations(epoch)
                self._run_to(end, f"epoch {epoch}/{done + epochs}", guard, interrupt)
                finished = self.presentation >= end
                if finished:
                    self._keep_rows(epoch)
                    self.tally.clear()
                self.save_checkpoint()
                if finished and after_epoch is not None:
                    after_epoch(self.history)
                if interrupt.requested:
                    raise Stopped(f"stopped at step {self.step}")
        return self.history

    def _run_to(self, end: int, label: str, guard: Guard, interrupt: Interrupt) -> None:
        """Train up to presentation `end`, or to the first presentation after an interrupt."""
        started, began = time.perf_counter(), self.step

        def note() -> str:
            speed = (self.step - began) / (time.perf_counter() - started)
            return f"error {self.tally.errors()[1]:.2f} %  {speed:.0f} steps/s"

        todo = end - self.presentation
        with progress_bar(label, todo, self.progress, keep=True) as bar:
            while self.presentation < end and not interrupt.requested:
                for _ in self.present(each=False):
                    pass
                bar.advance(1, note)
                if self.presentation % guard.every == 0:
                    self._check(guard)
        self.wall_seconds += time.perf_counter() - started
        self._check(guard)

    def _check(self, guard: Guard) -> None:
        """Give the run up, after saving its last good state, if NaN or infinity have come up."""
        failure = guard.look()
        if failure is not None:
            self.save_checkpoint()
            saved = self.checkpoint
            where = f"; the last good state is in {saved}" if saved else ""
            raise SpikefaError(f"{failure}: lower the learning rate or the feedback scale{where}")

    def _keep_rows(self, epoch: int) -> None:
        """Add the metrics of the epoch that has just ended to the histories."""
        tested = self.dataset.validation
        score = None if tested is None else self.test(tested, "validation")
        if self.network.replicas is None:
            self.history.append(epoch_row(self, epoch, self.wall_seconds, score))
            return
        for number, rows in enumerate(self.histories):
            own = None if score is None else score.replicas[number]
            rows.append(epoch_row(self, epoch, self.wall_seconds, own, number))
        self.history.append(together([rows[-1] for rows in self.histories]))

    def test(
        self, images: Images | None = None, name: str = "test", batch: int | None = None
    ) -> Score:
        """Test with plasticity arrested; nothing of the training is touched.

        Parameters
        ----------
        images : Images, optional
            Default: the test images of the data set.
        name : str, default "test"
            Names the random streams of the test.
        batch : int, optional
            Streams side by side, see `evaluate`; the fewer, the less memory.
        """
        images = self.dataset.test if images is None else images
        shown = len(images) * len(self.seeds)
        with enough_memory(), progress_bar(name, shown, self.progress) as bar:
            return evaluate(
                self.network,
                images,
                self.dataset.full_scale,
                self.dataset.n_classes,
                self.steps_per_image,
                self.seeds,
                name,
                self.encoding,
                batch,
                bar.advance,
            )

    # -- state ---------------------------------------------------------------------------------

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
                [row for rows in self.histories for row in rows],
            ),
        )

    def restore(self, path: Path | str) -> None:
        """Continue from a checkpoint.

        Raises
        ------
        SpikefaError
            If the file is no checkpoint, is damaged, or is of other settings, of another network,
            of another kind of device, or of a backend whose random numbers are others.
        """
        saved = load_checkpoint(Path(path))
        for name, here in self._settings().items():
            there = saved.settings.get(name, BEFORE.get(name))
            require(
                here == there or (name == "backend" and {here, there} == DRAW_ALIKE),
                f"{path} is of another run: its {name} is {there}, here it is {here}",
            )
        self.set_state(saved.tensors, saved.generators, saved.presentation)
        self.wall_seconds = saved.wall_seconds
        self._restore_histories(saved.history)

    def _restore_histories(self, rows: list[Row]) -> None:
        """Go back to the rows of a checkpoint, where one replica follows the other."""
        epochs = len(rows) // len(self.seeds)
        firsts = [number * epochs for number in range(len(self.seeds))]
        self.histories = [rows[first : first + epochs] for first in firsts]
        self.history = self.histories[0]
        if self.network.replicas is not None:
            self.history = [together(of_all) for of_all in zip(*self.histories, strict=True)]

    def _settings(self) -> dict[str, Any]:
        replicated = self.network.replicas is not None
        return {
            "replicas": self.network.replicas,
            "seed": self.seeds if replicated else self.seed,
            "batch_size": self.batch_size,
            "steps_per_image": self.steps_per_image,
            "dataset": self.dataset.name,
            "training_images": len(self.dataset.train),
            "device": self.network.device.type,
            "backend": self.backend,
        }

    def save_checkpoint(self) -> None:
        """Write the checkpoint file that was given, if any."""
        if self.checkpoint is not None:
            if self.recorder is not None:  # what lies before a checkpoint must not be lost
                self.recorder.commit()
            self.save(self.checkpoint)
