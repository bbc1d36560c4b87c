"""Inputs that change from step to step: spike trains as events, or frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spikefa.datasets.events import Events
from spikefa.datasets.frames import Frames
from spikefa.errors import require
from spikefa.network import Network
from spikefa.stimulus.base import Sources, Stimulus
from spikefa.stimulus.binning import Binned, Longer, Several, binned, framed
from spikefa.stimulus.items import check_items, pick
from spikefa.stimulus.rates import half_squared_error
from spikefa.stimulus.readout import CLASS_MEASURES, ClassReadout, ReadoutState
from spikefa.stimulus.state import StimulusState
from spikefa.stimulus.tables import EventTable, FrameTable, Table, target_array
from spikefa.utils.checking import check_fields, check_one_of
from spikefa.utils.numbers import shown
from spikefa.utils.ranges import PositiveScale, Steps
from spikefa.utils.tensors import CONSTANT, Variable


@dataclass
class EventState(StimulusState):
    """The present samples.

    Attributes
    ----------
    row : int64 Tensor [streams]
        Row of the tables that is shown next.
    classes : int64 Tensor [samples]
        The classes of all samples.
    table : EventTable or FrameTable
        The activity of all samples.
    targets : FrameTable, optional
        Targets that change within a presentation.
    readout : ReadoutState
        Output spikes of each class; unused if there are targets.
    squared_error : float64 Tensor [streams]
        Half the squared error since the presentation began, if there are targets.
    """

    row: Tensor
    classes: Tensor = field(metadata=CONSTANT)
    table: Table = field(metadata=CONSTANT)
    targets: FrameTable | None = field(metadata=CONSTANT)
    readout: ReadoutState
    squared_error: Tensor


@dataclass(eq=False)
class EventStimulus(Stimulus):
    """Spike trains as input, with their classes, or with targets that change too.

    A presentation shows one sample, step by step. A sample that ends earlier is silent from then
    on, and its target stays. By default the stream never stops: the next sample meets the
    potentials that the last one has left.

    With classes, groups of output neurons are the targets and the guess is read out from their
    spikes, as for images: see `ClassReadout`.

    Parameters
    ----------
    events : Events or Frames
        In a step an input neuron spikes (1) if an event of its unit falls into the step. Frames
        are shown as they are, one in each step.
    dt : float, optional
        Seconds of a step. Needed for times in seconds, and for no others.
    steps : int, optional
        Steps of a presentation. By default the `duration` of the events or, if they have none, as
        many as the longest sample has. Give the same for training and tests.
    longer : {"refuse", "cut"}, default "refuse"
        Whether samples may have more steps than that, which are then left out.
    several : {"spike", "count"}, default "spike"
        Whether several events of a unit in one step are one spike, or its activity is their number
        (up to 255).
    targets : array [samples, steps, n_outputs], optional
        Target activity of the output neurons in each step, in place of classes.
    resets : bool, default False
        Whether the network returns to rest at the beginning of each presentation, see `Stimulus`.
    name : str, default "events"

    Attributes
    ----------
    activity : Binned, or ndarray [samples, steps, n]
        What is shown: the events, sorted into steps, or the frames.

    Raises
    ------
    SpikefaError
        If an argument is not as above, or a sample is longer than `steps`.
    """

    events: Events | Frames
    dt: PositiveScale | None = None
    steps: Steps | None = None  # type: ignore[assignment]  # an int from __post_init__ on
    longer: Longer = field(default="refuse", kw_only=True)
    several: Several = field(default="spike", kw_only=True)
    targets: NDArray[Any] | None = field(default=None, kw_only=True, repr=False)
    resets: bool = field(default=False, kw_only=True)
    name: str = field(default="events", kw_only=True)
    activity: Binned | NDArray[Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_fields(self)
        require(
            isinstance(self.events, Events | Frames),
            f"events are a {type(self.events).__name__}: give Events, such as Events.of(samples, "
            "n_units), or Frames(activity, labels)",
        )
        check_one_of("longer", self.longer, get_args(Longer))
        check_one_of("several", self.several, get_args(Several))
        require(
            isinstance(self.resets, bool), f"resets is {shown(self.resets)}: give True or False"
        )
        self.n_inputs, self.n_classes = self.events.n_units, self.events.n_classes
        arguments = self.dt, self.steps, self.longer
        if isinstance(self.events, Events):
            self.activity = binned(self.events, *arguments, self.several)
            self.steps = (len(self.activity.starts) - 1) // len(self.events)
        else:
            self.activity = framed(self.events, *arguments)
            self.steps = self.activity.shape[1]
        if self.targets is not None:
            self.targets = target_array(self.targets, len(self), self.steps)

    @property
    def measures(self) -> tuple[str, ...]:  # type: ignore[override]
        """The shares of wrong guesses, or with targets the squared error, averaged over steps."""
        return CLASS_MEASURES if self.targets is None else ("squared_error",)

    @property
    def _steps(self) -> int:
        assert self.steps is not None
        return self.steps

    def __len__(self) -> int:
        return len(self.events)

    def labels(self, items: Sequence[int]) -> list[int]:
        """Return the classes of some samples."""
        return np.asarray(self.events.labels)[list(items)].tolist()

    def check(self, network: Network) -> None:
        """Check that units and classes, or targets, fit the network.

        Raises
        ------
        SpikefaError
            If there is not one input neuron for each unit, the classes cannot share the output
            neurons equally, or there is not one target for each output neuron.
        """
        super().check(network)
        if self.targets is None:
            ClassReadout(network.n_outputs, self.n_classes)
            return
        given = self.targets.shape[-1]
        require(
            given == network.n_outputs,
            f"{self.name} has targets for {given} output neurons, the network has "
            f"{network.n_outputs}",
        )

    def state(
        self, streams: int, n_outputs: int, device: torch.device, dtype: torch.dtype
    ) -> EventState:
        """Return the state before the first sample."""

        def zeros(*shape: int, dtype: torch.dtype = dtype) -> Tensor:
            return torch.zeros(shape, device=device, dtype=dtype)

        classes = self.n_classes if self.targets is None else 1
        shown = self.activity
        return EventState(
            inputs=zeros(streams, self.n_inputs),
            target=zeros(streams, n_outputs),
            uniforms=zeros(0),
            items=zeros(streams, dtype=torch.int64),
            labels=zeros(streams, dtype=torch.int64),
            row=zeros(streams, dtype=torch.int64),
            classes=torch.as_tensor(self.events.labels.astype(np.int64)).to(device),
            table=EventTable.of(shown, streams, device, dtype)
            if isinstance(shown, Binned)
            else FrameTable.of(shown, streams, device),
            targets=None if self.targets is None else FrameTable.of(self.targets, streams, device),
            readout=ClassReadout(n_outputs, classes).state(streams, device, dtype),
            squared_error=zeros(streams, dtype=torch.float64),
        )

    def load(
        self, state: StimulusState, presentation: int, items: Tensor, sources: Sources
    ) -> None:
        """Store the samples of a presentation."""
        check_items(items, state.items)
        super().load(state, presentation, items, sources)

    def show(self, state: StimulusState) -> None:
        """Begin with the first step of each sample."""
        assert isinstance(state, EventState)
        pick(state.classes, state.items, state.labels)
        torch.mul(state.items, self._steps, out=state.row)
        if state.targets is None:
            state.readout.start(state.labels, state.target)
        state.squared_error.zero_()

    def step(self, state: StimulusState) -> None:
        """Write activity, and targets if there are any, of this step."""
        assert isinstance(state, EventState)
        state.table.write(state.row, state.inputs)
        if state.targets is not None:
            state.targets.write(state.row, state.target)
        state.row.add_(1)

    def foreseeable(self, state: StimulusState) -> bool:
        """Return True, unless targets change within a presentation."""
        return type(self).step is EventStimulus.step and self.targets is None

    def read(self, state: StimulusState, outputs: Tensor) -> None:
        """Count the spikes of each class, or add up the squared error."""
        assert isinstance(state, EventState)
        if state.targets is None:
            state.readout.count(outputs)
        else:
            state.squared_error.add_(half_squared_error(outputs, state.target))

    def measure(self, state: StimulusState, outputs: Tensor) -> Tensor:
        """Return 100 where the guess is wrong, from the last and from all steps, or the error."""
        assert isinstance(state, EventState)
        if state.targets is None:
            return state.readout.errors(state.labels)
        return state.squared_error.div(self._steps).unsqueeze(0)

    def class_spikes(self, state: StimulusState) -> tuple[Tensor, Tensor] | None:
        """Return the spikes of each class, in the last step and in all; None with targets."""
        assert isinstance(state, EventState)
        return (state.readout.last, state.readout.summed) if state.targets is None else None

    def variables(
        self, state: StimulusState
    ) -> tuple[Mapping[str, Variable], Mapping[str, Variable]]:
        """Return ``spikes`` of the input and ``label``, and the output spikes of each class.

        Counts and frames, which are not 0 or 1 only, are called ``activity``. With targets, these
        are the ``target`` in place of the spikes of each class.
        """
        assert isinstance(state, EventState)
        binary = isinstance(self.activity, Binned) and self.activity.counts is None
        of_input = {
            "spikes" if binary else "activity": state.inputs,
            "label": state.labels.view(-1, 1),
        }
        if state.targets is not None:
            return of_input, {"target": state.target}
        return of_input, state.readout.variables()
