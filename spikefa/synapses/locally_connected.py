"""Receptive fields: each neuron sees a patch of the grid below."""

from dataclasses import dataclass

import torch
from torch import Tensor

from spikefa.errors import require
from spikefa.synapses.sparse import Sparse
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import Size


@dataclass(eq=False, kw_only=True)
class LocallyConnected(Sparse):
    """Each neuron receives from one patch of a grid of neurons; no weights are shared.

    The neurons of each map lie on a grid of their own, one for every position of the field: on
    28 x 28 pixels, 6 maps of 6 x 6 fields are 6 x 23 x 23 = 3174 neurons (Lillicrap et al. 2016,
    supplementary note 5). Neuron ``(m, y, x)`` has the number ``(m rows + y) columns + x`` and sees
    the pixels from ``(stride y, stride x)`` on. See `Sparse`.

    Parameters
    ----------
    n_pre, n_post : int
        Sizes of the two populations; they must be those of the grids.
    grid : tuple of int
        Height and width of the presynaptic grid.
    field : int or tuple of int
        Height and width of a field.
    maps : int, default 1
        Neurons that see the same patch.
    stride : int, default 1
        Distance of neighbouring fields.
    scale : float, default 0.05
        Half-range of the uniform distribution from which the weights are drawn.
    norm : float, optional
        Length that the weights onto each neuron keep, see `Synapses`.
    biased : bool, default True
        Whether the postsynaptic neurons have biases, see `Synapses`.
    constraints : sequence of Constraint, optional
        Such as ``(Dale(0.8), Bits(4))``, see `Synapses`.
    device, dtype
        Where the weights live, and as what.

    Attributes
    ----------
    weight, mask : Tensor [n_pre, n_post]
        `weight` is 0 outside of the fields.
    bias : Tensor [n_post]

    Raises
    ------
    SpikefaError
        If the sizes do not fit the grid and the fields.
    """

    grid: tuple[Size, Size]
    field: Size | tuple[Size, Size]
    maps: Size = 1
    stride: Size = 1

    def __post_init__(self) -> None:
        check_fields(self)
        seen = self._seen()
        super().__post_init__()
        self.mask = torch.ones_like(self.weight)
        self.mask.copy_(seen)

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the weights as `Dense` does; only those inside the fields stay."""
        super().initialise(generator)
        self.constrain()

    def _seen(self) -> Tensor:
        """Return the mask, after a check that the sizes fit."""
        grid, maps, stride = self.grid, self.maps, self.stride
        height, width = (self.field, self.field) if isinstance(self.field, int) else self.field
        require(
            grid[0] * grid[1] == self.n_pre,
            f"a grid of {grid[0]} x {grid[1]} for {self.n_pre} neurons",
        )
        require(
            1 <= height <= grid[0] and 1 <= width <= grid[1],
            f"a field of {height} x {width} does not fit a grid of {grid[0]} x {grid[1]}",
        )
        rows = _covered(grid[0], height, stride, self.device)
        columns = _covered(grid[1], width, stride, self.device)
        wanted = maps * rows.shape[1] * columns.shape[1]
        require(
            self.n_post == wanted,
            f"{maps} maps of {rows.shape[1]} x {columns.shape[1]} fields are {wanted} neurons, "
            f"{self.n_post} given",
        )
        seen = torch.einsum("ya,xb->yxab", rows, columns).reshape(self.n_pre, -1)
        return seen.repeat(1, maps)


def _covered(size: int, field: int, stride: int, device: torch.device | str) -> Tensor:
    """Return which of `size` points in a row each field covers, `[size, fields]`."""
    points = torch.arange(size, device=device).unsqueeze(-1)
    starts = torch.arange(0, size - field + 1, stride, device=device)
    return ((points >= starts) & (points < starts + field)).float()
