"""A network in front of a set of examples, shown epoch after epoch."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from spikefa.datasets.examples import Examples
from spikefa.errors import require
from spikefa.learner import Learner
from spikefa.network import Network
from spikefa.neurons import Rate
from spikefa.order import Order
from spikefa.seeding import generator

CHUNK = 1000
"""Examples that are looked at side by side."""

Alteration = Callable[[Tensor, torch.Generator], None]
"""Changes inputs [batch, n_in] in place, such as images by distortions; the targets stay."""


class Lesson(Learner):
    """Shows a set of examples to a network, every one once an epoch, and tests it on others.

    Every epoch has an order of its own, see `Order`. Two lessons with the same examples, batch and
    seed show the same, whatever the networks.

    Parameters
    ----------
    network : Network
        With its weights drawn. Its neurons should have no memory (tau = 1).
    examples : Examples
    batch : int
        Examples for each update, which is summed over them. Where an epoch is no multiple of it,
        one batch holds the last examples of an epoch and the first of the next.
    seed : int, default 0
        Of the streams ``order/<epoch>``, ``change`` and ``noise/...``.
    tests : Examples
        Held aside.
    shuffled : bool, default True
        Whether every epoch has an order of its own; if not, the examples are shown as they are, and
        every batch comes again after an epoch.
    change : callable, optional
        ``change(inputs, generator)`` alters the inputs of a batch in place before they are shown.

    Attributes
    ----------
    examples : Examples
    updates_per_epoch : int
        Updates after which every example has been shown once.

    Raises
    ------
    SpikefaError
        If network and examples differ in inputs or outputs, or the batch is not positive.
    """

    def __init__(
        self,
        network: Network,
        examples: Examples,
        batch: int,
        seed: int = 0,
        *,
        tests: Examples,
        shuffled: bool = True,
        change: Alteration | None = None,
    ):
        require(batch >= 1, f"the batch must be at least 1, {batch} given")
        self.examples = examples.to(network.device, network.dtype)
        order = Order(len(examples), batch, seed, shuffled=shuffled)
        self.updates_per_epoch = order.presentations(1)
        shown = _show(self.examples, order, change, generator(seed, "change"))
        aside = tests.to(network.device, network.dtype)
        super().__init__(network, shown, batch, aside, CHUNK, [seed])

    def learn_epochs(self, epochs: float) -> None:
        """Show so many epochs; a fraction is rounded up to whole updates."""
        self.learn(-int(-epochs * len(self.examples) // self.batch))

    def error_percent(self) -> float:
        """Return how often the guess of the last look was wrong, in percent.

        The guess is the class whose outputs are largest, summed over the outputs of each class.
        """
        labels = self.seen.labels
        require(labels is not None, "the examples have no classes: look at `loss` or `nse`")
        assert labels is not None
        said = self.outputs.unflatten(-1, (-1, self.seen.per_class)).sum(-1).argmax(-1)
        return 100 * float((said != labels).double().mean())

    def loss(self) -> float:
        """Return what backpropagation descends, per example, at the last look.

        ``|output - target|^2 / 2``, or the cross-entropy if the output is a softmax.
        """
        output = next(reversed(self.network.populations.values()))
        targets = self.seen.targets
        if isinstance(output, Rate) and output.activation == "softmax":
            least = torch.finfo(self.outputs.dtype).tiny
            logs = self.outputs.clamp(min=least).log_()
            return -float((targets * logs).sum(-1).mean(dtype=torch.float64))
        return float((self.outputs - targets).square().sum(-1).mean(dtype=torch.float64)) / 2


def _show(
    examples: Examples,
    order: Order,
    change: Alteration | None,
    source: torch.Generator,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield inputs and targets of one batch after the other, in the same tensors every time."""
    inputs = examples.inputs.new_empty(order.batch, examples.inputs.shape[1])
    targets = examples.targets.new_empty(order.batch, examples.targets.shape[1])
    number = 0
    while True:
        chosen = order.images(number).to(inputs.device)
        torch.index_select(examples.inputs, 0, chosen, out=inputs)
        torch.index_select(examples.targets, 0, chosen, out=targets)
        if change is not None:
            change(inputs, source)
        yield inputs, targets
        number += 1
