"""The fused-deferred backend: kernels that only read the weights within a presentation."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from spikefa.backends.base import Backend
from spikefa.backends.fused_deferred.launcher import Launcher
from spikefa.backends.fused_deferred.layout import Layout
from spikefa.backends.fused_deferred.many_streams import ManyStreams
from spikefa.backends.fused_deferred.one_stream import OneStream
from spikefa.backends.fused_deferred.operands import padded
from spikefa.backends.fused_deferred.places import Moment, OutputError
from spikefa.backends.fused_deferred.tiling import TABLE, Tiles, steps_between_writes
from spikefa.backends.scope import Scope
from spikefa.errors import require
from spikefa.feedback import beside
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.network.variables import Variable
from spikefa.utils.packing import BitPacker
from spikefa.utils.replicas import seeds_of
from spikefa.utils.seeding import derive


class FusedDeferred(Backend):
    """Runs the standard pathway in kernels that write each weight once in a presentation.

    The changes of a presentation are kept as factors beside the weights, forward and feedback, as
    `deferred` does; here one product transmits spikes and overlaps, and the same kernels step the
    neurons. Philox (Salmon et al. 2011) computes the random numbers for spikes from the seed, the
    step, the stream and the neuron; they are those of the `fused` backend.
    `spikefa.backends.support.obstacle` returns why a network cannot use this backend.

    Parameters
    ----------
    network : Network
    state : NetworkState
    seed : int or sequence of int
        Of each replica, or of the first one.
    stream : str
        First part of the names of the random streams, as in `Runner`.
    steps : int
        Steps of a presentation.
    factors : {"float32", "float16"}, default "float32"
        What the products multiply. With float16, copies of all weights, the errors that are sent
        and the modulators are rounded to it; spikes and overlaps are exact. Weights, biases,
        potentials and all sums are float32.
    philox : bool, default True
        Whether the kernels draw random numbers. If not, they use the uniforms of the state, as
        eager does.
    tiles : Tiles, optional
    launcher : Launcher, optional

    Attributes
    ----------
    waiting : int
        Steps whose changes wait.
    packed : list of Tensor
        The spikes of each population as bits, uint8 [streams, ceil(n/8)]; neuron u is bit u % 8 of
        byte u // 8, as in a recording.
    """

    postpones = True

    def __init__(
        self,
        network: Network,
        state: NetworkState,
        seed: int | Sequence[int],
        stream: str,
        steps: int,
        factors: str = "float32",
        philox: bool = True,
        tiles: Tiles | None = None,
        launcher: Launcher | None = None,
    ):
        super().__init__(network, state)
        require(factors in TABLE, f"no factors {factors!r}: {', '.join(TABLE)}")
        half, device = factors == "float16", network.device
        self.name = "fused-deferred-fp16" if half else "fused-deferred"
        self.draws = not philox
        self.batch, replicas = state.error.shape[-2], network.replicas or 1
        self.steps, self.waiting = steps_between_writes(self.batch, steps), 0
        _check_numbers(network, replicas * self.batch, self.steps)
        seeds = [
            [derive(each, stream, "spikes", name) for each in seeds_of(seed, network.replicas)]
            for name in network.populations
        ]
        self.layout = Layout(
            *(network, state, padded(self.steps * self.batch), half),
            [torch.tensor(each, device=device) for each in seeds],
        )
        launcher = launcher or Launcher(device)
        tiles = tiles or TABLE[factors].for_launch(launcher.dependent)
        self.kernels: ManyStreams | OneStream = (
            OneStream(launcher, tiles, replicas)
            if self.batch == 1
            else ManyStreams(launcher, tiles, self.layout.links, replicas, self.batch, half)
        )
        self.packed = [neurons.packed for neurons in self.layout.neurons]
        self._rates: list[float] = []
        self.foresees = self.batch > 1 and self.steps == steps > 1
        self._foreseen = False
        self._circuit_learns = not network.feedback.correlations()
        self._clock = torch.zeros(1, device=device, dtype=torch.int64)
        self._packer = BitPacker(network.dtype, device)

    def prepare(self, work: Callable[[], None], scope: Scope) -> None:
        """Round the weights that a trial will read."""
        self._refresh()

    def ready(self) -> None:
        """Set the clock from which the kernels compute random numbers; round changed weights."""
        self._clock.fill_(self.state.steps - self.waiting)
        self._refresh()

    def step(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step; what is due after it comes after the changes of this step."""
        self.advance(inputs, target)
        due = self.is_due()
        if due:
            self.flush()
        self.network.finish(self.state)
        if due:
            self._refresh()

    def foresee(self, inputs: Tensor) -> None:
        """Drive the first population by the inputs of all steps, in one product."""
        self._begin()
        assert isinstance(self.kernels, ManyStreams)
        self.layout.inputs.put_steps(inputs)
        self.kernels.foresee(self.layout.forward[0], len(inputs), bool(self._rates[0]))
        self._foreseen = True

    def advance(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step without weight decay; the synapses change later."""
        if not self._foreseen:
            self._begin()
        row = self.waiting * self.batch
        if not self._foreseen:
            self.layout.inputs.put(row, inputs)
        self._sweep_up(row, target)
        for link, errors in self.layout.hops:
            self.kernels.errors(link, errors, self._moment(link.layer, row))
        if self._circuit_learns:
            layers = self.network.layers(self.state, inputs)
            self.network.feedback.learn(self.state.feedback, layers)
            for link, _ in self.layout.hops:
                link.matrix.round()
        self.waiting += 1

    def rest(self, inputs: Tensor) -> None:
        """Advance by one step with plasticity arrested, as eager does it; pack the spikes."""
        super().rest(inputs)
        for packed, population in zip(self.packed, self.state.populations, strict=True):
            packed.copy_(self._packer.pack(population.spikes.flatten(0, -2)))

    def flush(self) -> None:
        """Make all changes that wait, and set the clock to the present step."""
        if self.waiting:
            for link in self.layout.links:
                if link.learns and self._rates[link.layer]:
                    self.kernels.learn(link, self.waiting * self.batch)
            self._clock.add_(self.waiting)
            self.waiting = 0
        self._foreseen = False

    def no_capture(self) -> str | None:
        """Return None: every network that the kernels serve can be captured."""
        return None

    def probed(
        self, variables: Mapping[str, Mapping[str, Variable]]
    ) -> dict[str, dict[str, Variable]]:
        """Return the variables, and of each population ``packed_spikes``, for the recorder."""
        found = super().probed(variables)
        for population, packed in zip(self.network.populations, self.packed, strict=True):
            found[population]["packed_spikes"] = packed
        return found

    def _begin(self) -> None:
        """Write the weights if there is no room for a step, or the learning rates have changed."""
        rates = self.state.learning_rates.rates
        if self.waiting == self.steps or (self.waiting and rates != self._rates):
            self.flush()
        if not self.waiting:
            self._rates = list(rates)
            own = [each.learning_rate for each in self.state.plasticity]
            torch.stack(own, out=self.layout.rates)
            for site, errors in self.layout.errors.items():
                errors.freeze(not rates[site.layer])

    def _moment(self, layer: int, row: int) -> Moment:
        """Return the present step; nothing waits where synapses are frozen."""
        return Moment(row, row if self._rates[layer] else 0, self.waiting)

    def _sweep_up(self, row: int, target: Tensor) -> None:
        """Step the forward populations, and the error beside the output."""
        layout, last = self.layout, len(self.layout.forward) - 1
        for layer, link in enumerate(layout.forward):
            output = None
            if layer == last:
                spikes = self.network.output_error == "spikes"
                output = OutputError(target, self.state.error, layout.errors[beside(last)], spikes)
            self.kernels.spikes(
                link,
                layout.neurons[layer],
                self._moment(layer, row),
                self._clock,
                not self.draws,
                output,
                self._foreseen and layer == 0,
            )

    def _refresh(self) -> None:
        for link in self.layout.links:
            link.matrix.refresh()


def _check_numbers(network: Network, streams: int, steps: int) -> None:
    """Check that 32 bits can number the neurons of all streams."""
    hops = [hop.matrix.shape for hop in network.feedback.wiring.hops]
    most = max(network.n_inputs, *(each.n_post for each in network.synapses.values()))
    most = max([most, *(n for shape in hops for n in shape)])
    require(
        padded(streams * steps) * padded(most) < 2**31,
        f"{streams} streams of {most} neurons are more than the fused-deferred backend can number: "
        "lower the batch",
    )
