"""A rate network that learns from examples, one update after the other, looked at now and then."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from spikefa.datasets.examples import Examples
from spikefa.errors import require
from spikefa.feedback import FeedbackCircuit
from spikefa.network.further import connect, feedback_state
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.neurons import silenced
from spikefa.utils.progress import Bar
from spikefa.utils.seeding import generator

Measure = Callable[[], float | Tensor | np.ndarray]


class Learner:
    """Lets the synapses learn from examples, and tests them on others.

    Whoever makes one says where the examples come from: `Exercise` draws them from a function,
    `Lesson` takes them from a set.

    Parameters
    ----------
    network : Network
        With its weights drawn. Its neurons should have no memory (tau = 1).
    shown : iterator of (Tensor [batch, n_in], Tensor [batch, n_out])
        Inputs and targets, one batch for each update, without end.
    batch : int
        Examples for each update, which is summed over them.
    tests : Examples
        Held aside.
    chunk : int
        How many of them are looked at side by side.
    seeds : sequence of int
        Of the streams ``noise/...``, one for each replica of the network.

    Attributes
    ----------
    state, test_state : NetworkState
        Of learning, and of the last `chunk` examples looked at.
    inputs, targets : Tensor [..., tests, n]
        The examples held aside.
    outputs : Tensor [..., N, n_out]
        What the network said at the last look.
    updates : int
        Updates so far.

    Raises
    ------
    SpikefaError
        If network and examples differ in inputs or outputs.
    """

    def __init__(
        self,
        network: Network,
        shown: Iterator[tuple[Tensor, Tensor]],
        batch: int,
        tests: Examples,
        chunk: int,
        seeds: Sequence[int],
    ):
        _check_sizes(network, tests)
        self.network = network
        self.batch = batch
        self.tests = self.seen = tests
        self.state = network.state(batch)
        self.test_state = self._quiet_state(min(chunk, len(tests)))
        self.inputs, self.targets = tests.inputs, tests.targets
        self.outputs = self._room(len(tests))
        self.updates = 0
        self._examples = shown
        self._noise = [
            (uniforms, generator(own, "noise", name, device=network.device))
            for name, of_all in self._uniforms().items()
            for uniforms, own in zip(of_all.view(len(seeds), -1), seeds, strict=True)
        ]

    def learn(self, updates: int) -> None:
        """Show so many examples, or batches of them, and let the synapses learn from each."""
        for inputs, targets in islice(self._examples, updates):
            for uniforms, source in self._noise:
                uniforms.uniform_(generator=source)
            self.network.step(self.state, inputs, targets)
        self.updates += updates

    def look(self, examples: Examples | None = None) -> None:
        """Let the network answer the examples held aside, or others; no synapse learns.

        Noise and dropout are silent. The error is fed back for the last `chunk` examples, whose
        activity and error stay in `test_state`, unless there are fewer.
        """
        seen = self.tests if examples is None else examples.to(self.network.device, self._dtype)
        _check_sizes(self.network, seen)
        if len(seen) != self.outputs.shape[-2]:
            self.outputs = self._room(len(seen))
        self.seen = seen
        most = self.test_state.error.shape[-2]
        chunk = min(most, len(seen))
        state = self.test_state if chunk == most else self._quiet_state(chunk)
        for first in range(0, len(seen), chunk):
            here = slice(min(first, len(seen) - chunk), min(first + chunk, len(seen)))
            self.network.forward(state, seen.inputs[..., here, :])
            self.outputs[..., here, :] = state.populations[-1].spikes
        self.network.feed_back(state, seen.targets[..., here, :])

    def nse(self) -> float | Tensor:
        """Return the normalised squared error at the last look (Lillicrap et al. 2016, eq. 2).

        The sum of squared errors, by that of a model that always says the mean; one number, or one
        for each replica.
        """
        targets = self.seen.targets
        deviation = targets - targets.mean(-2, keepdim=True)
        squared = (self.outputs - targets).square().sum((-2, -1))
        return one_or_each(squared / deviation.square().sum((-2, -1)))

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
                bool(torch.isfinite(self.outputs).all()),
                f"the error is not finite after {self.updates} updates: choose a lower rate",
            )
            for name, measure in measures.items():
                found[name].append(np.asarray(measure()))
        return {name: np.array(values) for name, values in found.items()}

    def set_learning_rates(self, factor: float | Sequence[float] = 1.0, decay: float = 1.0) -> None:
        """Scale learning rates and weight decay from here on, see `Network.set_learning_rates`."""
        self.network.set_learning_rates(self.state, factor, decay)

    def freeze(self, *layers: int) -> None:
        """Let these projections, counted from 0 at the input, not learn; all others do."""
        factors = [1.0] * len(self.network.synapses)
        for layer in layers:
            factors[layer] = 0.0
        self.set_learning_rates(factors)

    def switch(self, circuit: FeedbackCircuit, seed: int | Sequence[int] = 0) -> None:
        """Let another circuit carry the error from here on; its weights are drawn from `seed`."""
        connect(self.network, circuit, seed)
        self.network.feedback = circuit
        for state in (self.state, self.test_state):
            state.feedback = feedback_state(self.network, circuit, state.error.shape[-2])

    @property
    def _dtype(self) -> torch.dtype:
        return self.network.dtype

    def _room(self, count: int) -> Tensor:
        """Return room for so many outputs, of every replica."""
        error = self.test_state.error
        return error.new_zeros(*error.shape[:-2], count, error.shape[-1])

    def _quiet_state(self, batch: int) -> NetworkState:
        """Return a state in which the forward populations are without randomness."""
        state = self.network.state(batch)
        state.populations = [silenced(population) for population in state.populations]
        return state

    def _uniforms(self) -> dict[str, Tensor]:
        """Return what needs new numbers before each update, by name."""
        populations = zip(self.network.populations, self.state.populations, strict=True)
        noisy = {name: state.uniforms for name, state in populations if state.uniforms.numel()}
        return noisy | self.state.feedback.uniforms()


def one_or_each(values: Tensor) -> float | Tensor:
    """Return the number of a single network, or the tensor [replicas] of those of all."""
    return values if values.dim() else float(values)


def _check_sizes(network: Network, examples: Examples) -> None:
    sizes = (network.n_inputs, network.n_outputs)
    given = (examples.inputs.shape[-1], examples.targets.shape[-1])
    require(
        sizes == given,
        f"examples with {given[0]} inputs and {given[1]} outputs, "
        f"a network with {sizes[0]} and {sizes[1]}",
    )
