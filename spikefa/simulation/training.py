"""A network in training, presentation by presentation, with or without a recorder."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from spikefa.backends import choose_backend
from spikefa.feedback import FeedbackCircuit
from spikefa.network import Network
from spikefa.network.checks import check_modulators, check_rule_once
from spikefa.recording import Recorder
from spikefa.simulation.rate_factors import RateFactors
from spikefa.simulation.recorded import finish_recording, recorded
from spikefa.simulation.runner import Follower, Runner
from spikefa.simulation.running_metrics import RunningMetrics
from spikefa.stimulus.base import Stimulus
from spikefa.stimulus.sampler import Sampler
from spikefa.utils.tensors import check_same, copy_into, named_tensors


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

    Attributes
    ----------
    runner : Runner
    sampler : Sampler
        The order of the items.
    metrics : RunningMetrics
        Measures and rates since they were last cleared.
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

    def __post_init__(self) -> None:
        network, stimulus = self.network, self.stimulus
        check_rule_once(network.rule, network.dtype)
        stimulus.check(network)
        if not network.initialised:
            network.initialise(self.seeds)
        chosen = choose_backend(self.backend, network)
        parts = network, stimulus, self.batch_size, self.seeds
        self.runner = Runner(*parts, "train", backend=chosen)
        self._check_modulators()
        self.sampler: Sampler = stimulus.sampler(self.batch_size, self.seeds, network.device)
        self.metrics = RunningMetrics(
            stimulus.measures, list(self.runner.variables()), network.device, network.leading
        )
        self.runner.follow_with(Follower(self._measure, self.metrics.tensors))
        self.recorder: Recorder | None = None
        self.presentation = 0

    def _check_modulators(self) -> None:
        network, state = self.network, self.runner.state
        sizes = [population.size for population in network.populations.values()]
        modulators = state.each()[0].feedback.modulators
        check_modulators(modulators, self.batch_size, sizes, network.dtype, network.feedback)

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

        Parameters
        ----------
        record : bool, default True
            Whether the recorder, if there is one, sees it.
        each : bool, default True
            Whether to stop after each step. If not, only the last is yielded for certain, which
            lets a backend do several steps at once.
        """
        rates, decay = self.factors.at(self.epoch)
        self.network.set_learning_rates(self.runner.state, rates, decay)
        self.runner.load(self.presentation, self.sampler.items(self.presentation))
        first = self.step
        if record and self.recorder is not None:
            items = self.sampler.items_of(self.presentation, self.recorder.streams)
            steps = recorded(self.runner, self.recorder, items, first, each)
        else:
            steps = self.runner.learn(each=each)
        for n in steps:
            yield first + n
        self.presentation += 1

    def record_with(self, recorder: Recorder) -> Recorder:
        """Let a recorder see the training from here on; the one before it is closed, whole."""
        before, self.recorder = self.recorder, recorder
        if before is not None:
            finish_recording(before)
        return recorder

    def _measure(self) -> None:
        """Add the measures and the activity of the presentation that ends to the metrics."""
        shown = self.runner.stimulus_state
        measured = self.stimulus.measure(shown, self.runner.outputs)
        spikes = [population.spikes for population in self.runner.state.populations]
        self.metrics.add(measured, [shown.inputs, *spikes])

    def switch(self, circuit: FeedbackCircuit, seed: int | Sequence[int]) -> None:
        """Let another circuit carry the error from now on."""
        self.runner.switch(circuit, seed)
        self._check_modulators()

    def tensors(self) -> dict[str, Tensor]:
        """Return every tensor that training changes, and the feedback weights, by name."""
        return named_tensors(
            {
                "network": self.network.tensors(),
                "runner": self.runner.tensors(),
                "metrics": self.metrics.tensors(),
                "factors": self.factors.own,
            }
        )

    def set_state(
        self, tensors: Mapping[str, Any], generators: dict[str, Tensor], presentation: int
    ) -> None:
        """Restore a state that was taken from this training, or from one with the same settings."""
        check_same(self.runner.random.states(), generators)
        self.runner.flush()  # postponed plasticity of the old state must not reach the new one
        copy_into(self.tensors(), tensors)
        self.runner.random.set_states(generators)
        self.presentation = presentation
        self.runner.state.steps = self.step
