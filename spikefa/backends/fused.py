"""The fused backend: a step of the standard pathway in one Triton kernel for each matrix."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from spikefa.backends import kernels
from spikefa.backends.base import Backend
from spikefa.backends.fused_errors import FusedErrors, carriers
from spikefa.backends.launcher import Launcher
from spikefa.backends.support import PRECISIONS
from spikefa.backends.tiling import Tiles, in_units
from spikefa.errors import require
from spikefa.network.network import Network
from spikefa.network.state import NetworkState
from spikefa.network.variables import Variable
from spikefa.utils.packing import BitPacker
from spikefa.utils.seeding import derive


class Fused(Backend):
    """Runs one kernel for each matrix and step, which reads and writes each weight once.

    The plasticity of a step waits for the next step, whose drive reads every weight anyway: the
    kernel changes the weight, writes it back and uses it. Philox (Salmon et al. 2011) computes the
    random numbers for spikes from the seed, the step, the stream and the neuron. They do not depend
    on the tiles, and their generator has no state. The error follows the hops of the circuit's
    wiring. `spikefa.backends.support.obstacle` returns why a network cannot use this backend.

    Parameters
    ----------
    network : Network
    state : NetworkState
    seed : int
    stream : str
        First part of the names of the random streams, as in `Runner`.
    precision : {"float32", "bf16x6", "bf16x3", "tf32", "bf16"}, default "float32"
        How the products are computed, see `spikefa.backends.tiles.product`; weights, potentials and
        all sums are float32.
    philox : bool, default True
        Whether the kernels draw random numbers. If not, they use the uniforms of the state, as
        eager does.
    tiles : Tiles, optional
    launcher : type, default Launcher
        Class that starts the kernels.

    Attributes
    ----------
    pending : list of bool
        For each projection, whether the plasticity of the last step has yet to be applied.
    packed : list of Tensor
        The spikes of each population as bits, uint8 [batch, ceil(n/8)]; neuron u is bit u % 8 of
        byte u // 8, as in a recording.
    """

    postpones: ClassVar[bool] = True

    def __init__(
        self,
        network: Network,
        state: NetworkState,
        seed: int,
        stream: str,
        precision: str = "float32",
        philox: bool = True,
        tiles: Tiles | None = None,
        launcher: type[Launcher] = Launcher,
    ):
        super().__init__(network, state)
        require(precision in PRECISIONS, f"no precision {precision!r}: {', '.join(PRECISIONS)}")
        self.name = "fused" if precision == "float32" else f"fused-{precision}"
        self.precision = precision
        self.draws = not philox
        self.batch = len(state.error)
        _check_numbers(self.batch, network)
        self.launcher = launcher(
            self.batch,
            precision,
            tiles or Tiles.fit(self.batch, precision),
            [(each.n_pre, each.n_post) for each in network.synapses.values()] + carriers(network),
            network.device,
        )
        self.errors = FusedErrors(network, state, self.launcher)
        self.pending = [False] * len(state.populations)
        device = network.device
        spikes = [population.spikes for population in state.populations]
        inputs = torch.zeros(self.batch, network.n_inputs, device=device)
        self.previous = [inputs, *(torch.zeros_like(each) for each in spikes)]
        self.packed = [each.new_zeros(self.batch, -(-each.shape[1] // 8)).byte() for each in spikes]
        self._seeds = [
            torch.tensor([derive(seed, stream, "spikes", name)], device=device)
            for name in network.populations
        ]
        self._clock = torch.zeros(1, device=device, dtype=torch.int64)
        self._packer = BitPacker(network.dtype, device)

    def ready(self) -> None:
        """Set the clock from which the kernels compute random numbers."""
        self._clock.fill_(self.state.steps)

    def step(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step; its plasticity waits for the next one, its weight decay does not."""
        self.advance(inputs, target)
        if self.is_due():
            self.flush()  # weights decay after the changes of this step
        self.network.finish(self.state)

    def advance(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step without its weight decay; its plasticity waits for the next step."""
        self._sweep_up(inputs)
        self.errors.step(target)
        self.pending = [rate != 0 for rate in self.state.learning_rates.rates]
        self.network.feedback.learn(self.state.feedback, self.network.layers(self.state, inputs))
        self.previous[0].copy_(inputs)
        self._clock.add_(1)

    def rest(self, inputs: Tensor) -> None:
        """Advance by one step with plasticity arrested, as eager does it; pack the spikes."""
        super().rest(inputs)
        for packed, population in zip(self.packed, self.state.populations, strict=True):
            packed.copy_(self._packer.pack(population.spikes))

    def _sweep_up(self, inputs: Tensor) -> None:
        sent = inputs
        for layer, (synapses, here) in enumerate(
            zip(self.network.synapses.values(), self.state.populations, strict=True)
        ):
            population = list(self.network.populations.values())[layer]
            shape = synapses.n_pre, synapses.n_post
            splits, columns, depth = self.launcher.tiles.grid(*shape)
            self.launcher.on_tiles(
                kernels.forward,
                (splits, columns),
                shape,
                sent,
                self.previous[layer],
                synapses.weight,
                synapses.bias,
                self.state.plasticity[layer].traces["factor"],
                self.launcher.partial,
                self.launcher.tickets,
                here.drive,
                here.potential,
                here.probability,
                here.spikes,
                self.previous[layer + 1],
                here.gain,
                self.packed[layer],
                here.uniforms,
                self._seeds[layer],
                self._clock,
                self.batch,
                *in_units(shape),
                depth,
                population.tau,
                PENDING=self.pending[layer],
                PHILOX=not self.draws,
            )
            self.pending[layer] = False
            sent = here.spikes

    def flush(self) -> None:
        """Apply the plasticity of the last step, if it has not been applied yet.

        The next step would compute the same sums, bit for bit, so reading weights does not change
        a result.
        """
        sent = [self.previous[0], *(population.spikes for population in self.state.populations)]
        for layer, synapses in enumerate(self.network.synapses.values()):
            if self.pending[layer]:
                shape = synapses.n_pre, synapses.n_post
                self.launcher.on_tiles(
                    kernels.catch_up,
                    self.launcher.tiles.high_and_wide(*shape),
                    shape,
                    sent[layer],
                    synapses.weight,
                    synapses.bias,
                    self.state.plasticity[layer].traces["factor"],
                    self.batch,
                    *in_units(shape),
                )
                self.pending[layer] = False

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


def _check_numbers(batch: int, network: Network) -> None:
    """Check that 32 bits can number the neurons of all streams."""
    most = max(network.n_inputs, *(synapses.n_post for synapses in network.synapses.values()))
    require(
        batch * most < 2**31,
        f"{batch} streams of {most} neurons are more than the fused backend can number: "
        "lower the batch",
    )
