"""The random feedback matrices of a circuit, one into each hidden population."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.matrix import PlasticMatrix
from spikefa.feedback.random_matrix import RandomMatrix
from spikefa.feedback.scales import for_each_layer
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import PositiveScale, ShareBelowOne


@dataclass(eq=False, kw_only=True)
class RandomMatrices:
    """One `RandomMatrix` into each hidden population, from the lowest upwards.

    Parameters
    ----------
    scale : float or sequence of float
        One value for all matrices, or one for each.
    kind, sparsity, procedural
        See `RandomMatrix`.

    Attributes
    ----------
    each : list of RandomMatrix
        The matrices; empty before `connect`.
    """

    scale: PositiveScale | Sequence[PositiveScale] = field(kw_only=False)
    kind: MatrixKind = "uniform"
    sparsity: ShareBelowOne = 0.0
    procedural: bool = False
    each: list[RandomMatrix] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        check_fields(self)
        for scale in for_each_layer(self.scale):
            self._matrix((1, 1), scale)  # rejects bad arguments early

    def _matrix(
        self,
        shape: tuple[int, int],
        scale: float,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> RandomMatrix:
        return RandomMatrix(
            *shape,
            kind=self.kind,
            scale=scale,
            sparsity=self.sparsity,
            procedural=self.procedural,
            device=device,
            dtype=dtype,
        )

    def connect(
        self, shapes: Sequence[tuple[int, int]], device: torch.device, dtype: torch.dtype
    ) -> list[RandomMatrix]:
        """Create and return one matrix `[n_from, n_to]` for each shape."""
        scales = for_each_layer(self.scale, len(shapes))
        self.each = [
            self._matrix(shape, scale, device, dtype)
            for shape, scale in zip(shapes, scales, strict=True)
        ]
        return self.each

    def initialise(self, seed: int) -> None:
        """Draw each matrix from its own random stream, ``feedback/<layer>``, counted from 1."""
        for layer, matrix in enumerate(self.each, start=1):
            matrix.initialise(seed, "feedback", layer)

    @property
    def stored(self) -> list[Tensor]:
        """The stored matrices; empty if they are procedural."""
        return [] if self.procedural else [matrix.stored for matrix in self.each]

    def plastic(self) -> list[PlasticMatrix]:
        """Return the stored matrices as matrices of synapses that learn."""
        return [PlasticMatrix(matrix) for matrix in self.stored]

    def tensors(self) -> dict[str, Tensor]:
        """Return the matrices, from ``B1`` into the first hidden population, or their seeds."""
        if self.procedural:
            return {f"B{layer}_seeds": matrix.seeds for layer, matrix in enumerate(self.each, 1)}
        return {f"B{layer}": matrix for layer, matrix in enumerate(self.stored, start=1)}
