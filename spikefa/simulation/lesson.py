"""A network in front of a set of examples, shown epoch after epoch."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from spikefa.datasets.examples import Examples
from spikefa.errors import require
from spikefa.network.network import Network
from spikefa.neurons import Rate
from spikefa.simulation.learner import Learner, one_or_each
from spikefa.stimulus.sampler import ShuffledSampler
from spikefa.utils.replicas import seeds_of
from spikefa.utils.seeding import generator

CHUNK = 1000
"""Examples that are looked at side by side."""

Alteration = Callable[[Tensor, torch.Generator], None]
"""Changes inputs [batch, n_in] in place, such as images by distortions; the targets stay."""


class Lesson(Learner):
    """Shows a set of examples to a network, every one once an epoch, and tests it on others.

    Every epoch has an order of its own, see `ShuffledSampler`. Two lessons with the same examples,
    batch and seed show the same, whatever the networks. Replicas of a network each have a seed of
    their own, and are shown what a single network with that seed would be.

    Parameters
    ----------
    network : Network
        With its weights drawn. Its neurons should have no memory (tau = 1).
    examples : Examples
    batch : int
        Examples for each update, which is summed over them. Where an epoch is no multiple of it,
        one batch holds the last examples of an epoch and the first of the next.
    seed : int or sequence of int, default 0
        Of the streams ``order/<epoch>``, ``change`` and ``noise/...``; of a network with replicas:
        the seed of each, or the first of consecutive ones.
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
        seed: int | Sequence[int] = 0,
        *,
        tests: Examples,
        shuffled: bool = True,
        change: Alteration | None = None,
    ):
        require(batch >= 1, f"the batch must be at least 1, {batch} given")
        self.examples = examples.to(network.device, network.dtype)
        seeds = seeds_of(seed, network.replicas)
        orders = [ShuffledSampler(len(examples), batch, own, shuffled=shuffled) for own in seeds]
        self.updates_per_epoch = orders[0].presentations(1)
        sources = [generator(own, "change") for own in seeds]
        shown = _show(self.examples, orders, change, sources, network.replicas is None)
        aside = tests.to(network.device, network.dtype)
        super().__init__(network, shown, batch, aside, CHUNK, seeds)

    def learn_epochs(self, epochs: float) -> None:
        """Show so many epochs; a fraction is rounded up to whole updates."""
        self.learn(-int(-epochs * len(self.examples) // self.batch))

    def error_percent(self) -> float | Tensor:
        """Return how often the guess of the last look was wrong, in percent; or of each replica.

        The guess is the class whose outputs are largest, summed over the outputs of each class.
        """
        labels = self.seen.labels
        require(labels is not None, "the examples have no classes: look at `loss` or `nse`")
        assert labels is not None
        said = self.outputs.unflatten(-1, (-1, self.seen.per_class)).sum(-1).argmax(-1)
        return one_or_each((said != labels).double().mean(-1).mul_(100))

    def loss(self) -> float | Tensor:
        """Return what backpropagation descends, per example, at the last look; or of each replica.

        ``|output - target|^2 / 2``, or the cross-entropy if the output is a softmax.
        """
        output = next(reversed(self.network.populations.values()))
        targets = self.seen.targets
        if isinstance(output, Rate) and output.activation == "softmax":
            least = torch.finfo(self.outputs.dtype).tiny
            each = -(targets * self.outputs.clamp(min=least).log_()).sum(-1)
        else:
            each = (self.outputs - targets).square().sum(-1) / 2
        return one_or_each(each.mean(-1, dtype=torch.float64))


def _show(
    examples: Examples,
    orders: Sequence[ShuffledSampler],
    change: Alteration | None,
    sources: Sequence[torch.Generator],
    single: bool,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield inputs and targets of one batch after the other, in the same tensors every time.

    They are [batch, n], or [replicas, batch, n] if the network is not a single one.
    """
    shape = (len(orders), orders[0].batch)
    inputs = examples.inputs.new_empty(*shape, examples.inputs.shape[1])
    targets = examples.targets.new_empty(*shape, examples.targets.shape[1])
    number = 0
    while True:
        chosen = torch.cat([order.images(number) for order in orders]).to(inputs.device)
        torch.index_select(examples.inputs, 0, chosen, out=inputs.flatten(0, 1))
        torch.index_select(examples.targets, 0, chosen, out=targets.flatten(0, 1))
        if change is not None:
            for own, source in zip(inputs, sources, strict=True):
                change(own, source)
        yield (inputs[0], targets[0]) if single else (inputs, targets)
        number += 1
