"""A fixed random feedback matrix: stored, or drawn again from the seed at each use."""

from collections.abc import Iterator
from typing import get_args

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.feedback.distributions import DISTRIBUTIONS, SPARSE, MatrixKind
from spikefa.feedback.scales import for_each_layer
from spikefa.utils.products import product
from spikefa.utils.seeding import derive

BLOCK = 2**16
"""Numbers that are drawn at a time. Another value would make other matrices."""


class RandomMatrix:
    """A random matrix `[n_from, n_to]` that never learns.

    It is drawn on the CPU, so that every device gets the same, in blocks of whole rows. A stored
    matrix is all blocks together. A procedural one draws block after block whenever it is used:
    the same numbers at every step, bit for bit those of the stored matrix, for the memory of one
    block. The price is time, some 10 ns per number and step (20 ns if it is sparse), so that 1,500
    x 1,500 synapses take 20 ms; on a GPU the copying too, while the device waits. What it carries
    differs by rounding, being summed block by block.

    Parameters
    ----------
    n_from, n_to : int
        Sizes of the population that sends and of the one that receives.
    kind : str, default "uniform"
        Distribution: "uniform" in [-scale, scale], "normal" of standard deviation scale, "sign"
        (-scale or scale), "orthogonal" (scale times a semi-orthogonal matrix), or "B1" to "B7",
        see `spikefa.feedback.distributions`.
    scale : float, default 0.1
    sparsity : float, default 0
        Fraction of the synapses that are missing, in [0, 1), each by chance. "B4" and "B6" are
        sparse by definition: for them 0 means 1/2.
    procedural : bool, default False
        Whether the matrix is drawn at each use instead of stored.
    device, dtype
        Where it lives, and as what.

    Attributes
    ----------
    stored : Tensor [n_from, n_to]
        Empty if the matrix is procedural; see `whole`.
    seeds : Tensor [2]
        Seeds of the numbers and of what is missing; a tensor, so that a checkpoint holds them.

    Raises
    ------
    SpikefaError
        If an argument is out of range, or an orthogonal matrix is to be sparse or procedural.
    """

    def __init__(
        self,
        n_from: int,
        n_to: int,
        kind: MatrixKind = "uniform",
        scale: float = 0.1,
        sparsity: float = 0.0,
        procedural: bool = False,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ):
        kinds = get_args(MatrixKind)
        require(kind in kinds, f"matrix must be one of {', '.join(kinds)}, {kind!r} given")
        for_each_layer(scale, 1)
        require(0 <= sparsity < 1, f"sparsity must be in [0, 1), {sparsity} given")
        require(
            kind != "orthogonal" or not (sparsity or procedural),
            "an orthogonal matrix can be neither sparse nor procedural: it is drawn as a whole",
        )
        self.shape = (n_from, n_to)
        self.kind = kind
        self.scale = scale
        self.sparsity = sparsity or SPARSE.get(kind, 0.0)
        self.procedural = procedural
        self.stored = torch.zeros(0 if procedural else n_from, n_to, device=device, dtype=dtype)
        self.seeds = torch.zeros(2, device=device, dtype=torch.int64)

    def _block_room(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return room for a block on the CPU, for the chances of its synapses, and on the device.

        An orthogonal matrix is one block.
        """
        n_from, n_to = self.shape
        rows = n_from if self.kind == "orthogonal" else min(n_from, max(1, BLOCK // n_to))
        drawn = torch.empty(rows, n_to, dtype=self.stored.dtype)
        chances = torch.empty_like(drawn) if self.sparsity else drawn.new_empty(0, n_to)
        return drawn, chances, drawn.to(self.stored.device)

    def initialise(self, seed: int, *names: str | int) -> None:
        """Draw the matrix from the random stream called `names`, what is missing from another."""
        seeds = derive(seed, *names), derive(seed, *names, "sparsity")
        self.seeds.copy_(torch.tensor(seeds))
        if not self.procedural:
            self._draw(self.stored)

    def _blocks(self, seeds: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """Draw one block after the other, always the same ones; each is valid until the next."""
        values, absences = (torch.Generator().manual_seed(seed) for seed in seeds.tolist())
        drawn, chances, there = self._block_room()
        for first in range(0, self.shape[0], len(drawn)):
            rows = slice(first, min(first + len(drawn), self.shape[0]))
            size = rows.stop - first
            DISTRIBUTIONS[self.kind](drawn[:size], first, self.scale, values)
            if self.sparsity:
                chance = chances[:size].uniform_(generator=absences)
                drawn[:size].mul_(torch.ge(chance, self.sparsity, out=chance))
            if there is not drawn:
                there.copy_(drawn)
            yield rows, there[:size]

    def _draw(self, out: Tensor) -> Tensor:
        for rows, block in self._blocks(self.seeds):
            out[rows] = block
        return out

    def whole(self) -> Tensor:
        """Return the stored matrix, or draw all of a procedural one."""
        return self._draw(self.stored.new_empty(self.shape)) if self.procedural else self.stored

    def carry(self, sent: Tensor, out: Tensor) -> None:
        """Write ``sent B``, `[..., batch, n_to]`, of `sent`, `[..., batch, n_from]`."""
        if not self.procedural:
            product(sent, self.stored, out)
            return
        each = self.seeds.view(-1, 2)  # of one, or of each replica
        heard = sent.view(len(each), -1, self.shape[0])
        totals = out.zero_().view(len(each), -1, self.shape[1])
        for seeds, here, total in zip(each, heard, totals, strict=True):
            for rows, block in self._blocks(seeds):
                total.addmm_(here[:, rows], block)
