"""Tests: the same dynamics with plasticity arrested."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.network import Network
from spikefa.network.state import NetworkState
from spikefa.simulation.looking_ahead import load
from spikefa.simulation.runner import Runner
from spikefa.stimulus.answers import Answers, Score
from spikefa.stimulus.base import Stimulus
from spikefa.stimulus.predictions import Guesses
from spikefa.utils.checking import ranged
from spikefa.utils.ranges import Batch, Seed
from spikefa.utils.replicas import seeds_of
from spikefa.utils.tensors import copy_into

AT_ONCE = 1000
"""Number of items that are tested side by side on a CPU; the cache does not hold more.

If the error is fed back, this number holds on every device, so that the last presentation, and the
state after it, are of the same items everywhere.
"""
MOST_INPUTS = 1 << 28
"""Input neurons of all streams of a test, a gigabyte in float32, if no batch is given."""


def streams_by_default(device: torch.device, items: int) -> int:
    """Return the number of streams in which `items` items are tested on a device."""
    return min(AT_ONCE, items) if device.type == "cpu" else items


class Evaluation:
    """Shows a network all items of a stimulus; no synapse learns.

    The items are shown in order in parallel streams, which start at rest and are not reset in
    between. The test has potentials and random numbers of its own, which follow from `seed` and
    `name` alone, so that tests do not change the training. If the number of items is not a multiple
    of the number of streams, the last presentation begins with items that were shown before.

    Parameters
    ----------
    network : Network
    stimulus : Stimulus
        Shown as in `Stimulus.in_tests`.
    seed : int or sequence of int, default 0
        For replicas: the seed of each, or the first of consecutive seeds.
    name : str, default "test"
        First part of the names of the random streams.
    batch : int, optional
        Number of streams for each replica. Default: 1,000 on a CPU or if the error is fed back,
        otherwise the number of items, as far as all streams together have at most 268 million
        inputs.
    feed_back : bool, default False
        Whether the error is fed back in the last presentation, so that modulators and error can be
        read afterwards.

    Attributes
    ----------
    answers : Answers
        The answers of the last `run`; `ExampleAnswers` for examples, with measures such as `nse`.
    guesses : Guesses or None
        Collects what the network takes every item for, if it is set before `run`.
    state : NetworkState
        The state after the last presentation.

    Raises
    ------
    SpikefaError
        If the stimulus does not fit the network, or `batch` is less than 1.
    """

    @ranged
    def __init__(
        self,
        network: Network,
        stimulus: Stimulus,
        seed: Seed | Sequence[Seed] = 0,
        name: str = "test",
        batch: Batch | None = None,
        *,
        feed_back: bool = False,
    ):
        stimulus = stimulus.in_tests()
        stimulus.check(network)
        if batch is None:
            batch = AT_ONCE if feed_back else streams_by_default(network.device, len(stimulus))
            batch = min(batch, max(AT_ONCE, MOST_INPUTS // stimulus.n_inputs))
        self.network = network
        self.stimulus = stimulus
        self.batch = min(batch, len(stimulus))
        self.feed_back = feed_back
        self.guesses: Guesses | None = None
        self.runner = Runner(network, stimulus, self.batch, seed, name, quiet=stimulus.quiet_tests)
        self.answers: Any = stimulus.answers(network)
        self._keep_start()

    def _keep_start(self) -> None:
        """Keep the state at rest, and the random numbers, from which every test starts."""
        self._at_rest = {name: each.clone() for name, each in self.runner.tensors().items()}
        self._generators = self.runner.random.states()

    def renew(self) -> None:
        """Start again with the present circuit of the network."""
        copy_into(self.runner.tensors(), self._at_rest)
        self.runner.random.set_states(self._generators)
        self.runner.renew_feedback()
        self._keep_start()

    @property
    def state(self) -> NetworkState:
        """The state of the network in this test."""
        return self.runner.state

    def run(self, advance: Callable[[int], None] | None = None) -> Answers:
        """Show every item and return the answers.

        Parameters
        ----------
        advance : callable, optional
            Called after each presentation with the number of items tested, over all replicas.
        """
        self._start()
        count = len(self.stimulus)
        replicas = len(self.runner.seeds)
        for number, first in enumerate(range(0, count, self.batch)):
            fresh = min(self.batch, count - first)
            items = slice(first + fresh - self.batch, first + fresh)
            last = first + fresh == count
            self._present(number, feed_back=self.feed_back and last)
            self.answers.add(items, fresh, self._measured(), self._outputs())
            if self.guesses is not None:
                self.guesses.add(items, fresh, self.class_spikes())
            if advance is not None:
                advance(fresh * replicas)
        return self.answers

    def finite(self) -> bool:
        """Return whether the outputs of the last presentation are free of NaN and infinity."""
        return bool(torch.isfinite(self.runner.outputs).all())

    def _start(self) -> None:
        """Return to the state at rest and to the first random number."""
        copy_into(self.runner.tensors(), self._at_rest)
        self.runner.random.set_states(self._generators)
        self.answers.start(len(self.stimulus))

    def _present(self, number: int, feed_back: bool) -> None:
        load(self.runner, self._items, number, end=-(-len(self.stimulus) // self.batch))
        for _ in self.runner.rest(feed_back=feed_back):
            pass

    def _items(self, number: int) -> Tensor:
        """Return the items of a presentation, for all replicas."""
        device = "cpu" if self.stimulus.items_on_host else self.network.device
        end = min((number + 1) * self.batch, len(self.stimulus))
        shown = torch.arange(end - self.batch, end, device=device)
        return shown.repeat(len(self.runner.seeds))

    def _measured(self) -> Tensor:
        measured = self.stimulus.measure(self.runner.stimulus_state, self.runner.outputs)
        return measured.view(len(measured), *self.network.leading, self.batch)

    def class_spikes(self) -> tuple[Tensor, Tensor]:
        """Return the spikes of each class in the present presentation, see `Stimulus`."""
        counts = self.stimulus.class_spikes(self.runner.stimulus_state)
        assert counts is not None
        return counts

    def _outputs(self) -> Tensor:
        return self.runner.outputs.view(*self.network.leading, self.batch, -1)


def evaluate(
    network: Network,
    stimulus: Stimulus,
    seed: int | Sequence[int] = 0,
    name: str = "test",
    batch: int | None = None,
    advance: Callable[[int], None] | None = None,
    spikes: bool = False,
) -> Score:
    """Test a network on every item of a stimulus.

    Replicas are tested one after the other: with a large batch, testing them side by side is not
    faster.

    Parameters
    ----------
    network, stimulus, seed, name, batch
        See `Evaluation`.
    advance : callable, optional
        Called after each presentation with the number of items tested.
    spikes : bool, default False
        Whether the predictions of the score hold the output spikes of each class.
    """
    seeds = seeds_of(seed, network.replicas)
    scores = []
    for number, (single, own) in enumerate(zip(network.each(), seeds, strict=True)):
        evaluation = Evaluation(single, stimulus.of_replica(number), own, name, batch)
        scores.append(_predicted(evaluation, spikes, advance))
    return Score.of(scores) if network.leading else scores[0]


def _predicted(
    evaluation: Evaluation, spikes: bool, advance: Callable[[int], None] | None
) -> Score:
    """Return the score, with predictions if the stimulus has a readout of classes."""
    stimulus, device = evaluation.stimulus, evaluation.network.device
    if stimulus.class_spikes(evaluation.runner.stimulus_state) is None:
        require(not spikes, f"{stimulus.name} has no readout of classes: leave spikes=True out")
        return evaluation.run(advance).score()
    items = len(stimulus)
    evaluation.guesses = Guesses(items, stimulus.n_classes, device, spikes)
    score = evaluation.run(advance).score()
    return replace(score, predictions=evaluation.guesses.predictions(stimulus.labels(range(items))))
