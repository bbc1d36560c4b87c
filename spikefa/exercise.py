"""A network in front of a function to learn: one update after the other, looked at now and then."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from spikefa.datasets.functions import Task
from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.network import Network
from spikefa.network_replicas import connect, feedback_state
from spikefa.progress import Bar
from spikefa.replicas import seeds_of
from spikefa.seeding import generator

BLOCK = 256
"""Updates whose examples are drawn at once: what is shown does not depend on when one looks."""

Measure = Callable[[], float | Tensor | np.ndarray]


class Exercise:
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
        Examples held aside.

    Attributes
    ----------
    state, test_state : NetworkState
        Of learning, and of the last look at the examples held aside.
    inputs, targets : Tensor [..., tests, n]
        The examples held aside.
    updates : int
        Updates so far.

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
        self.network = network
        self.batch = batch
        seeds = seeds_of(seed, network.replicas)
        self.tasks = [task] * len(seeds) if isinstance(task, Task) else list(task)
        self._check_tasks()
        self.state = network.state(batch)
        self.test_state = network.state(tests)
        self.inputs, self.targets = self._drawn(tests, [generator(own, "test") for own in seeds])
        self.updates = 0
        self._examples = self._show([generator(own, "examples") for own in seeds])
        self._noise = [
            (uniforms, generator(own, "noise", name, device=network.device))
            for name, of_all in self._uniforms().items()
            for uniforms, own in zip(of_all.view(len(seeds), -1), seeds, strict=True)
        ]
        for population in self.test_state.populations:
            population.uniforms.fill_(0.5)  # noise of mean 0 is silent in a test

    def _check_tasks(self) -> None:
        replicas = self.network.replicas or 1
        require(
            len(self.tasks) == replicas,
            f"{len(self.tasks)} tasks for {replicas} replicas: give one, or one for each",
        )
        sizes = (self.network.n_inputs, self.network.n_outputs)
        for task in self.tasks:
            require(
                sizes == (task.n_inputs, task.n_outputs),
                f"a task with {task.n_inputs} inputs and {task.n_outputs} outputs, "
                f"a network with {sizes[0]} and {sizes[1]}",
            )

    def learn(self, updates: int) -> None:
        """Show so many examples, or batches of them, and let the synapses learn from each."""
        for inputs, targets in islice(self._examples, updates):
            for uniforms, source in self._noise:
                uniforms.uniform_(generator=source)
            self.network.step(self.state, inputs, targets)
        self.updates += updates

    def look(self) -> None:
        """Let activity and error run through `test_state`; no synapse learns."""
        self.network.forward(self.test_state, self.inputs)
        self.network.feed_back(self.test_state, self.targets)

    def nse(self) -> float | Tensor:
        """Return the normalised squared error at the last look (Lillicrap et al. 2016, eq. 2).

        The sum of squared errors, by that of a model that always says the mean; one number, or one
        for each replica.
        """
        deviation = self.targets - self.targets.mean(-2, keepdim=True)
        error = self.test_state.error
        ratio = error.square().sum((-2, -1)) / deviation.square().sum((-2, -1))
        return ratio if ratio.dim() else float(ratio)

    def follow(
        self, at: Sequence[int], measures: Mapping[str, Measure], bar: Bar | None = None
    ) -> dict[str, np.ndarray]:
        """Learn, and take every measure after so many updates.

        Parameters
        ----------
        at : sequence of int
            Numbers of updates, ascending, counted from now; 0 is before the first.
        measures : mapping of str to callable
            Without arguments, called after `look`; each returns a number or an array.
        bar : Bar, optional
            Is told of each update.

        Returns
        -------
        dict of ndarray [len(at), ...]
            Of a network with replicas, the replicas come next.

        Raises
        ------
        SpikefaError
            If the error stops being finite.
        """
        found: dict[str, list[np.ndarray]] = {name: [] for name in measures}
        done = 0
        for number in at:
            self.learn(number - done)
            if bar is not None:
                bar.advance(number - done)
            done = number
            self.look()
            require(
                bool(torch.isfinite(self.test_state.error).all()),
                f"the error is not finite after {self.updates} updates: choose a lower rate",
            )
            for name, measure in measures.items():
                found[name].append(np.asarray(measure()))
        return {name: np.array(values) for name, values in found.items()}

    def freeze(self, *layers: int) -> None:
        """Let these projections, counted from 0 at the input, not learn; all others do."""
        factors = [1.0] * len(self.network.synapses)
        for layer in layers:
            factors[layer] = 0.0
        self.network.set_pace(self.state, factors)

    def switch(self, circuit: FeedbackCircuit, seed: int | Sequence[int] = 0) -> None:
        """Let another circuit carry the error from here on; its weights are drawn from `seed`."""
        connect(self.network, circuit, seed)
        self.network.feedback = circuit
        for state in (self.state, self.test_state):
            state.feedback = feedback_state(self.network, circuit, state.error.shape[-2])

    def _drawn(self, count: int, sources: Sequence[torch.Generator]) -> tuple[Tensor, Tensor]:
        """Draw so many examples for each replica, from a generator of its own."""
        drawn = [task.draw(count, own) for task, own in zip(self.tasks, sources, strict=True)]
        inputs, targets = (torch.stack(of_all) for of_all in zip(*drawn, strict=True))
        if self.network.replicas is None:
            inputs, targets = inputs[0], targets[0]
        device, dtype = self.network.device, self.network.dtype
        return inputs.to(device, dtype), targets.to(device, dtype)

    def _show(self, sources: Sequence[torch.Generator]) -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            inputs, targets = self._drawn(BLOCK * self.batch, sources)
            yield from zip(inputs.split(self.batch, -2), targets.split(self.batch, -2), strict=True)

    def _uniforms(self) -> dict[str, Tensor]:
        """Return what needs new numbers before each update, by name."""
        populations = zip(self.network.populations, self.state.populations, strict=True)
        noisy = {name: state.uniforms for name, state in populations if state.uniforms.numel()}
        return noisy | self.state.feedback.uniforms()
