"""The state of a stimulus."""

from dataclasses import dataclass, field

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
    chances : Tensor [streams, n], optional
        Numbers from U[0, 1), drawn by the `Runner` once for each presentation, before `show`; None
        if the stimulus needs none.
    """

    inputs: Tensor
    target: Tensor
    uniforms: Tensor
    items: Tensor
    labels: Tensor
    chances: Tensor | None = field(default=None, kw_only=True)

    def drawn(self) -> dict[tuple[str, ...], Tensor]:
        """Return what the `Runner` draws, by the path of its random stream."""
        found: dict[tuple[str, ...], Tensor] = {("stimulus",): self.uniforms}
        return found if self.chances is None else found | {("presentation",): self.chances}
