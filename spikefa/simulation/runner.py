"""Runs a network on its stimulus: the loop over the steps of one presentation."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from spikefa.backends import Backend, Scope, choose_backend, make_backend, try_backends
from spikefa.feedback import FeedbackCircuit
from spikefa.network import Network
from spikefa.network.further import connect, feedback_state
from spikefa.network.uniforms import uniforms_of
from spikefa.network.variables import check_free
from spikefa.neurons import noiseless
from spikefa.simulation.beginning import Beginning
from spikefa.simulation.follower import Follower
from spikefa.simulation.foresight import Foresight
from spikefa.simulation.in_place import InPlace, parts_of
from spikefa.stimulus.base import Stimulus
from spikefa.utils.memory import made
from spikefa.utils.random_streams import RandomStreams
from spikefa.utils.replicas import seeds_of
from spikefa.utils.tensors import Variable, named_tensors


class Runner:
    """Runs one network on `batch` independent streams of a stimulus, without pauses.

    Several runners may share a network: training has one, and every test has its own, so that a
    test changes neither potentials nor random numbers of the training.

    Each replica of a network has `batch` streams. Where the streams of all replicas share one
    dimension, as in `stimulus_state` and `variables`, their index is ``replica * batch + stream``.

    Parameters
    ----------
    network : Network
    stimulus : Stimulus
    batch : int
    seed : int or sequence of int
        For replicas: the seed of each, or the first of consecutive seeds.
    name : str
        First part of the random streams ``<name>/stimulus``, ``<name>/presentation``,
        ``<name>/dropout/<population>``, ``<name>/spikes/<population>``,
        ``<name>/synapses/<population>/<part>`` and
        ``<name>/feedback/<part>``; see `Stimulus.random_path`.
    backend : str, default "eager"
        Which backend executes the steps in which the network learns, see `choose_backend`. Steps
        without plasticity are always eager. If a step cannot be captured in a CUDA graph, a warning
        says why, and another backend runs it, see `try_backends`.
    quiet : bool, default False
        Whether the forward populations have no randomness, see `spikefa.neurons.noiseless`.

    Attributes
    ----------
    state : NetworkState
    stimulus_state : StimulusState
    backend : Backend
    random : RandomStreams
    in_place : InPlace
        Notices tensors that code of the user has replaced.
    choice : Choice
        The backend that was chosen, and why.
    uncaptured : str
        Why steps that were to be captured are not, or empty.
    inputs, target : Tensor [..., batch, n]
        Views of those of the stimulus, as the network takes them.
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
        self.network, self.stimulus = network, stimulus
        self.batch = batch
        self.name = name
        self.seeds = seeds_of(seed, network.replicas)
        self.state = network.state(batch)
        if quiet:
            self.state.populations = [noiseless(each) for each in self.state.populations]
        streams = len(self.seeds) * batch
        self.stimulus_state = made(
            f"the stimulus of {streams:,} streams",
            lambda device: stimulus.state(streams, network.n_outputs, device, network.dtype),
            network.device,
        )
        self.inputs = self.stimulus_state.inputs.view(*network.leading, batch, -1)
        self.target = self.stimulus_state.target.view(*network.leading, batch, -1)
        self.random = self._random_streams()
        self._followers: list[Follower] = []
        self._foresight = Foresight(stimulus, self.stimulus_state, self.inputs)
        self._asked = backend
        self._prepare()

    @property
    def outputs(self) -> Tensor:
        """Activity of the output neurons in this step, [streams, n_outputs]."""
        return self.backend.outputs.flatten(0, -2)

    @property
    def generators(self) -> dict[str, torch.Generator]:
        """All random generators, by the part that draws from them."""
        return self.random.generators

    def _random_streams(self) -> RandomStreams:
        """Return the random streams of all parts of the network."""
        own = uniforms_of(self.network, self.state)
        uniforms = {**self.stimulus_state.drawn(), **own}
        named = partial(self.stimulus.random_path, self.name)
        return RandomStreams(
            {"/".join(path): numbers for path, numbers in uniforms.items()},
            {"/".join(path): named(path) for path in uniforms},
            self.seeds,
            bool(self.network.leading),
            self.network.device,
            {f"load/{part}": named((part,)) for part in self.stimulus.host_streams},
        )

    def follow_with(self, follower: Follower) -> None:
        """Add work for every step, or presentation, in which the network learns."""
        self._followers.append(follower)

    def _prepare(self) -> None:
        """Choose a backend and let it try a presentation, without captures if it must."""
        self.choice = choose_backend(self._asked, self.network, self.batch)
        self.backend = self._make_backend("eager")  # which rehearses
        parts = self.network, self.state, self.stimulus, self.stimulus_state
        self._begin = Beginning(*parts, self.random.draw)
        scope = Scope(self._all_tensors, self.random.generators, parts)
        self.in_place = InPlace(partial(parts_of, *parts), self._variables)
        self.in_place.rehearse(partial(next, self._rested(feed_back=False)), scope)
        attempt = partial(self._try, scope)
        self.backend, self.uncaptured = try_backends(self.choice, self._make_backend, attempt)

    def _make_backend(self, name: str, capture: bool = True) -> Backend:
        parts = self.network, self.state, self.seeds, self.name, self.stimulus.steps
        return make_backend(name, *parts, capture)

    def _try(self, scope: Scope, backend: Backend) -> None:
        self.backend = backend
        with self.in_place.watching("trial"):
            backend.prepare(self._whole, scope)

    def _all_tensors(self) -> dict[str, Tensor]:
        followers = [follower.tensors() for follower in self._followers]
        return self.tensors() | named_tensors(
            {"network": self.network.tensors(), "followers": followers}
        )

    # -- presentations -------------------------------------------------------------------------

    def load(self, number: int, items: Tensor) -> None:
        """Let the stimulus prepare presentation `number` of these items, on the host."""
        sources = {part: self.random.of(f"load/{part}") for part in self.stimulus.host_streams}
        self.stimulus.load(self.stimulus_state, number, items, sources)

    def learn(
        self, *, each: bool = True, keep: Callable[[int], None] | None = None
    ) -> Iterator[int]:
        """Show the loaded items while the network learns; yield the number of each step after it.

        The caller can read the state between steps; nothing is done until this is iterated.

        Parameters
        ----------
        each : bool, default True
            Whether to stop after each step. If not, only the last step is yielded, and a backend
            may do all steps as one piece of work.
        keep : callable, optional
            Called with the number of each step, also in captured work; does the same every time.
        """
        steps = self.stimulus.steps
        frozen = tuple(rate == 0 for rate in self.state.learning_rates.rates)
        try:
            with self.in_place.watching(frozen):
                if not each and self.backend.can_run(steps):
                    self.backend.run(lambda: self._whole(keep), steps, (steps, keep))
                    yield steps - 1
                    return
                self._begin(learning=True)
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
        """Show the loaded items with plasticity arrested; yield the number of each step after it.

        Parameters
        ----------
        feed_back : bool, default False
            Whether the error is fed back. If not, the error populations are not stepped.
        """
        with self.in_place.watching(feed_back):
            yield from self._rested(feed_back)

    def _rested(self, feed_back: bool) -> Iterator[int]:
        self._begin()
        for step in range(self.stimulus.steps):
            self._foresight.write(None, self._draw_inputs)
            self._draw(feed_back)
            self.backend.rest(self.inputs)
            self.stimulus.read(self.stimulus_state, self.outputs)
            if feed_back:
                self.backend.feed_back(self.target)
            self.in_place.after_step()
            yield step

    def _whole(self, keep: Callable[[int], None] | None = None) -> None:
        """Do a whole presentation in which the network learns."""
        self._begin(learning=True)
        for step, known in enumerate(self._foresight.foresee(self.backend, self._draw_inputs)):
            self._learning_step(known)
            if keep is not None:
                keep(step)
        self._follow()

    def _learning_step(self, known: Tensor | None = None) -> None:
        """Do one step in which the network learns; its inputs may be known already."""
        self._foresight.write(known, self._draw_inputs)
        if self.backend.draws:
            self._draw(feed_back=True)
        self.backend.step(self.inputs, self.target)
        self.stimulus.read(self.stimulus_state, self.outputs)
        self._follow(each_step=True)
        self.in_place.after_step()

    def _draw_inputs(self) -> None:
        self.random.draw("stimulus")

    def _draw(self, feed_back: bool) -> None:
        self.random.draw("spikes")
        self.random.draw("synapses")
        if feed_back:
            self.random.draw("feedback")

    def _follow(self, each_step: bool = False) -> None:
        for follower in self._followers:
            if follower.each_step == each_step:
                follower.work()

    def flush(self) -> None:
        """Apply postponed plasticity: after a presentation, and before somebody reads weights."""
        self.backend.flush()

    def switch(self, circuit: FeedbackCircuit, seed: int | Sequence[int] = 0) -> None:
        """Let another circuit carry the error from here on; its weights are drawn from `seed`."""
        self.flush()
        connect(self.network, circuit, seed)
        choose_backend(self._asked, self.network, self.batch, circuit)  # or refuse it
        self.state.learning_rates.check(self.network.rules, circuit)
        self.network.feedback = circuit
        self.renew_feedback()

    def renew_feedback(self) -> None:
        """Create the state of the network's exchanged circuit; existing random streams continue."""
        self.state.feedback = feedback_state(self.network, self.network.feedback, self.batch)
        before, self.random = self.random, self._random_streams()
        self.random.go_on_from(before)
        self._prepare()

    # -- state ---------------------------------------------------------------------------------

    def variables(self) -> dict[str, dict[str, Variable]]:
        """Return the variables for probes, by population and name.

        These are the variables of `spikefa.network.variables` and those of the stimulus, which
        belong to the input and to the output.
        """
        return self.backend.probed(self._variables())

    def _variables(self) -> dict[str, dict[str, Variable]]:
        """Return the variables as they are, not as the backend lets probes read them."""
        populations = self.network.variables(self.state)
        of_input, of_output = self.stimulus.variables(self.stimulus_state)
        last, where = next(reversed(populations)), f"{type(self.stimulus).__name__}.variables"
        check_free(of_input, populations["input"], "input", where)
        check_free(of_output, populations[last], last, where)
        populations[last] |= of_output
        populations["input"] = {**of_input, **populations["input"]}
        return populations

    def tensors(self) -> dict[str, Tensor]:
        """Return all tensors that change from step to step except the weights, by name."""
        return named_tensors({"state": self.state, "stimulus": self.stimulus_state})
