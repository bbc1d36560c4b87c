"""The random feedback matrices of a circuit, one into each hidden population."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from spikefa.feedback.distributions import MatrixKind
from spikefa.feedback.matrix import PlasticMatrix
from spikefa.feedback.random_matrix import RandomMatrix
from spikefa.feedback.scales import for_each_layer
from spikefa.synapses import Synapses, Unshared
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import PositiveScale, Share, ShareBelowOne


@dataclass(eq=False, kw_only=True)
class RandomMatrices:
    """One `RandomMatrix` into each hidden population, from the lowest upwards.

    Parameters
    ----------
    scale : float or sequence of float
        One value for all matrices, or one for each.
    kind, sparsity, reciprocity, procedural
        See `RandomMatrix`.

    Attributes
    ----------
    each : list of RandomMatrix
        The matrices; empty before `connect`.
    learning : list of PlasticMatrix
        The same as matrices that learn, after `plastic`.
    masks : list of Tensor [n_from, n_to]
        1 where there is a synapse, else 0: for matrices that learn, if synapses may be missing.
    """

    scale: PositiveScale | Sequence[PositiveScale] = field(kw_only=False)
    kind: MatrixKind = "uniform"
    sparsity: ShareBelowOne = 0.0
    reciprocity: Share | None = None
    procedural: bool = False
    each: list[RandomMatrix] = field(init=False, repr=False, default_factory=list)
    learning: list[PlasticMatrix] = field(init=False, repr=False, default_factory=list)
    masks: list[Tensor] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        check_fields(self)
        for scale in for_each_layer(self.scale):
            self._matrix((1, 1), scale)  # rejects bad arguments early

    def _matrix(
        self,
        shape: tuple[int, int],
        scale: float,
        beside: Synapses | None = None,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> RandomMatrix:
        return RandomMatrix(
            *shape,
            kind=self.kind,
            scale=scale,
            sparsity=self.sparsity,
            reciprocity=self.reciprocity,
            beside=None if beside is None else beside.tensors().get("mask"),
            procedural=self.procedural,
            sharing=Unshared(*reversed(shape)) if beside is None else beside.sharing,
            device=device,
            dtype=dtype,
        )

    def connect(
        self,
        shapes: Sequence[tuple[int, int]],
        device: torch.device,
        dtype: torch.dtype,
        beside: Sequence[Synapses] = (),
    ) -> list[RandomMatrix]:
        """Create and return one matrix `[n_from, n_to]` for each shape.

        `beside` are the synapses in the other direction: for a `reciprocity`, and because a matrix
        shares its weights as they do. The shape is then that of their transposed weights.
        """
        scales = for_each_layer(self.scale, len(shapes))
        opposite: Sequence[Synapses | None] = list(beside) or [None] * len(shapes)
        self.each = [
            self._matrix(*each, device, dtype)
            for each in zip(shapes, scales, opposite, strict=True)
        ]
        return self.each

    def initialise(self, seed: int) -> None:
        """Draw each matrix from its own random stream, ``feedback/<layer>``, counted from 1."""
        for layer, matrix in enumerate(self.each, start=1):
            matrix.initialise(seed, "feedback", layer)
        for mask, stored in zip(self.masks, self.stored, strict=False):
            mask.copy_(stored != 0)

    def constrain(self) -> None:
        """Set the weights of missing synapses to 0, in matrices that learn."""
        for mask, stored in zip(self.masks, self.stored, strict=False):
            stored.mul_(mask)

    @property
    def stored(self) -> list[Tensor]:
        """The stored matrices; empty if they are procedural."""
        return [] if self.procedural else [matrix.stored for matrix in self.each]

    def plastic(self) -> list[PlasticMatrix]:
        """Return the stored matrices as matrices of synapses that learn."""
        sparse = any(matrix.sparse for matrix in self.each)
        self.masks = [torch.ones_like(stored) for stored in self.stored if sparse]
        masks: Sequence[Tensor | None] = self.masks or [None] * len(self.each)
        self.learning = [
            PlasticMatrix(matrix.stored, mask, matrix.sharing)
            for matrix, mask in zip(self.each, masks, strict=True)
        ]
        return self.learning

    def tensors(self) -> dict[str, Tensor]:
        """Return the matrices, from ``B1`` into the first hidden population, or their seeds.

        ``mask1`` and so on are the masks of matrices that learn.
        """
        if self.procedural:
            return {f"B{layer}_seeds": matrix.seeds for layer, matrix in enumerate(self.each, 1)}
        found = {f"B{layer}": matrix for layer, matrix in enumerate(self.stored, start=1)}
        return found | {f"mask{layer}": mask for layer, mask in enumerate(self.masks, start=1)}
