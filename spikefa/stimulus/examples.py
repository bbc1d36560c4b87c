"""Examples, which are inputs with target outputs, as a stimulus for rate networks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from spikefa.datasets.examples import Examples
from spikefa.errors import require
from spikefa.network import Network
from spikefa.plugins.describing import describe
from spikefa.stimulus.augmentation import (
    Augmentation,
    augment,
    chances_of,
    check_augmentation,
    described,
    tested,
)
from spikefa.stimulus.base import Sources, Stimulus
from spikefa.stimulus.example_answers import ExampleAnswers
from spikefa.stimulus.items import check_items, pick
from spikefa.stimulus.rates import check_sizes, half_squared_error, rate_random_path
from spikefa.stimulus.sampler import ShuffledSampler
from spikefa.stimulus.state import StimulusState
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import Steps
from spikefa.utils.tensors import CONSTANT, Variable

Alteration = Callable[[Tensor, torch.Generator], None]
"""Changes inputs [batch, n_in] in place, such as by distorting images; targets stay the same."""


@dataclass
class ExampleState(StimulusState):
    """The present examples, and all examples in one table, replica by replica.

    Attributes
    ----------
    rows : Tensor [rows, n_in]
    row_targets : Tensor [rows, n_out]
    row_labels : int64 Tensor [rows]
    first_row : int64 Tensor [streams]
        The row where the examples of each stream begin.
    """

    rows: Tensor = field(metadata=CONSTANT)
    row_targets: Tensor = field(metadata=CONSTANT)
    row_labels: Tensor = field(metadata=CONSTANT)
    first_row: Tensor = field(metadata=CONSTANT)


@dataclass(eq=False)
class ExampleStimulus(Stimulus):
    """Examples, each shown for one step, for rate networks (tau = 1).

    Two stimuli with the same examples, batch and seed show the same sequence to any network.

    Parameters
    ----------
    examples : Examples
        With a leading dimension, each replica has its own examples, for tests.
    shuffled : bool, default True
        Whether every epoch has its own order. If not, the examples are shown in their own order,
        and the batches repeat after an epoch.
    change : callable, optional
        ``change(inputs, generator)`` alters the inputs [batch, n_in] of a batch in place before
        they are shown, from the random stream ``change``.
    steps : int, default 1
        Steps for which an example is shown; neurons with memory need more than one.
    name : str, default "examples"
    augmentation : Augmentation, optional
        How inputs are changed in training, after the `change`; see `Augmentation`. What is moved
        into images is 0, which is the mean of standardised inputs. Targets stay the same.

    Raises
    ------
    SpikefaError
        If `steps` is less than 1, or the augmentation does not fit the inputs.
    """

    quiet_tests: ClassVar[bool] = True
    host_streams: ClassVar[tuple[str, ...]] = ("change",)

    examples: Examples
    shuffled: bool = field(default=True, kw_only=True)
    change: Alteration | None = field(default=None, kw_only=True)
    steps: Steps = field(default=1, kw_only=True)
    name: str = field(default="examples", kw_only=True)
    augmentation: Augmentation | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        check_fields(self)
        require(
            isinstance(self.examples, Examples),
            f"examples are a {type(self.examples).__name__}: give Examples(inputs, targets)",
        )
        self.n_inputs = self.examples.inputs.shape[-1]
        check_augmentation(self.augmentation, self.n_inputs, self.name)

    @property
    def measures(self) -> tuple[str, ...]:  # type: ignore[override]
        """The squared error and, if the examples have classes, the share of wrong guesses."""
        return _MEASURES if self.examples.labels is None else ("error_percent", *_MEASURES)

    def __len__(self) -> int:
        return len(self.examples)

    def labels(self, items: Sequence[int]) -> list[int]:
        """Return the classes of some examples, 0 if they have none."""
        labels = self.examples.labels
        return [0] * len(items) if labels is None else labels[list(items)].tolist()

    def check(self, network: Network) -> None:
        """Check that inputs and outputs fit the network.

        Raises
        ------
        SpikefaError
            If they do not.
        """
        check_sizes("examples", self.n_inputs, self.examples.targets.shape[-1], network)

    def fingerprint(self) -> dict[str, Any]:
        """Return number and content of the examples, and how they are shown."""
        return {
            "examples": self.name,
            "training_examples": len(self),
            "steps_per_example": self.steps,
            "shuffled": self.shuffled,
            **describe("change", self.change),
            **describe("the examples", self.examples),
            **described(self.augmentation),
        }

    def state(
        self, streams: int, n_outputs: int, device: torch.device, dtype: torch.dtype
    ) -> ExampleState:
        """Return the state before the first example."""
        here = self.examples.to(device, dtype)
        rows, targets = here.inputs.flatten(0, -2), here.targets.flatten(0, -2)
        labels = torch.zeros(len(here), dtype=torch.int64, device=device)
        owners = len(rows) // len(here)
        first = torch.arange(owners, device=device).mul_(len(here))
        none = torch.zeros(streams, dtype=torch.int64, device=device)
        return ExampleState(
            inputs=rows.new_zeros(streams, rows.shape[1]),
            target=targets.new_zeros(streams, n_outputs),
            uniforms=rows.new_zeros(0),
            items=none,
            labels=none.clone(),
            rows=rows,
            row_targets=targets,
            row_labels=(labels if here.labels is None else here.labels).repeat(owners),
            first_row=first.repeat_interleave(streams // owners),
            chances=chances_of(self.augmentation, streams, self.n_inputs, device),
        )

    def load(
        self, state: StimulusState, presentation: int, items: Tensor, sources: Sources
    ) -> None:
        """Store the rows of the examples; if there is a `change`, load and alter the inputs."""
        assert isinstance(state, ExampleState)
        check_items(items, state.items)
        torch.add(items, state.first_row, out=state.items)
        if self.change is not None:
            pick(state.rows, state.items, state.inputs)
            generators = sources["change"]
            each = state.inputs.view(len(generators), -1, self.n_inputs)
            for own, source in zip(each, generators, strict=True):
                self.change(own, source)

    def show(self, state: StimulusState) -> None:
        """Show the examples."""
        assert isinstance(state, ExampleState)
        if self.change is None:
            pick(state.rows, state.items, state.inputs)
        augment(self.augmentation, state.inputs, state.chances)
        torch.index_select(state.row_targets, 0, state.items, out=state.target)
        torch.index_select(state.row_labels, 0, state.items, out=state.labels)

    def step(self, state: StimulusState) -> None:
        """Leave the inputs as they are."""

    def measure(self, state: StimulusState, outputs: Tensor) -> Tensor:
        """Return half the squared error; with classes, 100 per wrong guess in front of it."""
        squared = half_squared_error(outputs, state.target)
        if self.examples.labels is None:
            return squared.unsqueeze(0)
        guesses = outputs.unflatten(-1, (-1, self.examples.per_class)).sum(-1).argmax(-1)
        return torch.stack((guesses.ne(state.labels).double().mul_(100), squared))

    def answers(self, network: Network) -> ExampleAnswers:
        """Return an object that keeps all outputs of a test."""
        return ExampleAnswers(self.examples, network)

    def variables(
        self, state: StimulusState
    ) -> tuple[Mapping[str, Variable], Mapping[str, Variable]]:
        """Return the activity of the input, its ``label`` if there are classes, and the target."""
        label = {} if self.examples.labels is None else {"label": state.labels.view(-1, 1)}
        return {"activity": state.inputs, **label}, {"target": state.target}

    def sampler(self, batch: int, seeds: Sequence[int], device: torch.device) -> ShuffledSampler:
        """Return the order of the examples."""
        return ShuffledSampler(len(self), batch, seeds, device, shuffled=self.shuffled)

    def random_path(self, run: str, part: tuple[str, ...]) -> tuple[str, ...]:
        """Return ``noise/<part>`` for a part of the network; host streams keep their names."""
        return rate_random_path(part)

    def in_tests(self) -> "ExampleStimulus":
        """Return the stimulus with what tests do in place of augmentation."""
        if self.augmentation is None:
            return self
        return replace(self, augmentation=tested(self.augmentation))

    def of_replica(self, number: int) -> "ExampleStimulus":
        """Return the stimulus with the examples of one replica, if each has its own."""
        if self.examples.inputs.dim() == 2:
            return self
        own = Examples(self.examples.inputs[number], self.examples.targets[number])
        return ExampleStimulus(own, steps=self.steps, name=self.name)


_MEASURES = ("squared_error",)
