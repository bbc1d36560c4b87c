"""The fused backend's way down: the output's error, and what carries it to every population."""

from collections.abc import Sequence
from typing import Any

import torch
import triton
from torch import Tensor

from spikefa.backends import kernels
from spikefa.backends.launcher import Launcher
from spikefa.backends.tiling import in_units
from spikefa.feedback import DFA, FA, PFA, RandomMatrix
from spikefa.feedback.error_population import ErrorPopulation, ErrorState
from spikefa.feedback.product import ProductState
from spikefa.network.network import Network
from spikefa.network.state import NetworkState

BLOCK = 256
"""Output errors that a program computes."""


class FusedErrors:
    """The error populations of FA, DFA, PFA and PFA-o: one kernel for each feedback matrix.

    A kernel computes a drive, steps the error population, and writes ``-eta phi_delta(U) Psi(V)``,
    from which the synapses beside it will learn.

    Parameters
    ----------
    network : Network
    state : NetworkState
    launcher : Launcher
    """

    def __init__(self, network: Network, state: NetworkState, launcher: Launcher):
        assert isinstance(network.feedback, FA | PFA)
        self.circuit: FA | PFA = network.feedback
        self.output_error = network.output_error
        self.state = state
        self.launcher = launcher

    def step(self, target: Tensor) -> None:
        """Form the output error and carry it down."""
        circuit, errors = self.circuit, self.state.feedback.errors
        self._output_error(target)
        top = len(errors) - 1
        for layer in range(top - 1, -1, -1):
            above = top if isinstance(circuit, DFA) else layer + 1
            sent, gate = errors[above].activity, self.state.populations[above].gain
            gated = circuit.gated
            matrix: RandomMatrix | Tensor = random_matrices(self.circuit)[layer]
            if isinstance(circuit, PFA):
                assert isinstance(self.state.feedback, ProductState)
                middle = self.state.feedback.middle[layer]
                self._carry(sent, gate, gated, matrix, circuit.middle[layer], middle, None)
                sent, gated, matrix = middle.activity, False, circuit.plastic_matrices[layer]
            self._carry(sent, gate, gated, matrix, circuit.populations[layer], errors[layer], layer)

    def drawn_matrix(self, layer: int) -> Tensor:
        """Return all of a procedural matrix, counted from the lowest, as the kernels draw it."""
        matrix = random_matrices(self.circuit)[layer]
        out = torch.empty(matrix.shape, device=matrix.seeds.device)
        tiles = self.launcher.tiles
        kernels.write_matrix[tiles.high_and_wide(*matrix.shape)](
            matrix.seeds,
            out,
            float(matrix.scale),
            *matrix.shape,
            KIND=matrix.kind,
            PRE=tiles.pre,
            POST=tiles.post,
        )
        return out

    def _output_error(self, target: Tensor) -> None:
        output, errors = self.state.populations[-1], self.state.feedback.errors[-1]
        population = self.circuit.populations[-1]
        spikes = self.output_error == "spikes"
        size = target.numel()
        self.launcher.start(
            kernels.output_error,
            (triton.cdiv(size, BLOCK),),
            output.spikes if spikes else output.probability,
            target,
            self.state.error,
            *self._errors(errors, len(self.state.populations) - 1),
            size,
            population.tau,
            PHI=population.phi_delta,
            LEARNS=self._learns(len(self.state.populations) - 1),
            BLOCK=BLOCK,
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
        splits, columns, depth = self.launcher.tiles.grid(*shape)
        kind, weights, scale = _stored_or_drawn(matrix)
        self.launcher.on_tiles(
            kernels.feed_back,
            (splits, columns),
            shape,
            sent,
            gate,
            weights,
            scale,
            self.launcher.partial,
            self.launcher.tickets,
            *self._errors(errors, layer or 0),
            self.launcher.batch,
            *in_units(shape),
            depth,
            population.tau,
            GATED=gated,
            PHI=population.phi_delta,
            LEARNS=layer is not None and self._learns(layer),
            KIND=kind,
        )

    def _errors(self, errors: ErrorState, layer: int) -> tuple[Any, ...]:
        return (
            errors.drive,
            errors.potential,
            errors.activity,
            self.state.populations[layer].gain,
            self.state.plasticity[layer].learning_rate,
            self.state.plasticity[layer].traces["factor"],
        )

    def _learns(self, layer: int) -> bool:
        return self.state.learning_rates.rates[layer] != 0


def random_matrices(circuit: FA | PFA) -> Sequence[RandomMatrix]:
    """Return the matrices of a circuit that never learn, from the lowest."""
    return circuit.random if isinstance(circuit, PFA) else circuit.random.each


def carriers(network: Network) -> list[tuple[int, int]]:
    """Return the shapes of all matrices that carry the error."""
    circuit = network.feedback
    assert isinstance(circuit, FA | PFA)
    plastic = circuit.plastic_matrices if isinstance(circuit, PFA) else ()
    every = [*(each.shape for each in random_matrices(circuit)), *(each.shape for each in plastic)]
    return [(n_from, n_to) for n_from, n_to in every]


def _stored_or_drawn(matrix: RandomMatrix | Tensor) -> tuple[str, Tensor, float]:
    """Return what `kernels.feed_back` is to know of a matrix: how it comes about, from what."""
    if isinstance(matrix, RandomMatrix):
        if matrix.procedural:
            return matrix.kind, matrix.seeds, float(matrix.scale)
        matrix = matrix.stored
    return "stored", matrix, 0.0
