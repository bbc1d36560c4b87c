"""A network in front of a function to learn, whose examples never end."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from spikefa.datasets.examples import Examples
from spikefa.datasets.functions import Task
from spikefa.errors import require
from spikefa.network.network import Network
from spikefa.simulation.learner import Learner
from spikefa.utils.replicas import seeds_of
from spikefa.utils.seeding import generator

BLOCK = 256
"""Updates whose examples are drawn at once: what is shown does not depend on when one looks."""


class Exercise(Learner):
    """Shows examples of a task to a network, and tests it on examples held aside.

    Two exercises with the same task, batch and seed show the same examples, whatever the networks.
    Replicas of a network each have a seed, and may each have a task, of their own: what one of them
    is shown, and learns, is what a single network with its seed would.

    Parameters
    ----------
    network : Network
        With its weights drawn. Its neurons should have no memory (tau = 1).
    task : Task or sequence of Task
        For a network with replicas: one for all, or one for each.
    batch : int, default 1
        Examples for each update, which is summed over them.
    seed : int or sequence of int, default 0
        Of the streams ``examples``, ``test`` and ``noise/...``; of a network with replicas: the
        seed of each, or the first of consecutive ones.
    tests : int, default 500
        Examples held aside; all are looked at side by side.

    Attributes
    ----------
    tasks : list of Task
        One for each replica.

    Raises
    ------
    SpikefaError
        If network and task differ in inputs or outputs.
    """

    def __init__(
        self,
        network: Network,
        task: Task | Sequence[Task],
        batch: int = 1,
        seed: int | Sequence[int] = 0,
        tests: int = 500,
    ):
        seeds = seeds_of(seed, network.replicas)
        self.tasks = [task] * len(seeds) if isinstance(task, Task) else list(task)
        _check_tasks(network, self.tasks)
        aside = _drawn(network, self.tasks, tests, [generator(own, "test") for own in seeds])
        sources = [generator(own, "examples") for own in seeds]
        shown = _show(network, self.tasks, batch, sources)
        super().__init__(network, shown, batch, Examples(*aside), tests, seeds)


def _check_tasks(network: Network, tasks: Sequence[Task]) -> None:
    replicas = network.replicas or 1
    require(
        len(tasks) == replicas,
        f"{len(tasks)} tasks for {replicas} replicas: give one, or one for each",
    )
    sizes = (network.n_inputs, network.n_outputs)
    for task in tasks:
        require(
            sizes == (task.n_inputs, task.n_outputs),
            f"a task with {task.n_inputs} inputs and {task.n_outputs} outputs, "
            f"a network with {sizes[0]} and {sizes[1]}",
        )


def _drawn(
    network: Network, tasks: Sequence[Task], count: int, sources: Sequence[torch.Generator]
) -> tuple[Tensor, Tensor]:
    """Draw so many examples for each replica, from a generator of its own."""
    drawn = [task.draw(count, own) for task, own in zip(tasks, sources, strict=True)]
    inputs, targets = (torch.stack(of_all) for of_all in zip(*drawn, strict=True))
    if network.replicas is None:
        inputs, targets = inputs[0], targets[0]
    return inputs.to(network.device, network.dtype), targets.to(network.device, network.dtype)


def _show(
    network: Network, tasks: Sequence[Task], batch: int, sources: Sequence[torch.Generator]
) -> Iterator[tuple[Tensor, Tensor]]:
    while True:
        inputs, targets = _drawn(network, tasks, BLOCK * batch, sources)
        yield from zip(inputs.split(batch, -2), targets.split(batch, -2), strict=True)
