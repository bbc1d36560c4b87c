"""Inputs of a whole presentation, drawn at its beginning for backends that want them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from spikefa.backends import Backend
from spikefa.stimulus.base import Stimulus
from spikefa.stimulus.state import StimulusState


@dataclass(eq=False)
class Foresight:
    """Draws the inputs of all steps, with the random numbers that the steps would draw.

    Parameters
    ----------
    stimulus : Stimulus
    state : StimulusState
    inputs : Tensor [..., batch, n_inputs]
        What the stimulus writes, in the shape that the network takes.
    """

    stimulus: Stimulus
    state: StimulusState
    inputs: Tensor
    _room: Tensor | None = field(init=False, default=None)

    def foresee(self, backend: Backend, draw: Callable[[], None]) -> Sequence[Tensor | None]:
        """Return the inputs of each step, after telling the backend; None if they stay unknown.

        `draw` draws the random numbers of a step.
        """
        if not (backend.foresees and self.stimulus.foreseeable(self.state)):
            return [None] * self.stimulus.steps
        if self._room is None:
            self._room = self.inputs.new_zeros(self.stimulus.steps, *self.inputs.shape)
        for inputs in self._room:
            self.write(None, draw)
            inputs.copy_(self.inputs)
        backend.foresee(self._room)
        return list(self._room)

    def write(self, known: Tensor | None, draw: Callable[[], None]) -> None:
        """Write the inputs of a step: those that are known, or new ones."""
        if known is not None:
            self.inputs.copy_(known)
            return
        draw()
        self.stimulus.step(self.state)
