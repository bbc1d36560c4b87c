"""What a stimulus carries from step to step."""

from dataclasses import dataclass

from torch import Tensor


@dataclass
class StimulusState:
    """The presentation under way, for a number of streams; tensors are updated in place.

    The streams of all replicas stand in a row: stream b of replica r is ``r * batch + b``. A
    stimulus that keeps more subclasses this. A field for what never changes, such as the images
    themselves, is declared with ``field(metadata=CONSTANT)``, see `spikefa.utils.tensors`, so that
    no checkpoint stores it.

    Attributes
    ----------
    inputs : Tensor [streams, n_inputs]
        Activity of the input neurons in this step.
    target : Tensor [streams, n_outputs]
        What the output neurons should do in this step.
    uniforms : Tensor [streams, n_inputs] or [0]
        One number from U[0, 1) for each input neuron and step, drawn by the `Runner`; empty if the
        stimulus is not random.
    items : int64 Tensor [streams]
        Which item, such as which image, each stream sees.
    labels : int64 Tensor [streams]
        The class of that item; 0 if items have no classes.
    """

    inputs: Tensor
    target: Tensor
    uniforms: Tensor
    items: Tensor
    labels: Tensor
