"""Functions to learn, as a stimulus with an endless supply of examples."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from spikefa.datasets.examples import Examples
from spikefa.datasets.functions import Task, drawn
from spikefa.errors import require
from spikefa.network import Network
from spikefa.plugins.describing import describe
from spikefa.stimulus.base import Sources, Stimulus
from spikefa.stimulus.examples import ExampleStimulus
from spikefa.stimulus.rates import check_sizes, half_squared_error, rate_random_path
from spikefa.stimulus.sampler import CountingSampler
from spikefa.stimulus.state import StimulusState
from spikefa.utils.checking import check_fields
from spikefa.utils.devices import handed_over
from spikefa.utils.memory import require_room
from spikefa.utils.numbers import shown
from spikefa.utils.ranges import Count
from spikefa.utils.seeding import generator

BLOCK = 256
"""Number of presentations for which examples are drawn together."""


@dataclass
class FunctionState(StimulusState):
    """The present examples, and those drawn in advance.

    Attributes
    ----------
    block_inputs, block_targets : Tensor [replicas, BLOCK * batch, n]
    """

    block_inputs: Tensor
    block_targets: Tensor


@dataclass(eq=False)
class FunctionStimulus(Stimulus):
    """Examples of a task; every presentation draws new ones.

    Two stimuli with the same task, batch and seed show the same examples to any network. Each
    replica draws from its own seed, and may have its own task.

    Parameters
    ----------
    task : Task or sequence of Task
        For a network with replicas: one for all, or one for each.
    tests : int, default 500
        Number of held-out examples, drawn from the stream ``test`` of each seed.
    epoch : int, default 1000
        Number of examples that count as an epoch.

    Raises
    ------
    SpikefaError
        If a number is less than 1.
    """

    quiet_tests: ClassVar[bool] = True
    host_streams: ClassVar[tuple[str, ...]] = ("examples",)
    measures: ClassVar[tuple[str, ...]] = ("squared_error",)

    task: Task | Sequence[Task]
    tests: Count = field(default=500, kw_only=True)
    epoch: Count = field(default=1000, kw_only=True)

    def __post_init__(self) -> None:
        check_fields(self)
        self.tasks = [self.task] if isinstance(self.task, Task) else list(self.task)
        require(bool(self.tasks), "there is no task: give one, or one for each replica")
        for task in self.tasks:
            require(
                isinstance(task, Task),
                f"a task is {shown(task)}: give Task(name, n_inputs, n_outputs, draw)",
            )
        self.n_inputs = self.tasks[0].n_inputs
        self.name = self.tasks[0].name

    def __len__(self) -> int:
        return self.epoch

    def check(self, network: Network) -> None:
        """Check that the tasks fit the network and its replicas.

        Raises
        ------
        SpikefaError
            If they do not.
        """
        self._of_replicas(network.replicas or 1)
        for task in self.tasks:
            check_sizes("a task", task.n_inputs, task.n_outputs, network)
            drawn(task, 1, generator(0, "fingerprint"))

    def _of_replicas(self, replicas: int) -> list[Task]:
        """Return a task for each replica."""
        require(
            len(self.tasks) in (1, replicas),
            f"{len(self.tasks)} tasks for {replicas} replicas: give one, or one for each",
        )
        return list(self.tasks) * (replicas // len(self.tasks))

    def fingerprint(self) -> dict[str, Any]:
        """Return the tasks with their arguments, the first example of each, and the epoch."""
        firsts = [drawn(task, 1, generator(0, "fingerprint")) for task in self.tasks]
        described: dict[str, Any] = {"epoch": self.epoch, "tasks": len(self.tasks)}
        for number, (task, pair) in enumerate(zip(self.tasks, firsts, strict=True)):
            described |= describe(f"task {number}", task)
            described |= describe(f"the first example of task {number}", torch.cat(pair, -1))
        return described

    def state(
        self, streams: int, n_outputs: int, device: torch.device, dtype: torch.dtype
    ) -> FunctionState:
        """Return the state before the first example."""

        def zeros(*shape: int, dtype: torch.dtype = dtype) -> Tensor:
            return torch.zeros(shape, device=device, dtype=dtype)

        return FunctionState(
            inputs=zeros(streams, self.n_inputs),
            target=zeros(streams, n_outputs),
            uniforms=zeros(0),
            items=zeros(streams, dtype=torch.int64),
            labels=zeros(streams, dtype=torch.int64),
            block_inputs=zeros(BLOCK, streams, self.n_inputs),
            block_targets=zeros(BLOCK, streams, n_outputs),
        )

    def load(
        self, state: StimulusState, presentation: int, items: Tensor, sources: Sources
    ) -> None:
        """Copy the next examples; draw those of the next `BLOCK` presentations when needed."""
        assert isinstance(state, FunctionState)
        place = presentation % BLOCK
        if place == 0:
            self._draw(state, sources["examples"])
        state.items.copy_(items, non_blocking=True)
        state.inputs.copy_(state.block_inputs[place])
        state.target.copy_(state.block_targets[place])

    def _draw(self, state: FunctionState, generators: Sequence[torch.Generator]) -> None:
        replicas = len(generators)
        batch = state.inputs.shape[0] // replicas
        tasks = self._of_replicas(replicas)
        for number, (task, source) in enumerate(zip(tasks, generators, strict=True)):
            own = slice(number * batch, (number + 1) * batch)
            for block, new in zip(
                (state.block_inputs, state.block_targets),
                drawn(task, BLOCK * batch, source),
                strict=True,
            ):
                host = new.reshape(BLOCK, batch, -1).to(dtype=block.dtype)
                block[:, own] = handed_over(host, block.device)

    def show(self, state: StimulusState) -> None:
        """Do nothing: `load` has copied the examples."""

    def step(self, state: StimulusState) -> None:
        """Leave the inputs as they are."""

    def measure(self, state: StimulusState, outputs: Tensor) -> Tensor:
        """Return half the squared error."""
        return half_squared_error(outputs, state.target).unsqueeze(0)

    def sampler(self, batch: int, seeds: Sequence[int], device: torch.device) -> CountingSampler:
        """Return a sampler that numbers the examples, none of which is repeated."""
        return CountingSampler(self.epoch, batch, len(seeds), device)

    def random_path(self, run: str, part: tuple[str, ...]) -> tuple[str, ...]:
        """Return ``noise/<part>`` for a part of the network; host streams keep their names."""
        return rate_random_path(part)

    def held_out(self, seeds: Sequence[int]) -> ExampleStimulus:
        """Return examples for tests, drawn from the stream ``test`` of each seed."""
        tasks = self._of_replicas(len(seeds))
        each = sum((task.n_inputs + task.n_outputs) * 8 for task in tasks)
        require_room({f"{self.tests:,} examples for tests": self.tests * each}, mend="lower tests")
        examples = [
            drawn(task, self.tests, generator(seed, "test"))
            for task, seed in zip(tasks, seeds, strict=True)
        ]
        inputs, targets = (torch.stack(each) for each in zip(*examples, strict=True))
        if len(seeds) == 1:
            inputs, targets = inputs[0], targets[0]
        return ExampleStimulus(Examples(inputs, targets), name=self.name)
