"""Base class for the strategies of the general feedback rule, which combine several errors."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from spikefa.feedback.combination import COMBINATIONS, Combination, CombinationName
from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.error_population import ErrorPopulation, ErrorState, uniforms_of
from spikefa.feedback.random_matrix import RandomMatrix
from spikefa.feedback.state import FeedbackState, Site, beside
from spikefa.feedback.wired import Wired
from spikefa.feedback.wiring import Hop, Wiring
from spikefa.synapses import Synapses
from spikefa.utils.checking import check_one_of
from spikefa.utils.ranges import PositiveScale, ShareBelowOne

STRATEGIES = {
    "direct": (False, False),
    "s1": (True, False),
    "s2": (False, True),
    "s3": (True, True),
}
"""Whether a hidden layer also receives errors from the layer above, and from the layer below."""


@dataclass
class MixedState(FeedbackState):
    """State of a circuit in which several errors meet in a population.

    Attributes
    ----------
    arrived : list of dict
        Errors that arrive at each hidden population in this step, from the lowest population
        upwards, by source: "direct", "above", "below".
    direct : list of ErrorState
        With strategy "s3", a second error population beside each hidden population, which receives
        only the direct error and sends it to the neighbouring layers; otherwise empty.
    """

    arrived: list[dict[str, Tensor]]
    direct: list[ErrorState]

    def uniforms(self) -> dict[str, Tensor]:
        """Return the tensors that need new numbers from U[0, 1) at every step, by name."""
        return super().uniforms() | uniforms_of("direct", self.direct)

    def meeting(self, site: Site) -> dict[str, Tensor]:
        """Return the tensors for the errors that arrive at a hidden population, by source."""
        return self.arrived[site.layer]


class Mixing(Wired):
    """Circuit in which hidden populations combine a direct error with errors of their neighbours.

    The `strategy` selects the neighbours. A subclass is a dataclass with these parameters, and
    defines the source of the direct error in `direct_hop`.

    Parameters
    ----------
    strategy : str
        One of the class's `strategies`.
    combine : {"mean", "sum", "tanh"} or callable, default "mean"
        F: the mean of the errors that arrive, as in the paper, their sum, or tanh of their sum; or
        a function ``F(terms, out)`` that combines tensors `[..., batch, n]` and writes to `out`.
    scale : float, default 0.2
        Size of all feedback weights: the half-range of a uniform distribution, 1/2 in the paper.
    phi_delta : {"identity", "tanh", "logistic", "spiking"}, default "identity"
        Output function of the error neurons; see `ErrorPopulation`.
    gated : bool, default True
        Whether the transmitted error is gated by the forward neuron's gain Psi(V), as in the paper.
    tau : float, default 0.9
        Weight of the new drive in the error populations.
    matrix : str, default "uniform"
        Distribution of the feedback weights; see `RandomMatrix`.
    sparsity : float, default 0
        Fraction of missing feedback synapses, in [0, 1).

    Attributes
    ----------
    random : list of dict of RandomMatrix
        Matrices into each hidden population, from the lowest upwards, by source: "direct", "above",
        "below".
    """

    strategies: ClassVar[Sequence[str]]

    strategy: str
    combine: CombinationName | Combination
    scale: PositiveScale
    gated: bool
    matrix: MatrixKind
    sparsity: ShareBelowOne
    random: list[dict[str, RandomMatrix]]

    def __post_init__(self) -> None:
        super().__post_init__()
        check_one_of("strategy", self.strategy, self.strategies)
        if not callable(self.combine):
            check_one_of("combine", self.combine, COMBINATIONS, ", or a function")
        self._matrix(1, 1)  # rejects bad arguments early

    def _matrix(self, n_from: int, n_to: int, **where: Any) -> RandomMatrix:
        return RandomMatrix(
            n_from, n_to, kind=self.matrix, scale=self.scale, sparsity=self.sparsity, **where
        )

    @abstractmethod
    def direct_hop(self, target: Site, matrix: RandomMatrix) -> Hop:
        """Return the hop that brings the direct error to `target` through D_l."""

    def mix(
        self,
        forward: Sequence[Synapses],
        device: torch.device,
        dtype: torch.dtype,
        **further: list[ErrorPopulation],
    ) -> Wiring:
        """Allocate a matrix for each source of each hidden population, and return the wiring.

        The parameters are those of `wire`, plus the `further` error populations of the circuit.
        """
        errors = self.beside(forward)
        *hidden, output = (population.size for population in errors)
        above, below = STRATEGIES[self.strategy]
        self.random = []
        for layer, here in enumerate(hidden):
            senders = {"direct": output}
            if above and layer < len(hidden) - 1:
                senders["above"] = hidden[layer + 1]
            if below and layer:
                senders["below"] = hidden[layer - 1]
            self.random.append(
                {
                    source: self._matrix(size, here, device=device, dtype=dtype)
                    for source, size in senders.items()
                }
            )
        hops = self._hops()
        return Wiring(
            populations={
                "errors": errors,
                "direct": errors[:-1] if above and below else [],
                **further,
            },
            hops=hops,
            combine=self.combine if callable(self.combine) else COMBINATIONS[self.combine],
            layerwise=self.strategy == "s1" and all(hop.source[0] == "errors" for hop in hops),
        )

    def _hops(self) -> list[Hop]:
        """Return all hops; if errors descend, those into the lowest population come last."""
        twice = self.strategy == "s3"
        hops = [
            self.direct_hop(Site("direct", layer), matrices["direct"])
            for layer, matrices in enumerate(self.random)
            if twice
        ]
        layers = range(len(self.random))
        for layer in reversed(layers) if self.strategy == "s1" else layers:
            neighbours = {"above": layer + 1, "below": layer - 1}
            for source, matrix in self.random[layer].items():
                if source == "direct":
                    hops.append(self.direct_hop(beside(layer), matrix))
                else:
                    sender = Site("direct" if twice else "errors", neighbours[source])
                    hops.append(Hop(sender, beside(layer), matrix, self.gated, source))
        return hops

    def initialise(self, seed: int) -> None:
        """Draw each matrix from its own random stream."""
        for layer, matrices in enumerate(self.random, start=1):
            for source, matrix in matrices.items():
                path = () if source == "direct" else (source,)
                matrix.initialise(seed, "feedback", *path, layer)

    @property
    def matrices(self) -> list[dict[str, Tensor]]:
        """The matrices into each hidden population, from the lowest upwards, by source."""
        return [
            {source: matrix.stored for source, matrix in matrices.items()}
            for matrices in self.random
        ]

    def arrivals(
        self, batch: int, device: torch.device, dtype: torch.dtype
    ) -> list[dict[str, Tensor]]:
        """Return buffers for the errors that arrive at each hidden population, by source."""
        return [
            {
                source: torch.zeros(batch, matrix.n_to, device=device, dtype=dtype)
                for source, matrix in matrices.items()
            }
            for matrices in self.random
        ]

    def tensors(self) -> dict[str, Tensor]:
        """Return the matrices by source and target layer: ``direct1``, ``above1``, ``below2``."""
        return {
            f"{source}{layer}": matrix
            for layer, matrices in enumerate(self.matrices, start=1)
            for source, matrix in matrices.items()
        }
