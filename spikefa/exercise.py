"""A network in front of a function to learn, whose examples never end."""

from collections.abc import Iterator

import torch
from torch import Tensor

from spikefa.datasets.examples import Examples
from spikefa.datasets.functions import Task
from spikefa.learner import Learner
from spikefa.network import Network
from spikefa.seeding import generator

BLOCK = 256
"""Updates whose examples are drawn at once: what is shown does not depend on when one looks."""


class Exercise(Learner):
    """Shows examples of a task to a network, and tests it on examples held aside.

    Two exercises with the same task, batch and seed show the same examples, whatever the networks.

    Parameters
    ----------
    network : Network
        With its weights drawn. Its neurons should have no memory (tau = 1).
    task : Task
    batch : int, default 1
        Examples for each update, which is summed over them.
    seed : int, default 0
        Of the streams ``examples``, ``test`` and ``noise/...``.
    tests : int, default 500
        Examples held aside; all are looked at side by side.

    Attributes
    ----------
    task : Task

    Raises
    ------
    SpikefaError
        If network and task differ in inputs or outputs.
    """

    def __init__(
        self, network: Network, task: Task, batch: int = 1, seed: int = 0, tests: int = 500
    ):
        self.task = task
        aside = Examples(*_drawn(network, task, tests, generator(seed, "test")))
        shown = _show(network, task, batch, generator(seed, "examples"))
        super().__init__(network, shown, batch, aside, tests, seed)


def _drawn(
    network: Network, task: Task, count: int, source: torch.Generator
) -> tuple[Tensor, Tensor]:
    inputs, targets = task.draw(count, source)
    return inputs.to(network.device, network.dtype), targets.to(network.device, network.dtype)


def _show(
    network: Network, task: Task, batch: int, source: torch.Generator
) -> Iterator[tuple[Tensor, Tensor]]:
    while True:
        inputs, targets = _drawn(network, task, BLOCK * batch, source)
        yield from zip(inputs.split(batch), targets.split(batch), strict=True)
