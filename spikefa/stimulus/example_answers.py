"""The outputs of a network for a set of examples, and their distance from the targets."""

import torch
from torch import Tensor

from spikefa.datasets.examples import Examples
from spikefa.errors import require
from spikefa.network import Network
from spikefa.stimulus.answers import Answers, Score, score_of


class ExampleAnswers(Answers):
    """Keeps the outputs of a test. Every measure is a number, or a tensor [replicas].

    Parameters
    ----------
    examples : Examples
    network : Network

    Attributes
    ----------
    outputs : Tensor [..., N, n_out]
        The outputs of the network.
    inputs, targets : Tensor [..., N, n]
        The examples, on the device of the network.
    """

    def __init__(self, examples: Examples, network: Network):
        self.examples = examples.to(network.device, network.dtype)
        self.inputs, self.targets = self.examples.inputs, self.examples.targets
        self.outputs = self.targets.new_zeros(*network.leading, *self.targets.shape[-2:])
        output = next(reversed(network.populations.values()))
        self._cross_entropy = output.normalised

    def start(self, count: int) -> None:
        """Begin a test, which overwrites every output."""

    def add(self, items: slice, fresh: int, measured: Tensor, outputs: Tensor) -> None:
        """Keep the outputs."""
        self.outputs[..., items, :] = outputs

    def score(self) -> Score:
        """Return loss, NSE and, if the examples have classes, the error in percent."""
        measures: dict[str, float | Tensor] = {}
        if self.examples.labels is not None:
            measures["error_percent"] = self.error_percent()
        measures |= {"loss": self.loss(), "nse": self.nse()}
        means = torch.stack(
            [torch.as_tensor(value, dtype=torch.float64).cpu() for value in measures.values()]
        )
        return score_of(list(measures), means, len(self.examples))

    def error_percent(self) -> float | Tensor:
        """Return the share of wrong guesses, in percent.

        The guess is the class with the largest sum of outputs.

        Raises
        ------
        SpikefaError
            If the examples have no classes.
        """
        labels = self.examples.labels
        require(labels is not None, "the examples have no classes: use `loss` or `nse`")
        assert labels is not None
        guesses = self.outputs.unflatten(-1, (-1, self.examples.per_class)).sum(-1).argmax(-1)
        return one_or_each((guesses != labels).double().mean(-1).mul_(100))

    def loss(self) -> float | Tensor:
        """Return the loss that backpropagation minimises, per example.

        It is ``|output - target|^2 / 2``, or the cross-entropy if the output is a softmax.
        """
        if self._cross_entropy:
            least = torch.finfo(self.outputs.dtype).tiny
            each = -(self.targets * self.outputs.clamp(min=least).log_()).sum(-1)
        else:
            each = (self.outputs - self.targets).square().sum(-1) / 2
        return one_or_each(each.mean(-1, dtype=torch.float64))

    def nse(self) -> float | Tensor:
        """Return the normalised squared error (Lillicrap et al. 2016, eq. 2).

        It is the sum of squared errors divided by that of a model that always answers the mean.
        """
        deviation = self.targets - self.targets.mean(-2, keepdim=True)
        squared = (self.outputs - self.targets).square().sum((-2, -1))
        return one_or_each(squared / deviation.square().sum((-2, -1)))


def one_or_each(values: Tensor) -> float | Tensor:
    """Return the number of a single network, or the tensor [replicas] unchanged."""
    return values if values.dim() else float(values)
