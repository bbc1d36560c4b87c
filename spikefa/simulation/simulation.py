"""The simulation: drives a network through its stimulus, measures, tests, saves and resumes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch import Tensor

from spikefa.datasets.images import Dataset, Images
from spikefa.feedback import FeedbackCircuit
from spikefa.network import Network
from spikefa.plugins.user_code import blaming, user_files
from spikefa.recording import MAX_HOST_BYTES, Probe, Recorder, When
from spikefa.recording.plan.predicates import Function
from spikefa.simulation.curves import follow
from spikefa.simulation.epochs import Epochs
from spikefa.simulation.evaluation import Evaluation
from spikefa.simulation.guard import do_presentations
from spikefa.simulation.history import History, Row
from spikefa.simulation.made_once import MadeOnce
from spikefa.simulation.memory import require_room_for_states
from spikefa.simulation.rate_factors import RateFactors
from spikefa.simulation.readings import Readings
from spikefa.simulation.recorded import continue_recording
from spikefa.simulation.resuming import MINUTES, Checkpoints
from spikefa.simulation.schedules import Schedule
from spikefa.simulation.shown import Shown
from spikefa.simulation.stimuli import stimuli_of
from spikefa.simulation.tests import Tests
from spikefa.simulation.training import Training
from spikefa.stimulus.answers import Answers, Score
from spikefa.stimulus.augmentation import Augmentation
from spikefa.stimulus.base import Stimulus
from spikefa.stimulus.encodings import Encoding
from spikefa.utils.checking import ranged
from spikefa.utils.devices import enough_memory
from spikefa.utils.indices import indices
from spikefa.utils.progress import Bar
from spikefa.utils.ranges import (
    Batch,
    Count,
    CountOrZero,
    Duration,
    Seed,
    ShareBelowOne,
    Steps,
)
from spikefa.utils.replicas import seeds_of
from spikefa.utils.showing import Progress, progress_word


class Simulation(MadeOnce, Shown, Readings):
    """A network that learns a stimulus while it runs.

    Parameters
    ----------
    network : Network
        Its weights are drawn from `seed`, unless they have been already. If it has replicas, they
        are trained side by side, each as it would be alone with its own seed.
    stimulus : Stimulus or Dataset
        What the network is trained on. The splits of a data set become an `ImageStimulus` each:
        ``train`` is trained on, ``validation``, if any, is tested after every epoch, ``test`` only
        by `test`.
    steps_per_image : int, default 5
        Of a data set: N, the steps of simulated time for which an image is shown.
    test_steps : int, optional
        Of a data set: M, the same in tests; by default N.
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
        Of a data set: how images become input; default ``RateCode()``, see `ImageStimulus`.
    augmentation : Augmentation, optional
        Of a data set: how images are changed in training, see `Augmentation`.
    label_smoothing : float, default 0
        Of a data set: how much the targets are drawn to their mean, see `ImageStimulus`.
    validation, test : Stimulus, optional
        Of a stimulus: what is tested after every epoch, and by `test`; see `Stimulus.held_out`.
    backend : {"auto", "eager", "graph", "deferred", "fused", "fused-bf16x6", ...}, default "auto"
        What executes the steps of the training; tests are always eager. See docs/performance.md.
    checkpoint : path, optional
        Written when training begins, in and after every epoch, on Ctrl-C, and before a run is
        given up for NaN. If the file exists, `restore` it first.
    checkpoint_minutes : float, default 5
        Between two checkpoints in an epoch.
    count_costs : bool, default False
        Whether `costs` counts what the training would cost on a chip, see docs/costs.md.
    average_epochs : float, optional
        Tests use the mean of the weights over about so many last epochs, see `WeightAverage`. By
        default they use the weights as they are.
    progress : {"auto", "bar", "log", "none"} or bool, default "auto"
        True is a bar, False none, log a line an epoch; auto: a bar on a terminal, else a log.

    Raises
    ------
    SpikefaError
        If a number is out of range, or stimulus and network do not fit.
    """

    @ranged
    @enough_memory()
    def __init__(
        self,
        network: Network,
        stimulus: Stimulus | Dataset,
        *,
        steps_per_image: Steps | None = None,
        batch_size: Batch = 100,
        seed: Seed | Sequence[Seed] = 0,
        schedule: Schedule | Mapping[str, Schedule] | None = None,
        decay_schedule: Schedule | None = None,
        encoding: Encoding | None = None,
        augmentation: Augmentation | None = None,
        test_steps: Steps | None = None,
        label_smoothing: ShareBelowOne | None = None,
        validation: Stimulus | None = None,
        test: Stimulus | None = None,
        backend: str = "auto",
        checkpoint: Path | str | None = None,
        checkpoint_minutes: Duration = MINUTES,
        count_costs: bool = False,
        average_epochs: Duration | None = None,
        progress: bool | Progress = "auto",
    ):
        self.network, self.batch_size = network, batch_size
        self.seeds = seeds_of(seed, network.replicas)
        how: dict[str, Any] = {"steps_per_image": steps_per_image, "test_steps": test_steps}
        how |= {"encoding": encoding, "augmentation": augmentation}
        how |= {"label_smoothing": label_smoothing}
        self.stimuli = stimuli_of(network, stimulus, self.seeds, how, validation, test)
        require_room_for_states(network, self.stimuli, batch_size)
        self.stimulus = self.stimuli.train
        factors = RateFactors.of(network.projections, schedule, decay_schedule)
        parts = network, self.stimulus, batch_size, self.seeds, factors, backend, count_costs
        self.training = Training(*parts, average_epochs)
        self.runner, self.metrics = self.training.runner, self.training.metrics
        self.rows = History(network, self.metrics)
        self.history, self.histories = self.rows.shown, self.rows.replicas
        learnt = self.training, self.rows
        self.checkpoints = Checkpoints(*learnt, self.stimuli, checkpoint, checkpoint_minutes)
        tested = network, self.stimuli, self.seeds, self.training.average
        self.tests = Tests(*tested, progress_word(progress))
        self.epochs = Epochs(*learnt, self.tests.validate, self.checkpoints, self.tests.progress)
        self.made = True

    def presentations(self, epochs: float) -> int:
        """Return how many presentations it takes to show at least so many epochs."""
        return self.training.sampler.presentations(epochs)

    def present(self, record: bool = True, each: bool = True) -> Iterator[int]:
        """Show the next item to every stream; yield each step's number; see `Training.present`."""
        return self.training.present(record, each)

    @ranged
    def train(
        self, epochs: Count = 1, after_epoch: Callable[[list[Row]], None] | None = None
    ) -> list[Row]:
        """Train for so many epochs more.

        Parameters
        ----------
        epochs : int, default 1
            An epoch that a stop has cut short is finished first and counts as one.
        after_epoch : callable, optional
            Called with `history` after every epoch.

        Raises
        ------
        SpikefaError
            If potentials or weights become NaN or infinite; the device runs out of memory; or the
            user's rule or circuit fails, with its file and line.
        Stopped
            On Ctrl-C or SIGTERM, after the presentation under way and the checkpoint.
        """
        files = user_files(*self.network.rules.distinct, self.network.feedback)
        with enough_memory(), blaming("a step of the training", *files):
            self.epochs.run(epochs, after_epoch)
        return self.history

    @ranged
    def learn(self, presentations: CountOrZero, bar: Bar | None = None) -> None:
        """Do so many presentations; `bar` is told of each. 100 or more are guarded, see `Guard`."""
        do_presentations(self.training, presentations, bar or Bar(None))

    @ranged
    def follow(
        self, at: Sequence[int], measures: Mapping[str, Callable[[], Any]], bar: Bar | None = None
    ) -> dict[str, np.ndarray]:
        """Learn, `look` and take measures after so many presentations, see `curves.follow`."""
        own = self.look, self.held_out.finite
        return follow(lambda number: self.learn(number, bar), *own, at, measures)

    def set_learning_rates(self, factor: float | Sequence[float] = 1.0, decay: float = 1.0) -> None:
        """Scale learning rates (of all, or of each; 0 freezes) and decay, beside the schedules."""
        self.network.set_learning_rates(self.runner.state, factor, decay)

    def freeze(self, *projections: int) -> None:
        """Let these projections, counted from 0 at the input, not learn; all others do."""
        count = len(self.network.projections)
        frozen = indices(projections, count, "the projections to freeze")
        self.set_learning_rates([float(number not in frozen) for number in range(count)])

    def switch(self, circuit: FeedbackCircuit, seed: int | Sequence[int] = 0) -> None:
        """Let another circuit carry the error from here on; its weights are drawn from `seed`.

        A recording goes on with the variables of the new circuit. If one that it needs is not there
        any more, a `SpikefaError` says so, the recording has ended, and the training can go on.
        """
        self.training.switch(circuit, seed)
        self.tests.renew()

    def test(
        self,
        stimulus: Stimulus | Images | None = None,
        name: str = "test",
        batch: int | None = None,
        spikes: bool = False,
    ) -> Score:
        """Test with plasticity arrested; nothing of the training is touched.

        Parameters
        ----------
        stimulus : Stimulus or Images, optional
            Default: that for tests. Images are shown as the training images are.
        name : str, default "test"
            Names the random streams of the test.
        batch : int, optional
            Streams side by side, see `Evaluation`; the fewer, the less memory.
        spikes : bool, default False
            Whether ``score.predictions`` has the output spikes of each class too.
        """
        self.training.finish()
        return self.tests.run(stimulus, name, batch, spikes)

    @property
    def held_out(self) -> Evaluation:
        """What `look` runs; the error is fed back there."""
        return self.tests.held_out

    def look(self) -> Answers:
        """Let the network answer what is held out, all replicas at once; see `Evaluation.run`."""
        self.training.finish()
        return self.tests.look()

    def tensors(self) -> dict[str, Tensor]:
        """Return every tensor that training changes, and the feedback weights, by name."""
        return self.training.tensors()

    def save(self, path: Path | str) -> None:
        """Write a checkpoint from which `restore` continues bit for bit."""
        self.checkpoints.save(path)

    def restore(self, path: Path | str) -> None:
        """Continue from a checkpoint; a `SpikefaError` says why if it cannot."""
        self.checkpoints.restore(path)

    def save_checkpoint(self) -> None:
        """Write the checkpoint file that was given, if any."""
        self.checkpoints.write()

    def record(
        self,
        path: Path | str,
        probes: Sequence[Probe],
        windows: When | Sequence[When],
        provenance: Mapping[str, Any] | None = None,
        max_host_bytes: int = MAX_HOST_BYTES,
        durability: Literal["flush", "fsync"] = "flush",
        overwrite: bool = False,
    ) -> Recorder:
        """Record the training from here on, in a new file; see `start_recording`.

        It is closed when the simulation is left as a context manager, or when another one begins.
        """
        others = provenance, max_host_bytes, durability, overwrite
        return self.training.record(path, probes, windows, *others)

    def resume_recording(
        self, path: Path | str, predicates: Mapping[str, Function] | None = None
    ) -> Recorder:
        """Go on with the recording of a run that was stopped; see `continue_recording`."""
        self.training.finish()
        recorder = continue_recording(self.runner, path, self.step, predicates)
        return self.training.record_with(recorder)

    def __enter__(self) -> "Simulation":
        return self

    def __exit__(self, *failure: Any) -> None:
        self.training.close(*failure)
