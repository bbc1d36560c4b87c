"""Starts the kernels of `one`: one for each hop, one for each matrix that learns."""

from typing import Any

import triton
from torch import Tensor

from spikefa.backends.fused_deferred import one
from spikefa.backends.fused_deferred.launcher import Launcher
from spikefa.backends.fused_deferred.operands import Link, padded
from spikefa.backends.fused_deferred.places import (
    Errors,
    Moment,
    Neurons,
    OutputError,
    output_arguments,
    values_of,
)
from spikefa.backends.fused_deferred.tiling import Tiles


class OneStream:
    """Hops and plasticity of the only stream of each replica; see `ManyStreams`."""

    def __init__(self, launcher: Launcher, tiles: Tiles, replicas: int):
        self.launcher, self.tiles, self.replicas = launcher, tiles, replicas

    def spikes(
        self,
        link: Link,
        neurons: Neurons,
        now: Moment,
        clock: Tensor,
        philox: bool,
        output: OutputError | None = None,
        foreseen: bool = False,
    ) -> None:
        """Drive and step a forward population, and with `output` the error beside it."""
        arguments, tau, constants = output_arguments(output)
        self._drive(
            one.drive_spikes,
            link,
            *(link.bias, *neurons.tensors(), clock, *arguments),
            *(now.row, now.rows, link.left.capacity, now.since, *self._shape(link)),
            *(neurons.tau, tau),
            PHILOX=philox,
            **constants,
        )

    def errors(self, link: Link, errors: Errors, now: Moment) -> None:
        """Drive and step an error population."""
        self._drive(
            one.drive_errors,
            link,
            *(errors.gain, *errors.tensors()),
            *(now.row, now.rows, link.left.capacity, *self._shape(link), errors.tau),
            PHI=errors.phi,
        )

    def learn(self, link: Link, rows: int) -> None:
        """Change the weights by all rows."""
        assert link.earlier is not None
        assert link.factor is not None
        tiles, matrix = self.tiles.learn_one, link.matrix
        grid = triton.cdiv(matrix.n_pre, tiles.pre), triton.cdiv(matrix.n_post, tiles.post)
        self.launcher.start(
            one.learn_one,
            (*grid, self.replicas),
            tiles,
            *(link.earlier.values, link.factor.values),
            *(matrix.stored, matrix.copy, link.bias, link.rate, rows, link.left.capacity),
            *(matrix.n_pre, matrix.n_post // matrix.unit, link.earlier.ld, link.factor.ld),
            PRE=tiles.pre,
            POST=tiles.post,
            UNIT=matrix.unit,
        )
        self.launcher.wrote_weights()

    def _shape(self, link: Link) -> tuple[int, ...]:
        matrix, read = link.matrix, link.matrix.read()
        sizes = matrix.n_pre, matrix.n_post, link.left.ld
        return *sizes, read.columns, read.ld, padded(matrix.n_post)

    def _drive(self, kernel: Any, link: Link, *arguments: Any, **constants: Any) -> None:
        tiles, read = self.tiles.drive, link.matrix.read()
        self.launcher.start(
            kernel,
            (triton.cdiv(link.matrix.n_post, tiles.post), self.replicas),
            tiles,
            *(link.left.values, values_of(link.earlier), read.matrix, read.scale),
            *(values_of(link.factor), link.rate),
            *arguments,
            **constants,
            KIND=read.kind,
            PRE=tiles.pre,
            POST=tiles.post,
            EARLIER=tiles.earlier,
            EARLY=tiles.early if read.kind == "stored" else 0,
            UNIT=read.unit,
        )
