"""The seam for stimuli: subclass `Stimulus`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.network import Network
from spikefa.stimulus.answers import Answers, MeasuredAnswers
from spikefa.stimulus.sampler import Sampler, ShuffledSampler
from spikefa.stimulus.state import StimulusState
from spikefa.utils.tensors import Variable

Sources = Mapping[str, Sequence[torch.Generator]]
"""Generators on the CPU, by the name in `Stimulus.host_streams`; one for each replica."""


class Stimulus(ABC):
    """What is shown to a network, and what is asked of it.

    A stimulus has items (images, examples, ...), numbered from 0. A *presentation* shows one item
    to each stream for `steps` steps. The `Runner` calls, for every presentation,

    1. `load`, on the host: which items come next. It may do what no CUDA graph can hold, such as
       drawing examples on the CPU.
    2. `show`, on the device: begin the presentation.
    3. `step`, on the device, before each step of the network: write ``state.inputs``, and
       ``state.target`` if it changes within the presentation.
    4. `read`, on the device, after each forward sweep: take note of the output, if need be.

    A stimulus holds no state of its own: everything that changes is in the `StimulusState` that
    `state` returns, so one stimulus can serve training and tests at once. A subclass sets the
    attributes without a default, in whatever way it likes; `spikefa.testing.check_stimulus` holds
    it to its promises.

    Attributes
    ----------
    n_inputs : int
        Size of the input population.
    steps : int, default 1
        Steps of simulated time in a presentation.
    name : str, default "stimulus"
        What messages and checkpoints call it.
    n_classes : int, default 1
        Number of classes among which the output neurons are divided; 1 without classes.
    thumbnails : uint8 array [n, height, width], optional
        Pictures of the items, which recordings keep.
    host_streams : tuple of str, default ()
        Names of random streams that `load` draws from.
    quiet_tests : bool, default False
        Whether noise and dropout of the neurons are silent in tests, as is usual for rate networks.
    measures : tuple of str, default ()
        Names of what `measure` returns.
    """

    n_inputs: int
    steps: int = 1
    name: str = "stimulus"
    n_classes: int = 1
    thumbnails: np.ndarray | None = None
    host_streams: ClassVar[tuple[str, ...]] = ()
    quiet_tests: ClassVar[bool] = False
    measures: ClassVar[tuple[str, ...]] = ()

    # -- what there is -------------------------------------------------------------------------

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of items in an epoch."""

    def label(self, item: int) -> int:
        """Return the class of an item; 0 without classes."""
        return 0

    def check(self, network: Network) -> None:
        """Check that the stimulus fits a network.

        Raises
        ------
        SpikefaError
            If the number of inputs differs, or a presentation has no step.
        """
        require(self.steps >= 1, f"a presentation needs at least 1 step, {self.steps} given")
        require(
            self.n_inputs == network.n_inputs,
            f"{self.name} has {self.n_inputs} inputs, the network {network.n_inputs} input neurons",
        )

    def fingerprint(self) -> dict[str, Any]:
        """Return what has to be the same when a run is continued, as plain data."""
        return {"stimulus": self.name, "items": len(self), "steps_per_item": self.steps}

    # -- what happens --------------------------------------------------------------------------

    @abstractmethod
    def state(
        self, streams: int, n_outputs: int, device: torch.device, dtype: torch.dtype
    ) -> StimulusState:
        """Return the state before the first presentation.

        Parameters
        ----------
        streams : int
            Of all replicas together.
        n_outputs : int
            Output neurons of the network.
        device, dtype
            Where the tensors live, and the dtype of `inputs` and `target`.
        """

    def load(
        self, state: StimulusState, presentation: int, items: Tensor, sources: Sources
    ) -> None:
        """Get ready for a presentation, on the host. By default: take note of the items.

        Parameters
        ----------
        state : StimulusState
        presentation : int
            Its number, from 0.
        items : int64 Tensor [streams]
            The items that the sampler has chosen.
        sources : mapping of str to sequence of torch.Generator
            For each of `host_streams` one generator for each replica.
        """
        state.items.copy_(items, non_blocking=True)

    @abstractmethod
    def show(self, state: StimulusState) -> None:
        """Begin the presentation of ``state.items``."""

    @abstractmethod
    def step(self, state: StimulusState) -> None:
        """Write ``state.inputs`` of the step that comes, from ``state.uniforms`` if random."""

    def read(self, state: StimulusState, outputs: Tensor) -> None:  # noqa: B027
        """Take note of the activity of the output neurons [streams, n_outputs] in this step."""

    # -- what is asked -------------------------------------------------------------------------

    def measure(self, state: StimulusState, outputs: Tensor) -> Tensor:
        """Return how well each stream did in this presentation, [len(measures), streams].

        Parameters
        ----------
        state : StimulusState
        outputs : Tensor [streams, n_outputs]
            Activity of the output neurons in the last step.
        """
        return outputs.new_zeros(0, len(outputs))

    def answers(self, network: Network) -> Answers:
        """Return what collects the answers of a test; by default it averages `measure`."""
        return MeasuredAnswers(self.measures, network.leading, network.device)

    def variables(
        self, state: StimulusState
    ) -> tuple[Mapping[str, Variable], Mapping[str, Variable]]:
        """Return what can be probed, by name: of the input population, and of the output."""
        return {"activity": state.inputs}, {}

    # -- in which order, with which random numbers, and on what else ---------------------------

    def sampler(self, batch: int, seeds: Sequence[int], device: torch.device) -> Sampler:
        """Return the order in which a training shows the items: by default shuffled."""
        return ShuffledSampler(len(self), batch, seeds, device)

    def random_path(self, run: str, part: tuple[str, ...]) -> tuple[str, ...]:
        """Return the path of the random stream of a part of the network; by default below `run`."""
        return run, *part

    def held_out(self, seeds: Sequence[int]) -> "Stimulus | None":
        """Return a stimulus to test on, if this one has one for a network with these seeds."""
        return None

    def of_replica(self, number: int) -> "Stimulus":
        """Return what one replica sees; by default all see the same."""
        return self
