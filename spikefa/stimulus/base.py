"""The seam for stimuli: subclass `Stimulus`."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.network import Network
from spikefa.plugins.describing import describe
from spikefa.stimulus.answers import Answers, MeasuredAnswers
from spikefa.stimulus.sampler import Sampler, ShuffledSampler
from spikefa.stimulus.state import StimulusState
from spikefa.utils.tensors import Variable

Sources = Mapping[str, Sequence[torch.Generator]]
"""Generators on the CPU, by the name in `Stimulus.host_streams`; one for each replica."""


class Stimulus(ABC):
    """Provides the inputs and targets of a network, and measures its answers.

    A stimulus has items (images, examples, ...), numbered from 0. A *presentation* shows one item
    in each stream for `steps` steps. For every presentation, the `Runner` calls

    1. `load`, on the host, with the items that come next. It may do what a CUDA graph cannot hold,
       such as drawing examples on the CPU. Then `expect` is told what will come later.
    2. `show`, on the device, at the beginning of the presentation, after ``state.chances`` are
       drawn, if the stimulus needs any.
    3. `step`, on the device, before each step of the network. It writes ``state.inputs``, and
       ``state.target`` if the target changes within the presentation.
    4. `read`, on the device, after each forward sweep. It may store the output.

    A stimulus has no state of its own: everything that changes is in the `StimulusState` that
    `state` returns, so one stimulus can serve training and tests at once. A subclass must set the
    attributes without a default. Check it with `spikefa.testing.check_stimulus`.

    Attributes
    ----------
    n_inputs : int
        Size of the input population.
    steps : int, default 1
        Steps of simulated time in a presentation.
    name : str, default "stimulus"
        Its name in messages and checkpoints.
    resets : bool, default False
        Whether the network returns to rest at the beginning of each presentation: potentials,
        errors and the traces of the rule, but no weights, see `spikefa.network.resting`. By default
        nothing is reset, and every presentation begins with what the one before has left.
    n_classes : int, default 1
        Number of classes among which the output neurons are divided; 1 without classes.
    thumbnails : uint8 array [n, height, width], optional
        Pictures of the items, which are stored in recordings.
    host_streams : tuple of str, default ()
        Names of random streams that `load` draws from.
    quiet_tests : bool, default False
        Whether tests switch off noise and dropout of the neurons, as is usual for rate networks.
    measures : tuple of str, default ()
        Names of the values that `measure` returns.
    items_on_host : bool, default False
        Whether `load` and `expect` read the items, so that the numbers had better not be on a
        device, for which both would have to wait.
    """

    n_inputs: int
    steps: int = 1
    name: str = "stimulus"
    resets: bool = False
    n_classes: int = 1
    thumbnails: np.ndarray | None = None
    host_streams: ClassVar[tuple[str, ...]] = ()
    quiet_tests: ClassVar[bool] = False
    measures: ClassVar[tuple[str, ...]] = ()
    items_on_host: bool = False

    # -- items ---------------------------------------------------------------------------------

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of items in an epoch."""

    def labels(self, items: Sequence[int]) -> list[int]:
        """Return the classes of some items; 0 without classes."""
        return [0] * len(items)

    def check(self, network: Network) -> None:
        """Check that the stimulus fits a network.

        Raises
        ------
        SpikefaError
            If the number of inputs differs, there are no items, or a presentation has no steps.
        """
        require(len(self) >= 1, f"{self.name} has no items: give one or more")
        require(self.steps >= 1, f"a presentation needs at least 1 step, {self.steps} given")
        require(
            self.n_inputs == network.n_inputs,
            f"{self.name} has {self.n_inputs} inputs, the network {network.n_inputs} input neurons",
        )

    def fingerprint(self) -> dict[str, Any]:
        """Return the properties that must be the same when a run is continued, as plain data.

        By default these are the arguments, with hashes of arrays, see `spikefa.plugins.describing`.
        """
        general = {"stimulus": self.name, "items": len(self), "steps_per_item": self.steps}
        return general | describe("the stimulus", self)

    # -- presentations -------------------------------------------------------------------------

    @abstractmethod
    def state(
        self, streams: int, n_outputs: int, device: torch.device, dtype: torch.dtype
    ) -> StimulusState:
        """Return the state before the first presentation.

        Parameters
        ----------
        streams : int
            Number of streams of all replicas together.
        n_outputs : int
            Number of output neurons of the network.
        device, dtype
            Where the tensors live, and the dtype of `inputs` and `target`.
        """

    def load(
        self, state: StimulusState, presentation: int, items: Tensor, sources: Sources
    ) -> None:
        """Prepare a presentation, on the host; by default, store the items.

        Parameters
        ----------
        state : StimulusState
        presentation : int
            Its number, from 0.
        items : int64 Tensor [streams]
            The items that the sampler has chosen.
        sources : mapping of str to sequence of torch.Generator
            For each of `host_streams`, one generator per replica.
        """
        state.items.copy_(items, non_blocking=True)

    def expect(self, state: StimulusState, following: Iterable[Tensor]) -> None:  # noqa: B027
        """Begin to prepare later presentations, on the host; by default do nothing.

        Called after `load`. What is announced need not come: a run may be stopped, or go on from a
        checkpoint.

        Parameters
        ----------
        state : StimulusState
        following : iterable of int64 Tensor [streams]
            The items of the next presentation, of the one after it, and so on, in training without
            end; none after the last of a test. They are chosen as this is iterated.
        """

    @abstractmethod
    def show(self, state: StimulusState) -> None:
        """Begin the presentation of ``state.items``."""

    @abstractmethod
    def step(self, state: StimulusState) -> None:
        """Write ``state.inputs`` of the next step, from ``state.uniforms`` if it is random."""

    def foreseeable(self, state: StimulusState) -> bool:
        """Return whether `step` writes nothing but inputs, which do not depend on any answer.

        All steps of a presentation may then be drawn at its beginning. By default they may not.
        """
        return False

    def read(self, state: StimulusState, outputs: Tensor) -> None:  # noqa: B027
        """Read the activity of the output neurons [streams, n_outputs] in this step."""

    # -- answers -------------------------------------------------------------------------------

    def measure(self, state: StimulusState, outputs: Tensor) -> Tensor:
        """Return how well each stream did in this presentation, [len(measures), streams].

        Parameters
        ----------
        state : StimulusState
        outputs : Tensor [streams, n_outputs]
            Activity of the output neurons in the last step.
        """
        return outputs.new_zeros(0, len(outputs))

    def class_spikes(self, state: StimulusState) -> tuple[Tensor, Tensor] | None:
        """Return the output spikes of each class, or None without a readout of classes.

        Returns
        -------
        tuple of Tensor [streams, n_classes], or None
            In the last step of the presentation, and in all of its steps.
        """
        return None

    def answers(self, network: Network) -> Answers:
        """Return the collector for the answers of a test; by default it averages `measure`."""
        return MeasuredAnswers(self.measures, network.leading, network.device)

    def variables(
        self, state: StimulusState
    ) -> tuple[Mapping[str, Variable], Mapping[str, Variable]]:
        """Return variables for probes by name: those of the input, and those of the output."""
        return {"activity": state.inputs}, {}

    # -- order, random streams, related stimuli ------------------------------------------------

    def sampler(self, batch: int, seeds: Sequence[int], device: torch.device) -> Sampler:
        """Return the order in which a training shows the items: by default shuffled.

        With `items_on_host` it keeps them on the host.
        """
        where = torch.device("cpu") if self.items_on_host else device
        return ShuffledSampler(len(self), batch, seeds, where)

    def random_path(self, run: str, part: tuple[str, ...]) -> tuple[str, ...]:
        """Return the path of the random stream of a part of the network; by default below `run`."""
        return run, *part

    def held_out(self, seeds: Sequence[int]) -> "Stimulus | None":
        """Return a stimulus for tests of a network with these seeds, or None."""
        return None

    def in_tests(self) -> "Stimulus":
        """Return the stimulus as tests show it, such as without augmentation."""
        return self

    def of_replica(self, number: int) -> "Stimulus":
        """Return the stimulus of one replica; by default it is the same for all."""
        return self
