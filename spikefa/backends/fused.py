"""The fused backend: a step of the standard pathway in one Triton kernel for each matrix."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
import triton
from torch import Tensor

from spikefa.backends import kernels
from spikefa.backends.base import Backend
from spikefa.backends.support import PRECISIONS, interpreted
from spikefa.backends.tiling import STAGES, Tiles, in_units, unit_of
from spikefa.errors import require
from spikefa.feedback import DFA, FA, PFA, RandomMatrix
from spikefa.feedback.error_population import ErrorPopulation, ErrorState
from spikefa.feedback.product import ProductState
from spikefa.network import Network
from spikefa.network_state import NetworkState
from spikefa.packing import BitPacker
from spikefa.seeding import derive
from spikefa.tensors import current
from spikefa.variables import Variable


class Fused(Backend):
    """One kernel for each matrix and step, in which weights are read and written once.

    What a step teaches the synapses is put off to the next step: its drive reads every weight
    anyway, changes it, writes it back and uses it. Spikes are compared with numbers that Philox
    (Salmon et al. 2011) makes of the seed, the number of the step, the stream and the neuron,
    whatever the tiles are; their generator has no state. See `spikefa.backends.support.obstacle`
    for the networks that it can serve.

    Parameters
    ----------
    network : Network
    state : NetworkState
    seed : int
    stream : str
        Names the random streams, as in `Stream`.
    precision : {"float32", "bf16x6", "bf16x3", "tf32", "bf16"}, default "float32"
        How the products are computed, see `spikefa.backends.tiles.product`; weights, potentials and
        all sums are float32.
    philox : bool, default True
        Whether the kernels draw. If not, they take the uniforms of the state, as eager does.
    tiles : Tiles, optional

    Attributes
    ----------
    pending : list of bool
        For each projection, whether the last step has yet to be learned.
    packed : list of Tensor
        The spikes of each population as bits, uint8 [batch, ceil(n/8)]; neuron u is bit u % 8 of
        byte u // 8, as in a recording.
    """

    def __init__(
        self,
        network: Network,
        state: NetworkState,
        seed: int,
        stream: str,
        precision: str = "float32",
        philox: bool = True,
        tiles: Tiles | None = None,
    ):
        super().__init__(network, state)
        require(precision in PRECISIONS, f"no precision {precision!r}: {', '.join(PRECISIONS)}")
        self.name = "fused" if precision == "float32" else f"fused-{precision}"
        self.precision = precision
        self.draws = not philox
        self.batch = len(state.error)
        most = max(network.n_inputs, *(synapses.n_post for synapses in network.synapses.values()))
        require(
            self.batch * most < 2**31,
            f"{self.batch} streams of {most} neurons are more than the fused backend can number: "
            "lower the batch",
        )
        self.tiles = tiles or Tiles.fit(self.batch, precision)
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
        self._make_room()

    def _make_room(self) -> None:
        """Allocate room for the parts of a drive, enough for the matrix that needs most."""
        circuit = self.network.feedback
        shapes = [tuple(synapses.weight.shape) for synapses in self.network.synapses.values()]
        shapes += [matrix.shape for matrix in self._random()]
        shapes += [tuple(m.shape) for m in getattr(circuit, "plastic_matrices", ())]
        grids = [self.tiles.grid(*shape) for shape in shapes]
        parts = max(splits * shape[1] for (splits, *_), shape in zip(grids, shapes, strict=True))
        self._partial = torch.zeros(parts * self.batch, device=self.network.device)
        columns = max(columns for _, columns, _ in grids)
        self._tickets = torch.zeros(columns, device=self.network.device, dtype=torch.int32)

    def launch(self, kernel: Any, grid: tuple[int, ...], *arguments: Any, **constants: Any) -> None:
        """Start `grid` programs of a kernel."""
        kernel[grid](*arguments, num_warps=self.tiles.warps, num_stages=STAGES, **constants)

    def _shape(self, shape: tuple[int, int]) -> dict[str, Any]:
        batch = self.tiles.batch
        return {
            "BATCH": batch,
            "PRE": self.tiles.pre,
            "POST": self.tiles.post,
            "ONE": self.batch <= batch,
            "STREAMS": min(batch, 16),
            "UNIT": unit_of(shape),
            "PRECISION": self.precision,
            "UNITS": not interpreted(),
        }

    # -- one step ------------------------------------------------------------------------------

    def ready(self) -> None:
        """Set the clock that the kernels read, and from which they draw."""
        self._clock.fill_(self.state.steps)

    def step(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step; its plasticity, but not its weight decay, waits for the next."""
        self.advance(inputs, target)
        if self.state.pace.is_due():  # the decay is of the weights that this step has changed
            self.settle()
        self.network.decay(self.state)

    def advance(self, inputs: Tensor, target: Tensor) -> None:
        """Advance by one step, but for its weight decay, and for its plasticity, which waits."""
        self._sweep_up(inputs)
        self._feed_back(target)
        self.pending = [rate != 0 for rate in self.state.pace.rates]
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
            splits, columns, depth = self.tiles.grid(*shape)
            self.launch(
                kernels.forward,
                (splits, columns),
                sent,
                self.previous[layer],
                synapses.weight,
                synapses.bias,
                self._factor(layer),
                self._partial,
                self._tickets,
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
                **self._shape(shape),
            )
            self.pending[layer] = False
            sent = here.spikes

    def _feed_back(self, target: Tensor) -> None:
        circuit, errors = self.network.feedback, self.state.feedback.errors
        assert isinstance(circuit, FA | PFA)
        self._output_error(target)
        top = len(errors) - 1
        for layer in range(top - 1, -1, -1):
            above = top if isinstance(circuit, DFA) else layer + 1
            sent, gate = errors[above].activity, self.state.populations[above].gain
            gated = circuit.gated
            matrix: RandomMatrix | Tensor = self._random()[layer]
            if isinstance(circuit, PFA):
                assert isinstance(self.state.feedback, ProductState)
                middle = self.state.feedback.middle[layer]
                self._carry(sent, gate, gated, matrix, circuit.middle[layer], middle, None)
                sent, gated, matrix = middle.activity, False, circuit.plastic_matrices[layer]
            self._carry(sent, gate, gated, matrix, circuit.populations[layer], errors[layer], layer)

    def _random(self) -> Sequence[RandomMatrix]:
        circuit = self.network.feedback
        assert isinstance(circuit, FA | PFA)
        return circuit.random if isinstance(circuit, PFA) else circuit.random.each

    def drawn_matrix(self, layer: int) -> Tensor:
        """Return all of a procedural matrix, counted from the lowest, as the kernels draw it."""
        matrix = self._random()[layer]
        out = torch.empty(matrix.shape, device=self.network.device)
        kernels.write_matrix[self.tiles.high_and_wide(*matrix.shape)](
            matrix.seeds,
            out,
            float(matrix.scale),
            *matrix.shape,
            KIND=matrix.kind,
            PRE=self.tiles.pre,
            POST=self.tiles.post,
        )
        return out

    def _output_error(self, target: Tensor) -> None:
        output, errors = self.state.populations[-1], self.state.feedback.errors[-1]
        circuit = self.network.feedback
        assert isinstance(circuit, FA | PFA)
        spikes = self.network.output_error == "spikes"
        size, block = target.numel(), 256
        self.launch(
            kernels.output_error,
            (triton.cdiv(size, block),),
            output.spikes if spikes else output.probability,
            target,
            self.state.error,
            *self._errors(errors, len(self.state.populations) - 1),
            size,
            circuit.populations[-1].tau,
            PHI=circuit.populations[-1].phi_delta,
            LEARNS=self._learns(len(self.state.populations) - 1),
            BLOCK=block,
        )

    def _carry(
        self,
        sent: Tensor,
        gate: Tensor,
        gated: bool,
        matrix: RandomMatrix | Tensor,
        population: ErrorPopulation,
        errors: ErrorState,
        layer: int | None,
    ) -> None:
        """Drive an error population, beside population `layer` or on the way to it, and step it."""
        shape = matrix.shape[0], matrix.shape[1]
        splits, columns, depth = self.tiles.grid(*shape)
        kind, weights, scale = _stored_or_drawn(matrix)
        self.launch(
            kernels.feed_back,
            (splits, columns),
            sent,
            gate,
            weights,
            scale,
            self._partial,
            self._tickets,
            *self._errors(errors, layer or 0),
            self.batch,
            *in_units(shape),
            depth,
            population.tau,
            GATED=gated,
            PHI=population.phi_delta,
            LEARNS=layer is not None and self._learns(layer),
            KIND=kind,
            **self._shape(shape),
        )

    def _errors(self, errors: ErrorState, layer: int) -> tuple[Any, ...]:
        return (
            errors.drive,
            errors.potential,
            errors.activity,
            self.state.populations[layer].gain,
            self.state.plasticity[layer].learning_rate,
            self._factor(layer),
        )

    def _factor(self, layer: int) -> Tensor:
        """Return ``-eta phi_delta(U) Psi(V)`` of the last step."""
        return self.state.plasticity[layer].traces["factor"]

    def _learns(self, layer: int) -> bool:
        return self.state.pace.rates[layer] != 0

    # -- what was put off ----------------------------------------------------------------------

    def settle(self) -> None:
        """Let the synapses learn from the last step, if they have not yet; bit for bit the same.

        The next step would have made the same sums, so that looking at weights changes nothing.
        """
        sent = [self.previous[0], *(population.spikes for population in self.state.populations)]
        for layer, synapses in enumerate(self.network.synapses.values()):
            if self.pending[layer]:
                shape = synapses.n_pre, synapses.n_post
                self.launch(
                    kernels.catch_up,
                    self.tiles.high_and_wide(*shape),
                    sent[layer],
                    synapses.weight,
                    synapses.bias,
                    self._factor(layer),
                    self.batch,
                    *in_units(shape),
                    **self._shape(shape),
                )
                self.pending[layer] = False

    def no_capture(self) -> str | None:
        """Return None: what needs the host in eager is drawn in the kernels, or not served."""
        return None

    def probed(
        self, variables: Mapping[str, Mapping[str, Variable]]
    ) -> dict[str, dict[str, Variable]]:
        """Return the variables, with weights and what is computed of them settled when read.

        To them it adds the ``packed_spikes`` of each population, which the recorder takes.
        """

        def settled(variable: Variable) -> Tensor:
            self.settle()
            return current(variable)

        found: dict[str, dict[str, Variable]] = {
            population: {
                name: partial(settled, variable)
                if name == "weights" or not isinstance(variable, Tensor)
                else variable
                for name, variable in of.items()
            }
            for population, of in variables.items()
        }
        for population, packed in zip(self.network.populations, self.packed, strict=True):
            found[population]["packed_spikes"] = packed
        return found


def _stored_or_drawn(matrix: RandomMatrix | Tensor) -> tuple[str, Tensor, float]:
    """Return what `kernels.feed_back` is to know of a matrix: how it comes about, from what."""
    if isinstance(matrix, RandomMatrix):
        if matrix.procedural:
            return matrix.kind, matrix.seeds, float(matrix.scale)
        matrix = matrix.stored
    return "stored", matrix, 0.0
