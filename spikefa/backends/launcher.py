"""Starts the kernels of the fused backend, with their common arguments and shared buffers."""

from collections.abc import Sequence
from typing import Any

import torch

from spikefa.backends.support import interpreted
from spikefa.backends.tiling import STAGES, Tiles, unit_of


class Launcher:
    """Starts kernels for `batch` streams.

    Parameters
    ----------
    batch : int
    precision : str
        See `Fused`.
    tiles : Tiles
    shapes : sequence of tuple of int
        Shapes of all matrices that kernels multiply with.
    device : torch.device

    Attributes
    ----------
    partial : Tensor
        Buffer for the parts of a drive, large enough for every matrix.
    tickets : int32 Tensor
        One counter for each column of tiles; the program that counts last adds the parts up.
    """

    def __init__(
        self,
        batch: int,
        precision: str,
        tiles: Tiles,
        shapes: Sequence[tuple[int, int]],
        device: torch.device,
    ):
        self.batch = batch
        self.precision = precision
        self.tiles = tiles
        grids = [(tiles.grid(*shape), shape) for shape in shapes]
        parts = max(splits * n_post for (splits, _, _), (_, n_post) in grids)
        columns = max(columns for (_, columns, _), _ in grids)
        self.partial = torch.zeros(parts * batch, device=device)
        self.tickets = torch.zeros(columns, device=device, dtype=torch.int32)

    def start(self, kernel: Any, grid: tuple[int, ...], *arguments: Any, **constants: Any) -> None:
        """Start `grid` programs of a kernel."""
        kernel[grid](*arguments, num_warps=self.tiles.warps, num_stages=STAGES, **constants)

    def on_tiles(
        self,
        kernel: Any,
        grid: tuple[int, ...],
        shape: tuple[int, int],
        *arguments: Any,
        **constants: Any,
    ) -> None:
        """Start a kernel on the tiles of a matrix, with the constants that describe the tiles."""
        streams = self.tiles.batch
        self.start(
            kernel,
            grid,
            *arguments,
            **constants,
            BATCH=streams,
            PRE=self.tiles.pre,
            POST=self.tiles.post,
            ONE=self.batch <= streams,
            STREAMS=min(streams, 16),
            UNIT=unit_of(shape),
            PRECISION=self.precision,
            UNITS=not interpreted(),
        )
