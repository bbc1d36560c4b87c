"""A fixed random feedback matrix, either stored or redrawn from its seed at each use."""

from collections.abc import Iterator
from dataclasses import KW_ONLY, InitVar, dataclass, field
from typing import ClassVar, get_args

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback.distributions import DISTRIBUTIONS, SPARSE, MatrixKind
from spikefa.feedback.matrix import Matrix, Recipe, Role
from spikefa.synapses import Sharing, Unshared
from spikefa.utils.checking import check_fields, check_one_of
from spikefa.utils.ranges import PositiveScale, Share, ShareBelowOne, Size
from spikefa.utils.seeding import derive

BLOCK = 2**16
"""Number of weights drawn at a time. A different value gives different matrices."""


@dataclass(eq=False)
class RandomMatrix(Matrix):
    """A random matrix `[n_from, n_to]` that never learns.

    The matrix is drawn on the CPU in blocks of whole rows, so that it is the same on every device.
    A stored matrix keeps all blocks. A procedural matrix redraws one block after another at each
    use. It needs memory for one block only, and its weights are the same in every step, bit for bit
    equal to those of the stored matrix. The cost is time: about 10 ns per weight and step (20 ns if
    the matrix is sparse), so 1,500 x 1,500 synapses take 20 ms; on a GPU the device also waits for
    the copy. The product is summed block by block, so it differs from the product with the stored
    matrix by rounding.

    Parameters
    ----------
    n_from, n_to : int
        Sizes of the sending and the receiving population.
    kind : str, default "uniform"
        Distribution: "uniform" in [-scale, scale], "normal" with standard deviation scale, "sign"
        (-scale or scale), "orthogonal" (scale times a semi-orthogonal matrix), or "B1" to "B7";
        see `spikefa.feedback.distributions`.
    scale : float, default 0.1
        Size of the weights; see `kind`.
    sparsity : float, default 0
        Fraction of missing synapses, in [0, 1). Each synapse is missing at random, with this
        probability. "B4" and "B6" are sparse by definition; for them 0 means 1/2.
    reciprocity : float, optional
        Probability of a synapse from neuron j to i where one of `beside` leads from i to j. It is
        ``1 - sparsity`` where none does, and everywhere by default.
    beside : Tensor [n_to, n_from], optional
        The mask of the synapses in the other direction, not 0 where there is one; by default all
        exist. It is read when the matrix is drawn.
    procedural : bool, default False
        Whether the matrix is drawn at each use instead of being stored.
    sharing : Sharing, optional
        Which neurons share which weight; by default none do. If some do, `n_from` and `n_to` are
        the numbers of columns and of rows of the weights, and an orthogonal matrix is so for each
        group of a convolution by itself.
    device, dtype
        Device and data type of the matrix.

    Attributes
    ----------
    stored : Tensor [n_from, n_to]
        Empty if the matrix is procedural; see `whole`.
    seeds : Tensor [2]
        Seeds of the weights and of the missing synapses, as a tensor for use in checkpoints.

    Raises
    ------
    SpikefaError
        If an argument is out of range, an orthogonal matrix is to be sparse or procedural, or a
        procedural one has a reciprocity or shared weights.
    """

    role: ClassVar[Role] = "fixed"

    n_from: Size
    n_to: Size
    _: KW_ONLY
    kind: MatrixKind = "uniform"
    scale: PositiveScale = 0.1
    sparsity: ShareBelowOne = 0.0
    reciprocity: Share | None = None
    beside: Tensor | None = field(default=None, repr=False)
    procedural: bool = False
    sharing: Sharing = field(default=None, repr=False)  # type: ignore[assignment]
    device: InitVar[torch.device | str] = "cpu"
    dtype: InitVar[torch.dtype] = torch.float32
    stored: Tensor = field(init=False, repr=False)
    seeds: Tensor = field(init=False, repr=False)

    def __post_init__(self, device: torch.device | str, dtype: torch.dtype) -> None:
        check_fields(self)
        check_one_of("matrix", self.kind, get_args(MatrixKind))
        require(
            self.kind != "orthogonal" or not (self.sparse or self.procedural),
            "an orthogonal matrix can be neither sparse nor procedural: it is drawn as a whole",
        )
        require(
            self.reciprocity is None or not self.procedural,
            "a matrix with a reciprocity cannot be procedural: it needs the synapses beside it",
        )
        self.sharing = self.sharing or Unshared(self.n_to, self.n_from)
        require(
            not (self.sharing.shares and self.procedural),
            "a matrix whose synapses share weights cannot be procedural: it is small, store it",
        )
        self.sparsity = self.sparsity or SPARSE.get(self.kind, 0.0)
        rows = 0 if self.procedural else self.n_from
        self.stored = torch.zeros(rows, self.n_to, device=device, dtype=dtype)
        self.seeds = torch.zeros(2, device=device, dtype=torch.int64)

    @property
    def sparse(self) -> bool:
        """Whether synapses may be missing."""
        return self.sparsity > 0 or self.reciprocity is not None

    @property
    def recipe(self) -> Recipe | None:
        """The recipe for drawing a procedural matrix; None if the matrix is stored."""
        if not self.procedural:
            return None
        return Recipe(self.kind, self.scale, self.sparsity, self.seeds)

    def _block_room(self) -> tuple[Tensor, Tensor, Tensor]:
        """Allocate one block on the CPU, random numbers for its sparsity, and one on the device.

        An orthogonal matrix is a single block, or one for each group of a convolution.
        """
        n_from, n_to = self.n_from, self.n_to
        whole = n_from // self.sharing.groups
        rows = whole if self.kind == "orthogonal" else min(n_from, max(1, BLOCK // n_to))
        drawn = torch.empty(rows, n_to, dtype=self.stored.dtype)
        chances = torch.empty_like(drawn) if self.sparse else drawn.new_empty(0, n_to)
        return drawn, chances, drawn.to(self.stored.device)

    def initialise(self, seed: int, *names: str | int) -> None:
        """Draw the matrix from the random stream `names`, and missing synapses from another."""
        seeds = derive(seed, *names), derive(seed, *names, "sparsity")
        self.seeds.copy_(torch.tensor(seeds))
        if not self.procedural:
            self._draw(self.stored)

    def _blocks(self, seeds: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Draw the blocks in order, the same ones each time; each is valid until the next one."""
        values, absences = (torch.Generator().manual_seed(seed) for seed in seeds.tolist())
        drawn, chances, delivered = self._block_room()
        for first in range(0, self.n_from, len(drawn)):
            rows = slice(first, min(first + len(drawn), self.n_from))
            size = rows.stop - first
            DISTRIBUTIONS[self.kind](drawn[:size], first, self.scale, values)
            if self.sparse:
                chance = chances[:size].uniform_(generator=absences)
                drawn[:size].mul_(torch.ge(chance, self._missing(rows), out=chance))
            if delivered is not drawn:
                delivered.copy_(drawn)
            yield rows, delivered[:size]

    def _missing(self, rows: slice) -> Tensor | float:
        """Return the probability that a synapse of these rows is missing."""
        if self.reciprocity is None:
            return self.sparsity
        if self.beside is None:
            return 1 - self.reciprocity
        both = self.beside.mT[rows].cpu() != 0
        return torch.where(both, 1 - self.reciprocity, self.sparsity)

    def _draw(self, out: Tensor) -> Tensor:
        for rows, block in self._blocks(self.seeds):
            out[rows] = block
        return out

    def whole(self) -> Tensor:
        """Return the stored matrix, or draw a procedural matrix as a whole."""
        return self._draw(self.stored.new_empty(self.shape)) if self.procedural else self.stored

    def fan_out(self) -> Tensor | None:
        """Return how many synapses of each sending neuron are not missing; None if none is."""
        if not self.sparse:
            return None
        if not self.procedural:
            return torch.count_nonzero(self.stored, -1)
        each = [
            torch.cat([torch.count_nonzero(block, -1) for _, block in self._blocks(seeds)])
            for seeds in self.seeds.view(-1, 2)
        ]
        return torch.stack(each).view(*self.seeds.shape[:-1], self.n_from)

    def carry(self, sent: Tensor, out: Tensor) -> None:
        """Write ``sent B`` `[..., batch, n_to]` into `out`, for `sent` `[..., batch, n_from]`."""
        if not self.procedural:
            super().carry(sent, out)
            return
        replicas = self.seeds.view(-1, 2)
        sources = sent.view(len(replicas), -1, self.n_from)
        totals = out.zero_().view(len(replicas), -1, self.n_to)
        for seeds, source, total in zip(replicas, sources, totals, strict=True):
            for rows, block in self._blocks(seeds):
                total.addmm_(source[:, rows], block)
