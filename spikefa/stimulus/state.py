"""The state of a stimulus."""

from dataclasses import dataclass

from torch import Tensor


@dataclass
class StimulusState:
    """The present presentation of a number of streams; tensors are updated in place.

    Streams are numbered over all replicas: stream b of replica r is ``r * batch + b``. A stimulus
    with more state subclasses this. Declare fields that never change, such as the images
    themselves, with ``field(metadata=CONSTANT)``, see `spikefa.utils.tensors`; checkpoints do not
    store them.

    Attributes
    ----------
    inputs : Tensor [streams, n_inputs]
        Activity of the input neurons in this step.
    target : Tensor [streams, n_outputs]
        Target activity of the output neurons in this step.
    uniforms : Tensor [streams, n_inputs] or [0]
        One number from U[0, 1) for each input neuron and step, drawn by the `Runner`; empty if the
        stimulus is not random.
    items : int64 Tensor [streams]
        The item, such as an image, that each stream sees.
    labels : int64 Tensor [streams]
        The class of that item; 0 if items have no classes.
    """

    inputs: Tensor
    target: Tensor
    uniforms: Tensor
    items: Tensor
    labels: Tensor
