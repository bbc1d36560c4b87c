"""A network in training, presentation by presentation, with or without a recorder."""

import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from weakref import finalize

from torch import Tensor

from spikefa.feedback import FeedbackCircuit
from spikefa.network import Network
from spikefa.network.checks import check_modulators, check_rule_once, warn_of_large_rates
from spikefa.network.parts import check_not_set
from spikefa.recording import Probe, Recorder, When
from spikefa.simulation.cost_counter import CostCounter
from spikefa.simulation.follower import Follower
from spikefa.simulation.looking_ahead import load
from spikefa.simulation.rank_checks import check_ranks
from spikefa.simulation.rate_factors import RateFactors
from spikefa.simulation.recorded import (
    close_abandoned,
    finish_recording,
    go_on_recording,
    recorded,
    records_into,
    start_recording,
)
from spikefa.simulation.runner import Runner
from spikefa.simulation.running_metrics import RunningMetrics
from spikefa.simulation.under_way import UnderWay
from spikefa.simulation.weight_average import average_of
from spikefa.stimulus.base import Stimulus
from spikefa.stimulus.sampler import Sampler
from spikefa.utils.tensors import check_same, copy_into, named_tensors

LOG = logging.getLogger(__name__)


@dataclass(eq=False)
class Training:
    """Everything that changes while a network learns; does one presentation after the other.

    Parameters
    ----------
    network : Network
    stimulus : Stimulus
    batch_size : int
    seeds : list of int
        One for each replica.
    factors : RateFactors
    backend : str
        Name of the backend, as for `Simulation`.
    count_costs : bool, default False
    average_epochs : float, optional
        Time constant of the mean of the weights; by default there is none.

    Attributes
    ----------
    runner : Runner
    sampler : Sampler
        The order of the items.
    metrics : RunningMetrics
        Measures and rates since they were last cleared.
    counter : CostCounter or None
        What counts costs, if they are counted.
    average : WeightAverage or None
        The mean of the weights, if there is one.
    recorder : Recorder or None
    presentation : int
        Presentations completed.
    """

    network: Network
    stimulus: Stimulus
    batch_size: int
    seeds: list[int]
    factors: RateFactors
    backend: str
    count_costs: bool = False
    average_epochs: float | None = None

    def __post_init__(self) -> None:
        network, stimulus = self.network, self.stimulus
        for rule in network.rules.distinct:
            check_rule_once(rule, network.dtype)
        warn_of_large_rates(network.rules, list(network.projections))
        stimulus.check(network)
        self._check_ranks()
        if not network.initialised:
            check_not_set(network.tensors(), network.preset)
            network.initialise(self.seeds)
        parts = network, stimulus, self.batch_size, self.seeds
        self.runner = Runner(*parts, "train", backend=self.backend)
        LOG.info("backend %s: %s", self.runner.backend.name, self.backend_reason)
        self._check_modulators()
        self.sampler: Sampler = stimulus.sampler(self.batch_size, self.seeds, network.device)
        self.average = average_of(network, self.average_epochs, self.sampler.presentations)
        self.metrics = RunningMetrics(
            stimulus.measures, list(self.runner.variables()), network.device, network.leading
        )
        self.runner.follow_with(Follower(self._measure, self.metrics.tensors))
        self.counter = CostCounter(self.runner) if self.count_costs else None
        if self.counter is not None:
            counter = Follower(self.counter.count, self.counter.tensors, each_step=True)
            self.runner.follow_with(counter)
        self.recorder: Recorder | None = None
        self._abandoned: Any = finalize(self, int)  # there is no recording to close yet
        self.presentation = 0
        self._under_way = UnderWay(self._fail_recording)

    def _check_ranks(self) -> None:
        """Refuse ranks that do not do the same, before the first of them waits for another."""
        own = {"the batch": self.batch_size, "the seed": self.seeds, "the backend": self.backend}
        own |= {"count_costs": self.count_costs, "average_epochs": self.average_epochs}
        check_ranks(self.network, self.stimulus, own)

    def _check_modulators(self) -> None:
        network, state = self.network, self.runner.state
        streams = state.error.shape[-2]  # with those of other ranks, more
        sizes = [population.drive.shape[-1] for population in state.populations]  # on this rank
        modulators = state.each()[0].feedback.modulators
        check_modulators(modulators, streams, sizes, network.dtype, network.feedback)

    @property
    def backend_reason(self) -> str:
        """Why the backend is this one, in one line."""
        return self.runner.uncaptured or self.runner.choice.reason

    @property
    def step(self) -> int:
        """Steps of simulated time so far."""
        return self.presentation * self.stimulus.steps

    @property
    def epoch(self) -> float:
        """Epochs so far."""
        return self.presentation * self.batch_size / len(self.stimulus)

    def present(self, record: bool = True, each: bool = True) -> Iterator[int]:
        """Show the next item to every stream; yield the number of each step after it.

        A presentation that the caller leaves early is finished nevertheless, and recorded: when the
        iterator is closed, which a loop does at `break`, or when the training goes on.

        Parameters
        ----------
        record : bool, default True
            Whether the recorder, if there is one, sees it.
        each : bool, default True
            Whether to stop after each step. If not, only the last is yielded for certain, which
            lets a backend do several steps at once.

        Raises
        ------
        SpikefaError
            If an earlier step has broken off.
        """
        self.finish()
        rates, decay = self.factors.at(self.epoch)
        self.runner.state.schedule_rates(self.network.rules, self.network.feedback, rates, decay)
        yield from self._under_way.run(self._presentation(self.step, record, each))

    def _presentation(self, first: int, record: bool, each: bool) -> Generator[int, None, None]:
        """Do a presentation whose first step has the number `first`, and count it."""
        load(self.runner, self.sampler.items, self.presentation)
        if record and self.recorder is not None:
            items = self.sampler.items_of(self.presentation, self.recorder.streams)
            steps = recorded(self.runner, self.recorder, items, first, each)
        else:
            steps = self.runner.learn(each=each)
        for n in steps:
            if each:  # whoever asked for each step may test, save or read weights
                self.runner.flush()
            yield first + n
        self.presentation += 1
        if self.average is not None:
            self.average.follow(self.presentation)
        self._under_way.forget()

    def finish(self) -> None:
        """Run the rest of a presentation that the caller has left, if there is one.

        Raises
        ------
        SpikefaError
            If a step has broken off, so that the state is not whole.
        """
        self._under_way.finish()

    def forget(self) -> None:
        """Forget the presentation under way, because the state will be replaced."""
        self._under_way.forget()

    def check_whole(self) -> None:
        """Finish the presentation under way, and check that the state can be saved."""
        self.finish()
        self.runner.in_place.check()

    def close(self, *failure: Any) -> None:
        """Finish the presentation under way, if the state is whole, and close the recording.

        The arguments are those of ``__exit__``; a `Stopped` is no failure of the recording.
        """
        ending: BaseException | None = failure[1]
        try:
            if not self._under_way.torn:
                self.finish()
        except BaseException as error:
            ending = error
            raise
        finally:
            if self.recorder is not None:
                finish_recording(self.recorder, ending)

    def _fail_recording(self) -> None:
        """Close the recording: the step after its last row has broken off, or is undone."""
        if self.recorder is not None:
            self.recorder.close("failed")

    def record_with(self, recorder: Recorder) -> Recorder:
        """Let a recorder see the training from here on; the one before it is closed, whole."""
        before, self.recorder = self.recorder, recorder
        if before is not None:
            finish_recording(before)
        self._abandoned.detach()
        self._abandoned = finalize(self, close_abandoned, recorder)
        self._abandoned.atexit = False
        return recorder

    def record(
        self,
        path: Path | str,
        probes: Sequence[Probe],
        windows: When | Sequence[When],
        provenance: Mapping[str, Any] | None,
        max_host_bytes: int,
        durability: Literal["flush", "fsync"],
        overwrite: bool,
    ) -> Recorder:
        """Record from here on; a recording under way that is to be replaced is finished first."""
        self.finish()
        if (
            overwrite
            and self.recorder is not None
            and records_into(self.runner, self.recorder, path)
        ):
            finish_recording(self.recorder)
            self.recorder = None
        others = provenance, max_host_bytes, durability, overwrite
        recorder = start_recording(self.runner, self.step, path, probes, windows, *others)
        return self.record_with(recorder)

    def _measure(self) -> None:
        """Add the measures and the activity of the presentation that ends to the metrics."""
        shown = self.runner.stimulus_state
        measured = self.stimulus.measure(shown, self.runner.outputs)
        self.metrics.add(measured, [shown.inputs, *self.runner.backend.activity()])

    def switch(self, circuit: FeedbackCircuit, seed: int | Sequence[int]) -> None:
        """Let another circuit carry the error from now on; see `go_on_recording`."""
        self.finish()
        self.runner.switch(circuit, seed)
        self._check_modulators()
        if self.counter is not None:
            self.counter.begin()
        if self.recorder is not None:
            go_on_recording(self.runner, self.recorder)

    def tensors(self) -> dict[str, Tensor]:
        """Return every tensor that training changes, and the feedback weights, by name."""
        return named_tensors(
            {
                "network": self.network.tensors(),
                "runner": self.runner.tensors(),
                "metrics": self.metrics.tensors(),
                "costs": {} if self.counter is None else self.counter.tensors(),
                "average": {} if self.average is None else self.average.tensors(),
            }
        )

    def set_state(
        self, tensors: Mapping[str, Any], generators: dict[str, Tensor], presentation: int
    ) -> None:
        """Restore a state that was taken from this training, or from one with the same settings.

        A recording that has seen later steps is closed, because these steps are made again.
        """
        check_same(self.runner.random.states(), generators)
        check_same(self.tensors(), tensors)
        if presentation < self.presentation or self._under_way.torn:
            self._fail_recording()
            self.recorder = None
        self._under_way.forget()
        self.runner.flush()  # postponed plasticity of the old state must not reach the new one
        copy_into(self.tensors(), tensors)
        self.runner.random.set_states(generators)
        self.presentation = presentation
        self.runner.state.steps = self.step
