"""A network in front of its stimulus: the loop over the steps of one presentation."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import torch
from torch import Tensor

from spikefa.backends import NotCapturable, Scope, make_backend
from spikefa.datasets import Images
from spikefa.network.network import Network
from spikefa.network.variables import Variable
from spikefa.stimulus.encodings import Encoding
from spikefa.stimulus.images import Stimulus
from spikefa.stimulus.readout import ClassReadout
from spikefa.utils.random_streams import RandomStreams
from spikefa.utils.replicas import seeds_of
from spikefa.utils.tensors import named_tensors


class Runner:
    """`batch` independent streams of images that run through one network, without pauses.

    Several streams may share a network: training runs one, every evaluation another, so that a
    test disturbs neither potentials nor random numbers of the training.

    Of a network with replicas there are `batch` streams for each. They are numbered ``replica *
    batch + stream`` wherever streams stand in a row: in `stimulus`, `readout` and `variables`.

    Parameters
    ----------
    network : Network
    images : Images
        What is shown.
    full_scale, n_classes : int
        Pixel value that means 1, number of classes.
    batch : int
    seed : int or sequence of int
        Of a network with replicas: the seed of each, or the first of consecutive ones.
    name : str
        Names the random streams ``<name>/stimulus``, ``<name>/spikes/<population>`` and
        ``<name>/feedback/<part>``.
    encoding : Encoding, optional
        How images become input; see `Stimulus`.
    backend : str, default "eager"
        What executes the steps in which the network learns, as `choose_backend` returned it.
        Steps without plasticity are always eager. Where a step turns out to be one that no CUDA
        graph can hold, a warning says so, and why, and the steps are run one by one.

    Attributes
    ----------
    state : NetworkState
    backend : Backend
    stimulus : Stimulus
    readout : ClassReadout
    inputs, target : Tensor [..., batch, n]
        What the network receives: the spikes of the stimulus and the target of the readout.
    draws : RandomStreams
    generators : dict of torch.Generator
        Those of `draws`: one for the stimulus, one for each population, one for each part of the
        feedback circuit that uses randomness; of replica r their names begin with ``r/``.
    """

    def __init__(
        self,
        network: Network,
        images: Images,
        full_scale: int,
        n_classes: int,
        batch: int,
        seed: int | Sequence[int],
        name: str,
        encoding: Encoding | None = None,
        backend: str = "eager",
    ):
        device, dtype = network.device, network.dtype
        self.network = network
        self.batch = batch
        seeds = seeds_of(seed, network.replicas)
        streams = len(seeds) * batch
        self.state = network.state(batch)
        self._make_backend = partial(make_backend, backend, network, self.state, seeds[0], name)
        self.backend = self._make_backend()
        self.stimulus = Stimulus(
            images.pixels, images.labels, full_scale, streams, encoding, device, dtype
        )
        self.readout = ClassReadout(network.n_outputs, n_classes, streams, device, dtype)
        self.inputs = self.stimulus.spikes.view(*network.leading, batch, -1)
        self.target = self.readout.target.view(*network.leading, batch, -1)
        self._shown = torch.zeros(streams, device=device, dtype=torch.int64)
        uniforms, paths = self._random_parts()
        self.draws = RandomStreams(
            uniforms, paths, seeds, name, network.replicas is not None, device
        )
        self.generators = self.draws.generators
        self._followers: list[tuple[Callable[[], None], Callable[[], Mapping[str, Tensor]]]] = []
        self._prepare()

    def _random_parts(self) -> tuple[dict[str, Tensor], dict[str, tuple[str, ...]]]:
        """Return the uniforms, and the path of the random stream, of each part of the network."""
        uniforms = {"stimulus": self.stimulus.uniforms}
        paths: dict[str, tuple[str, ...]] = {"stimulus": ("stimulus",)}
        populations = zip(self.network.populations, self.state.populations, strict=True)
        for name, population in populations:
            uniforms[name], paths[name] = population.uniforms, ("spikes", name)
        for part, numbers in self.state.feedback.uniforms().items():
            uniforms[f"feedback/{part}"] = numbers
            paths[f"feedback/{part}"] = ("feedback", part)
        return uniforms, paths

    def follow_with(
        self, work: Callable[[], None], tensors: Callable[[], Mapping[str, Tensor]]
    ) -> None:
        """Let `work` be done at the end of every presentation in which the network learns.

        Parameters
        ----------
        work : callable
            It does the same every time, without a look at data, so that it can be captured.
        tensors : callable
            Returns all that it changes, by name.
        """
        self._followers.append((work, tensors))

    def _prepare(self) -> None:
        """Let the backend try an image; do without captures if that is not possible."""
        everything = [self.network, self.state, self.stimulus, self.readout]
        scope = Scope(self._all_tensors, self.generators, everything)
        try:
            self.backend.prepare(lambda: self._whole(1), scope)
        except NotCapturable as reason:
            asked, self.backend = self.backend.name, self._make_backend(capture=False)
            plain = self.backend.name
            warnings.warn(
                f"the {asked} backend cannot capture a step of this network, so that "
                f"{plain if plain != asked else f'{asked} without captures'} runs it: {reason}",
                stacklevel=2,
            )

    def _all_tensors(self) -> dict[str, Tensor]:
        followers = [tensors() for _, tensors in self._followers]
        return self.tensors() | named_tensors(
            {"network": self.network.tensors(), "followers": followers}
        )

    def draw(self, plastic: bool) -> None:
        """Draw the uniforms of one step, each population's from its own generator.

        A backend that draws for itself is left to, but for the stimulus.
        """
        self.draws.draw("stimulus")
        if plastic and not self.backend.draws:
            return
        for name in self.network.populations:
            self.draws.draw(name)
        if plastic:
            for part in self.state.feedback.uniforms():
                self.draws.draw(f"feedback/{part}")

    def present(
        self,
        images: Tensor,
        steps: int,
        plastic: bool,
        each: bool = True,
        land: Callable[[int], None] | None = None,
    ) -> Iterator[int]:
        """Show the next image to every stream for `steps` steps; yield after each step.

        Potentials and plasticity run on over the switch. A generator, so that whoever drives can
        look at the state between steps; it does nothing until it is iterated.

        Parameters
        ----------
        images : Tensor [batch]
            Indices of the images, of all streams.
        steps : int
        plastic : bool
            Whether synapses learn. If not, the error populations rest too: they reach nothing
            but the synapses.
        each : bool, default True
            Whether to stop after each step. If not, only the last one is yielded, and a backend
            may do all steps as one piece of work.
        land : callable, optional
            Called with the number of each step after it, in such a piece of work too; like the
            rest of it, the same each time.
        """
        self._shown.copy_(images)
        try:
            if plastic and not each and self.backend.can_run(steps):
                self.backend.run(lambda: self._whole(steps, land), steps, (steps, land))
                yield steps - 1
                return
            self._switch(steps)
            for step in range(steps):
                if plastic:
                    self.backend.run(self._step)
                else:
                    self._rest()
                if land is not None:
                    land(step)
                if each or step == steps - 1:
                    yield step
            if plastic:
                self._follow()
        finally:
            self.settle()

    def _whole(self, steps: int, land: Callable[[int], None] | None = None) -> None:
        """Do a whole presentation."""
        self._switch(steps)
        for step in range(steps):
            self._step()
            if land is not None:
                land(step)
        self._follow()

    def _follow(self) -> None:
        for work, _ in self._followers:
            work()

    def _switch(self, steps: int) -> None:
        """Switch to the images that shall be shown."""
        self.stimulus.show(self._shown, steps)
        self.readout.start(self.stimulus.labels)

    def _step(self) -> None:
        """Do one step in which the network learns, and count the spikes of the output."""
        self.draw(plastic=True)
        self.stimulus.step()
        self.backend.step(self.inputs, self.target)
        self.readout.count(self.state.populations[-1].spikes.flatten(0, -2))

    def _rest(self) -> None:
        """Do one step with plasticity arrested."""
        self.draw(plastic=False)
        self.stimulus.step()
        self.backend.rest(self.inputs)
        self.readout.count(self.state.populations[-1].spikes.flatten(0, -2))

    def settle(self) -> None:
        """Bring the weights up to the present step; a backend may have put off its plasticity.

        It is done at the end of every presentation, and whenever a probe reads weights.
        """
        self.backend.settle()

    def variables(self) -> dict[str, dict[str, Variable]]:
        """Return what can be probed, by population and name; see `spikefa.network.variables`.

        To that this adds the ``label`` of the image, with the input, and ``class_spikes`` and
        ``class_spikes_summed`` with the output: spikes of the output neurons of each class, in this
        step and since the image came.
        """
        populations = self.network.variables(self.state)
        populations[next(reversed(populations))] |= {
            "class_spikes": self.readout.last,
            "class_spikes_summed": self.readout.summed,
        }
        populations["input"] = {
            **self.stimulus.code,
            "spikes": self.stimulus.spikes,
            "label": self.stimulus.labels.view(-1, 1),
            **populations["input"],
        }
        return self.backend.probed(populations)

    def tensors(self) -> dict[str, Tensor]:
        """Return everything that changes from step to step but the weights, by name."""
        return named_tensors(
            {
                "state": self.state,
                "stimulus": self.stimulus.tensors(),
                "readout": self.readout.tensors(),
            }
        )

    def generator_states(self) -> dict[str, Tensor]:
        """Return a copy of the state of every generator."""
        return self.draws.states()

    def set_generator_states(self, states: dict[str, Tensor]) -> None:
        """Set every generator back to a state that `generator_states` returned."""
        self.draws.set_states(states)
