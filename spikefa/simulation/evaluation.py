"""Tests: the same dynamics with plasticity arrested."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.network import Network
from spikefa.network.state import NetworkState
from spikefa.simulation.runner import Runner
from spikefa.stimulus.answers import Answers, Score
from spikefa.stimulus.base import Stimulus
from spikefa.utils.replicas import seeds_of
from spikefa.utils.tensors import copy_into

AT_ONCE = 1000
"""Streams in which items are tested side by side on a CPU, whose cache does not hold more.

If the error is fed back it is so on every device, and the state afterwards is of the same items.
"""


def streams_by_default(device: torch.device, items: int) -> int:
    """Return the streams in which so many items are tested on a device."""
    return min(AT_ONCE, items) if device.type == "cpu" else items


class Evaluation:
    """A network in front of all items of a stimulus; no synapse learns.

    The items pass in order through parallel streams, which start at rest; nothing is reset in
    between. Potentials and random numbers are the test's own and follow from `seed` and `name`
    alone, so that testing more often changes nothing. If the number of items is no multiple of the
    streams, the last presentation begins with items that have been shown before.

    Parameters
    ----------
    network : Network
    stimulus : Stimulus
    seed : int or sequence of int, default 0
        Of a network with replicas: the seed of each, or the first of consecutive ones.
    name : str, default "test"
        Names the random streams.
    batch : int, optional
        Streams side by side, for each replica. By default 1,000 on a CPU or if the error is fed
        back, else as many as there are items.
    feed_back : bool, default False
        Whether the error is fed back in the last presentation, so that modulators and error can be
        looked at afterwards.

    Attributes
    ----------
    answers : Answers
        Those of the last `run`; `ExampleAnswers` for examples, with measures such as `nse`.
    state : NetworkState
        After the last presentation.

    Raises
    ------
    SpikefaError
        If the stimulus does not fit the network, or `batch` is less than 1.
    """

    def __init__(
        self,
        network: Network,
        stimulus: Stimulus,
        seed: int | Sequence[int] = 0,
        name: str = "test",
        batch: int | None = None,
        *,
        feed_back: bool = False,
    ):
        if batch is None:
            batch = AT_ONCE if feed_back else streams_by_default(network.device, len(stimulus))
        require(batch >= 1, f"the batch must be at least 1, {batch} given")
        self.network = network
        self.stimulus = stimulus
        self.batch = min(batch, len(stimulus))
        self.feed_back = feed_back
        self.runner = Runner(network, stimulus, self.batch, seed, name, quiet=stimulus.quiet_tests)
        self.answers: Any = stimulus.answers(network)
        self._keep_start()

    def _keep_start(self) -> None:
        """Keep the state at rest, and the random numbers, from which every test starts."""
        self._at_rest = {name: each.clone() for name, each in self.runner.tensors().items()}
        self._generators = self.runner.random.states()

    def renew(self) -> None:
        """Start anew with the circuit that the network has now."""
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
            Told how many items each presentation has tested, over all replicas.
        """
        self._start()
        count = len(self.stimulus)
        replicas = len(self.runner.seeds)
        for number, first in enumerate(range(0, count, self.batch)):
            fresh = min(self.batch, count - first)
            items = slice(first + fresh - self.batch, first + fresh)
            last = first + fresh == count
            self._present(number, items, feed_back=self.feed_back and last)
            self.answers.add(items, fresh, self._measured(), self._outputs())
            if advance is not None:
                advance(fresh * replicas)
        return self.answers

    def finite(self) -> bool:
        """Return whether the outputs of the last presentation are free of NaN and infinity."""
        return bool(torch.isfinite(self.runner.outputs).all())

    def _start(self) -> None:
        """Go back to rest and to the first random number."""
        copy_into(self.runner.tensors(), self._at_rest)
        self.runner.random.set_states(self._generators)
        self.answers.start(len(self.stimulus))

    def _present(self, number: int, items: slice, feed_back: bool) -> None:
        shown = torch.arange(items.start, items.stop, device=self.network.device)
        self.runner.load(number, shown.repeat(len(self.runner.seeds)))
        for _ in self.runner.rest(feed_back=feed_back):
            pass

    def _measured(self) -> Tensor:
        measured = self.stimulus.measure(self.runner.stimulus_state, self.runner.outputs)
        return measured.view(len(measured), *self.network.leading, self.batch)

    def _outputs(self) -> Tensor:
        return self.runner.outputs.view(*self.network.leading, self.batch, -1)


def evaluate(
    network: Network,
    stimulus: Stimulus,
    seed: int | Sequence[int] = 0,
    name: str = "test",
    batch: int | None = None,
    advance: Callable[[int], None] | None = None,
) -> Score:
    """Test a network on every item of a stimulus.

    Replicas are tested one after the other, since a large batch leaves nothing to gain from
    testing them side by side.

    Parameters
    ----------
    network, stimulus, seed, name, batch
        See `Evaluation`.
    advance : callable, optional
        Told how many items each presentation has tested.
    """
    seeds = seeds_of(seed, network.replicas)
    scores = [
        Evaluation(single, stimulus.of_replica(number), own, name, batch).run(advance).score()
        for number, (single, own) in enumerate(zip(network.each(), seeds, strict=True))
    ]
    return Score.of(scores) if network.leading else scores[0]
