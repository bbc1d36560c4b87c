"""Errors in the fused backend: kernels that form the output error and carry it downwards."""

from dataclasses import dataclass
from typing import Any

import torch
import triton
from torch import Tensor

from spikefa.backends import kernels
from spikefa.backends.launcher import Launcher
from spikefa.backends.tiling import in_units
from spikefa.feedback import Hop, Matrix, Site, Wiring
from spikefa.network.network import Network
from spikefa.network.state import NetworkState

BLOCK = 256
"""Number of output errors that one program computes."""


@dataclass(eq=False)
class FusedErrors:
    """The error populations of a wiring without junctions: one kernel for each hop.

    A kernel computes a drive, steps the error population, and writes ``-eta phi_delta(U) Psi(V)``,
    from which the synapses onto that layer learn.

    Parameters
    ----------
    network : Network
    state : NetworkState
    launcher : Launcher
    """

    network: Network
    state: NetworkState
    launcher: Launcher

    @property
    def wiring(self) -> Wiring:
        """The hops of the network's circuit."""
        return self.network.feedback.wiring

    def step(self, target: Tensor) -> None:
        """Form the output error and carry it along all hops."""
        self._output_error(target)
        for hop in self.wiring.hops:
            self._carry(hop)

    def drawn_matrix(self, matrix: Matrix) -> Tensor:
        """Return a whole procedural matrix, as the kernels draw it."""
        recipe = matrix.recipe
        assert recipe is not None
        out = torch.empty(matrix.shape, device=recipe.seeds.device)
        tiles = self.launcher.tiles
        kernels.write_matrix[tiles.high_and_wide(*matrix.shape)](
            recipe.seeds,
            out,
            float(recipe.scale),
            *matrix.shape,
            KIND=recipe.kind,
            PRE=tiles.pre,
            POST=tiles.post,
        )
        return out

    def _output_error(self, target: Tensor) -> None:
        output = self.state.populations[-1]
        here = Site("errors", len(self.state.populations) - 1)
        population = self.wiring.beside[-1]
        spikes = self.network.output_error == "spikes"
        size = target.numel()
        self.launcher.start(
            kernels.output_error,
            (triton.cdiv(size, BLOCK),),
            output.spikes if spikes else output.probability,
            target,
            self.state.error,
            *self._tensors(here),
            size,
            population.tau,
            PHI=population.phi_delta,
            LEARNS=self._learns(here),
            BLOCK=BLOCK,
        )

    def _carry(self, hop: Hop) -> None:
        """Drive the population that a hop leads to, and step it."""
        shape, recipe = hop.matrix.shape, hop.matrix.recipe
        splits, columns, depth = self.launcher.tiles.grid(*shape)
        population = self.wiring.populations[hop.target.group][hop.target.layer]
        self.launcher.on_tiles(
            kernels.feed_back,
            (splits, columns),
            shape,
            self.state.feedback.at(hop.source).activity,
            self.state.populations[hop.source.layer].gain,
            hop.matrix.stored if recipe is None else recipe.seeds,
            0.0 if recipe is None else float(recipe.scale),
            self.launcher.partial,
            self.launcher.tickets,
            *self._tensors(hop.target),
            self.launcher.batch,
            *in_units(shape),
            depth,
            population.tau,
            GATED=hop.gated,
            PHI=population.phi_delta,
            LEARNS=self._learns(hop.target),
            KIND="stored" if recipe is None else recipe.kind,
        )

    def _tensors(self, site: Site) -> tuple[Any, ...]:
        """Return the tensors of an error population, and those from which synapses learn."""
        errors, plasticity = self.state.feedback.at(site), self.state.plasticity[site.layer]
        return (
            errors.drive,
            errors.potential,
            errors.activity,
            self.state.populations[site.layer].gain,
            plasticity.learning_rate,
            plasticity.traces["factor"],
        )

    def _learns(self, site: Site) -> bool:
        """Return whether synapses learn from the error population at a site."""
        return site.group == "errors" and self.state.learning_rates.rates[site.layer] != 0


def carriers(network: Network) -> list[tuple[int, int]]:
    """Return the shapes of all matrices that carry the error."""
    return [hop.matrix.shape for hop in network.feedback.wiring.hops]
