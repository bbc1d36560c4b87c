"""Runs a network through its stimulus: the loop over the steps of one presentation."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from spikefa.backends import NotCapturable, Scope, make_backend
from spikefa.feedback import FeedbackCircuit
from spikefa.network import Network
from spikefa.network.further import connect, feedback_state
from spikefa.neurons import silenced
from spikefa.stimulus.base import Stimulus
from spikefa.utils.random_streams import RandomStreams
from spikefa.utils.replicas import seeds_of
from spikefa.utils.tensors import Variable, named_tensors


@dataclass(frozen=True)
class Follower:
    """Work that is done at the end of every presentation in which the network learns.

    Attributes
    ----------
    work : callable
        It does the same every time, without a look at data, so that it can be captured.
    tensors : callable
        Returns all that it changes, by name.
    """

    work: Callable[[], None]
    tensors: Callable[[], Mapping[str, Tensor]]


class Runner:
    """`batch` independent streams of a stimulus that run through one network, without pauses.

    Several runners may share a network: training has one, every test another, so that a test
    disturbs neither potentials nor random numbers of the training.

    Each replica of a network has `batch` streams. Wherever streams stand in a row, as in
    `stimulus_state` and `variables`, they are numbered ``replica * batch + stream``.

    Parameters
    ----------
    network : Network
    stimulus : Stimulus
    batch : int
    seed : int or sequence of int
        Of a network with replicas: the seed of each, or the first of consecutive ones.
    name : str
        Names the random streams ``<name>/stimulus``, ``<name>/spikes/<population>`` and
        ``<name>/feedback/<part>``; see `Stimulus.random_path`.
    backend : str, default "eager"
        What executes the steps in which the network learns, as `choose_backend` returned it.
        Steps without plasticity are always eager. If no CUDA graph can hold a step, a warning says
        why, and the steps are run one by one.
    quiet : bool, default False
        Whether the forward populations are without randomness, see `spikefa.neurons.silenced`.

    Attributes
    ----------
    state : NetworkState
    stimulus_state : StimulusState
    backend : Backend
    random : RandomStreams
    inputs, target : Tensor [..., batch, n]
        Views of those of the stimulus, in the shape that the network takes.
    """

    def __init__(
        self,
        network: Network,
        stimulus: Stimulus,
        batch: int,
        seed: int | Sequence[int],
        name: str,
        *,
        backend: str = "eager",
        quiet: bool = False,
    ):
        stimulus.check(network)
        self.network = network
        self.stimulus = stimulus
        self.batch = batch
        self.name = name
        self.seeds = seeds_of(seed, network.replicas)
        self.state = network.state(batch)
        if quiet:
            self.state.populations = [silenced(each) for each in self.state.populations]
        streams = len(self.seeds) * batch
        self.stimulus_state = stimulus.state(
            streams, network.n_outputs, network.device, network.dtype
        )
        self.inputs = self.stimulus_state.inputs.view(*network.leading, batch, -1)
        self.target = self.stimulus_state.target.view(*network.leading, batch, -1)
        self.random = self._random_streams()
        self._followers: list[Follower] = []
        self._make_backend = partial(
            make_backend, backend, network, self.state, self.seeds[0], name
        )
        self.backend = self._make_backend()
        self._prepare()

    @property
    def outputs(self) -> Tensor:
        """Activity of the output neurons in this step, [streams, n_outputs]."""
        return self.state.populations[-1].spikes.flatten(0, -2)

    @property
    def generators(self) -> dict[str, torch.Generator]:
        """Every random generator, by the part that draws from it."""
        return self.random.generators

    def _random_streams(self) -> RandomStreams:
        """Return what draws the uniforms of each part of the network."""
        uniforms = {"stimulus": self.stimulus_state.uniforms}
        paths: dict[str, tuple[str, ...]] = {"stimulus": ("stimulus",)}
        for name, population in zip(self.network.populations, self.state.populations, strict=True):
            uniforms[name], paths[name] = population.uniforms, ("spikes", name)
        for part, numbers in self.state.feedback.uniforms().items():
            uniforms[f"feedback/{part}"] = numbers
            paths[f"feedback/{part}"] = ("feedback", part)
        named = partial(self.stimulus.random_path, self.name)
        return RandomStreams(
            uniforms,
            {part: named(path) for part, path in paths.items()},
            self.seeds,
            bool(self.network.leading),
            self.network.device,
            {part: named((part,)) for part in self.stimulus.host_streams},
        )

    def follow_with(self, follower: Follower) -> None:
        """Let some work be done at the end of every presentation in which the network learns."""
        self._followers.append(follower)

    def _prepare(self) -> None:
        """Let the backend try a presentation; do without captures if that is not possible."""
        everything = [self.network, self.state, self.stimulus, self.stimulus_state]
        scope = Scope(self._all_tensors, self.random.generators, everything)
        try:
            self.backend.prepare(self._whole, scope)
        except NotCapturable as reason:
            asked, self.backend = self.backend.name, self._make_backend(capture=False)
            plain = self.backend.name
            warnings.warn(
                f"the {asked} backend cannot capture a step of this network, so that "
                f"{plain if plain != asked else f'{asked} without captures'} runs it: {reason}",
                stacklevel=2,
            )

    def _all_tensors(self) -> dict[str, Tensor]:
        followers = [follower.tensors() for follower in self._followers]
        return self.tensors() | named_tensors(
            {"network": self.network.tensors(), "followers": followers}
        )

    # -- presentations -------------------------------------------------------------------------

    def load(self, number: int, items: Tensor) -> None:
        """Let the stimulus get ready for presentation `number` of these items, on the host."""
        sources = {part: self.random.of(part) for part in self.stimulus.host_streams}
        self.stimulus.load(self.stimulus_state, number, items, sources)

    def learn(
        self, *, each: bool = True, keep: Callable[[int], None] | None = None
    ) -> Iterator[int]:
        """Show what was loaded while the network learns; yield the number of each step after it.

        Potentials and plasticity run on over the switch. This is a generator, so that whoever
        drives can look at the state between steps; it does nothing until it is iterated.

        Parameters
        ----------
        each : bool, default True
            Whether to stop after each step. If not, only the last one is yielded, and a backend
            may do all steps as one piece of work.
        keep : callable, optional
            Called with the number of each step after it, in such a piece of work too; like the
            rest of it, it does the same every time.
        """
        steps = self.stimulus.steps
        try:
            if not each and self.backend.can_run(steps):
                self.backend.run(lambda: self._whole(keep), steps, (steps, keep))
                yield steps - 1
                return
            self.stimulus.show(self.stimulus_state)
            for step in range(steps):
                self.backend.run(self._learning_step)
                if keep is not None:
                    keep(step)
                if each or step == steps - 1:
                    yield step
            self._follow()
        finally:
            self.flush()

    def rest(self, *, feed_back: bool = False) -> Iterator[int]:
        """Show what was loaded with plasticity arrested; yield the number of each step after it.

        Parameters
        ----------
        feed_back : bool, default False
            Whether the error is fed back. If not, the error populations rest too: they reach
            nothing but the synapses.
        """
        self.stimulus.show(self.stimulus_state)
        for step in range(self.stimulus.steps):
            self._draw(feed_back)
            self.stimulus.step(self.stimulus_state)
            self.backend.rest(self.inputs)
            self.stimulus.read(self.stimulus_state, self.outputs)
            if feed_back:
                self.network.feed_back(self.state, self.target)
            yield step

    def _whole(self, keep: Callable[[int], None] | None = None) -> None:
        """Do a whole presentation in which the network learns."""
        self.stimulus.show(self.stimulus_state)
        for step in range(self.stimulus.steps):
            self._learning_step()
            if keep is not None:
                keep(step)
        self._follow()

    def _learning_step(self) -> None:
        """Do one step in which the network learns."""
        self._draw(feed_back=True, forward=self.backend.draws)
        self.stimulus.step(self.stimulus_state)
        self.backend.step(self.inputs, self.target)
        self.stimulus.read(self.stimulus_state, self.outputs)

    def _draw(self, feed_back: bool, forward: bool = True) -> None:
        """Draw the uniforms of one step; some backends draw all but the stimulus themselves."""
        self.random.draw("stimulus")
        if not forward:
            return
        for name in self.network.populations:
            self.random.draw(name)
        if feed_back:
            for part in self.state.feedback.uniforms():
                self.random.draw(f"feedback/{part}")

    def _follow(self) -> None:
        for follower in self._followers:
            follower.work()

    def flush(self) -> None:
        """Bring the weights up to the present step; a backend may have put off its plasticity.

        It is done at the end of every presentation, and whenever a probe reads weights.
        """
        self.backend.flush()

    def switch(self, circuit: FeedbackCircuit, seed: int | Sequence[int] = 0) -> None:
        """Let another circuit carry the error from here on; its weights are drawn from `seed`."""
        self.flush()
        connect(self.network, circuit, seed)
        self.network.feedback = circuit
        self.renew_feedback()

    def renew_feedback(self) -> None:
        """Make the state of the network's circuit anew, after the network got another one.

        Random streams that there were before go on.
        """
        self.state.feedback = feedback_state(self.network, self.network.feedback, self.batch)
        before, self.random = self.random, self._random_streams()
        self.random.go_on_from(before)
        self.backend = self._make_backend()
        self._prepare()

    # -- state ---------------------------------------------------------------------------------

    def variables(self) -> dict[str, dict[str, Variable]]:
        """Return what can be probed, by population and name; see `spikefa.network.variables`.

        To that this adds what the stimulus has to show, with the input and the output.
        """
        populations = self.network.variables(self.state)
        of_input, of_output = self.stimulus.variables(self.stimulus_state)
        populations[next(reversed(populations))] |= of_output
        populations["input"] = {**of_input, **populations["input"]}
        return self.backend.probed(populations)

    def tensors(self) -> dict[str, Tensor]:
        """Return everything that changes from step to step except the weights, by name."""
        return named_tensors({"state": self.state, "stimulus": self.stimulus_state})
