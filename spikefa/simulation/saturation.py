"""Output neurons that miss their targets and are too saturated to learn them."""

import torch

from spikefa.simulation.together import first_said, writes
from spikefa.simulation.training import Training
from spikefa.utils import notices

FLAT = 0.01
"""A neuron with a lower gain is saturated; the largest gain of a logistic neuron is 0.25."""
LARGEST = 0.5
"""Share of the targets' variance that saturated neurons may miss. Networks that learn stay below
0.2, those that have fallen silent are near 1."""
LOOK_EVERY = 10
"""Presentations between two looks."""
LOOKS, STREAMS = 10, 100
"""So many looks, and so many streams in all, are judged together."""


class SaturatedOutputs:
    """Warns if steps were so long that the output neurons have saturated on the wrong side.

    Where an output neuron is saturated, its gain is near 0, and a rule that multiplies by the gain
    changes nothing: the neuron stays wrong. A look at the last step of every stream adds up::

        missed = sum of error^2 over neurons whose gain is below 0.01
        varied = sum of (target - mean target)^2

    A network in which ``missed > 0.5 varied`` hardly learns any more, and is warned of once. Looks
    stay on the device. Neurons whose gain is a surrogate are not watched: far from the threshold it
    is near 0 in networks that learn, too.

    Parameters
    ----------
    training : Training
    """

    def __init__(self, training: Training):
        self.training = training
        error = training.runner.state.error
        self.missed, self.varied = (error.new_zeros(error.shape[:-2]) for _ in range(2))
        self.looks = 0
        *_, output = training.network.populations.values()
        self.watching = output.gain_is_derivative

    def look(self) -> None:
        """Add what the last step shows, every tenth presentation."""
        if not self.watching or self.training.presentation % LOOK_EVERY:
            return
        state, target = self.training.runner.state, self.training.runner.target
        flat = state.populations[-1].gain < FLAT
        self.missed += (state.error.square() * flat).sum((-1, -2))
        self.varied += (target - target.mean((-1, -2), keepdim=True)).square().sum((-1, -2))
        self.looks += 1

    def judge(self) -> None:
        """Warn of what the looks have shown, once there are enough; all ranks must ask."""
        enough = self.looks >= LOOKS and self.looks * self.training.batch_size >= STREAMS
        if not enough:
            return
        said = first_said(self.training, self._said())
        self.looks = 0
        if said is not None:
            self.watching = False
            if writes(self.training):
                notices.warn(said, stacklevel=2)
        for each in (self.missed, self.varied):
            each.zero_()

    def _said(self) -> str | None:
        saturated = torch.atleast_1d(self.missed > LARGEST * self.varied).tolist()
        if True not in saturated:
            return None
        whose = f" of replica {saturated.index(True)}" if self.training.network.leading else ""
        return (
            f"the output neurons{whose} have saturated on the wrong side, where their gain is near "
            "0 and they hardly learn any more: lower the learning rate of the output layer, or "
            "batch_size"
        )
