"""The course of a training: a network, its stream of images, and where it has got to."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TypeVar

from torch import Tensor

from spikefa.backends import choose_backend
from spikefa.datasets import Dataset
from spikefa.errors import require
from spikefa.network.checks import check_modulators, rehearse
from spikefa.network.network import Network
from spikefa.recording import MAX_HOST_BYTES, CapturedRows, Probe, Recorder, When
from spikefa.recording.plan.predicates import Function
from spikefa.simulation.interrupts import Stopped
from spikefa.simulation.runner import Runner
from spikefa.simulation.running_metrics import RunningMetrics
from spikefa.simulation.schedules import Constant, Schedule, schedules_of
from spikefa.stimulus.encodings import Encoding
from spikefa.stimulus.sampler import Orders
from spikefa.utils.devices import enough_memory
from spikefa.utils.replicas import seeds_of
from spikefa.utils.tensors import check_same, copy_into, named_tensors

Self = TypeVar("Self", bound="Course")


class Course:
    """Presentation after presentation, recorded or not; the state can be taken and set.

    What the numbers mean stands at `Simulation`, which adds epochs, tests and files.

    Attributes
    ----------
    presentation : int
        Presentations completed.
    backend : str
        What executes the steps: "eager", "graph", "fused", or that with another precision.
    stream : Runner
        State, stimulus and generators of the training.
    order : Orders
        Which image comes when.
    seeds : list of int
        Of the network, or of each of its replicas.
    tally : RunningMetrics
        Errors and rates since the last row of metrics.
    recorder : Recorder or None
    """

    @enough_memory()
    def __init__(
        self,
        network: Network,
        dataset: Dataset,
        steps_per_image: int,
        batch_size: int,
        seed: int | Sequence[int],
        schedule: Schedule | Mapping[str, Schedule] | None = None,
        decay_schedule: Schedule | None = None,
        encoding: Encoding | None = None,
        backend: str = "auto",
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
        self.seeds = seeds_of(seed, network.replicas)
        self.seed = self.seeds[0]
        self.schedules = schedules_of(network.synapses, schedule)
        self.decay_schedule = decay_schedule or Constant()
        rehearse(network.rule, network.dtype)
        if not network.initialised:
            network.initialise(self.seeds)
        shown = (dataset.full_scale, dataset.n_classes, batch_size, self.seeds)
        self.encoding = encoding
        chosen = choose_backend(backend, network)
        self.stream = Runner(
            network, dataset.train, *shown, name="train", encoding=encoding, backend=chosen
        )
        self.backend = self.stream.backend.name
        sizes = [population.size for population in network.populations.values()]
        state = self.stream.state if network.replicas is None else self.stream.state.replica(0)
        modulators = state.feedback.modulators
        check_modulators(modulators, batch_size, sizes, network.dtype, network.feedback)
        self.order = Orders(len(dataset.train), batch_size, self.seeds, network.device)
        names = list(self.stream.variables())
        self.tally = RunningMetrics(names, network.device, network.replicas)
        self.stream.follow_with(self._count, self.tally.tensors)
        self.recorder: Recorder | None = None
        self.presentation = 0

    @property
    def step(self) -> int:
        """Steps of simulated time so far."""
        return self.presentation * self.steps_per_image

    @property
    def epoch(self) -> float:
        """Epochs of training so far."""
        return self.presentation * self.batch_size / len(self.dataset.train)

    def present(self, record: bool = True, each: bool = True) -> Iterator[int]:
        """Show the next image to every stream; yield the number of each step after it.

        Parameters
        ----------
        record : bool, default True
            Whether the recorder, if there is one, sees it.
        each : bool, default True
            Whether to stop after each step. If not, only the last is yielded for certain, which
            lets a backend do several steps at once.
        """
        rates = [schedule(self.epoch) for schedule in self.schedules.values()]
        self.network.set_learning_rates(self.stream.state, rates, self.decay_schedule(self.epoch))
        shown, first, steps = self.order.images(self.presentation), self.step, self.steps_per_image
        recorder = self.recorder if record else None
        rows = None
        if recorder is not None and recorder.wants(first + steps):
            if self.stream.backend.captures and not each:
                rows = recorder.captured_rows(steps)
            each = rows is None
        land = None if rows is None else rows.keep
        for n in self.stream.present(shown, steps, plastic=True, each=each, land=land):
            if recorder is not None:
                self._record(recorder, [n] if rows is None else range(steps), rows)
            yield first + n
        self.presentation += 1

    def _record(self, recorder: Recorder, steps: Iterable[int], rows: CapturedRows | None) -> None:
        """Let the recorder observe some steps of the image on show, from `rows` if captured."""
        image = self.order.image(self.presentation, recorder.stream)
        label = int(self.dataset.train.labels[image])
        for n in steps:
            recorder.observe(self.step + n, image, label, None if rows is None else rows.row(n))

    def _count(self) -> None:
        """Count the guesses and spikes of the presentation that ends."""
        readout, stimulus = self.stream.readout, self.stream.stimulus
        spikes = [population.spikes for population in self.stream.state.populations]
        self.tally.add(readout.last, readout.summed, stimulus.labels, [stimulus.spikes, *spikes])

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
        self.stream.settle()  # nothing of the state that is left may reach the new one
        copy_into(self.tensors(), tensors)
        self.stream.set_generator_states(generators)
        self.presentation = presentation
        self.stream.state.steps = self.step

    def record(
        self,
        path: Path | str,
        probes: Sequence[Probe],
        windows: When | Sequence[When],
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
        windows : Window, Always, ImageWindow, EveryImage, Trigger, or sequence of them
            When: steps and images are counted from the beginning of the run. They may overlap,
            and `spikefa.recording.figure_windows` makes those of figure 4.
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
        if self.network.replicas is not None:
            given |= {"replicas": self.network.replicas, "seeds": json.dumps(self.seeds)}
        given["backend"] = self.backend
        self.recorder = Recorder.create(
            path,
            probes,
            windows,
            self.stream.variables(),
            given,
            thumbnails=self.dataset.train.pixels,
            n_classes=self.dataset.n_classes,
            max_host_bytes=max_host_bytes,
            durability=durability,
            steps_per_image=self.steps_per_image,
        )
        return self.recorder

    def resume_recording(
        self, path: Path | str, predicates: Mapping[str, Function] | None = None
    ) -> Recorder:
        """Go on with the recording of a run that was stopped, from the present step.

        What the file holds of later steps is dropped: the simulation will go through them again.

        Parameters
        ----------
        path : path
            The recording.
        predicates : mapping of str to callable, optional
            The predicates of your own that triggers have, by the labels of the triggers.

        Raises
        ------
        SpikefaError
            If the file is none of this network, or a predicate is missing.
        """
        self.recorder = Recorder.resume(
            path,
            self.stream.variables(),
            self.step,
            thumbnails=self.dataset.train.pixels,
            predicates=predicates,
        )
        return self.recorder

    def __enter__(self: Self) -> Self:
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
