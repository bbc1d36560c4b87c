"""Starts the kernels of `many`: two for each hop, one for each matrix that learns."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import triton
from torch import Tensor

from spikefa.backends.fused_deferred import many
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


class Drive(NamedTuple):
    """What arrives at a population, before it is added up.

    Attributes
    ----------
    rows : int
        Rows of each replica: streams, or streams times steps.
    parts : int
    values : Tensor [parts, replicas, rows, padded n]
    overlap : Tensor [replicas, rows, capacity], optional
        With what was sent in earlier steps.
    """

    rows: int
    parts: int
    values: Tensor
    overlap: Tensor | None


class ManyStreams:
    """Hops and plasticity of `batch` streams of each replica.

    Parameters
    ----------
    launcher : Launcher
    tiles : Tiles
    links : sequence of Link
        All synapses.
    replicas, batch : int
    half : bool
        Whether the factors of products are float16.

    Attributes
    ----------
    parts : Tensor
        Parts of the drive of the present hop.
    ahead : Drive, optional
        What the input sends in all steps of a presentation.
    """

    def __init__(
        self,
        launcher: Launcher,
        tiles: Tiles,
        links: Sequence[Link],
        replicas: int,
        batch: int,
        half: bool,
    ):
        self.launcher, self.tiles = launcher, tiles.for_batch(batch)
        self.replicas, self.batch, self.half = replicas, batch, half
        for link in links:
            link.make_room(batch)
        most = max(self._parts(link) * padded(link.matrix.n_post) for link in links)
        self.ahead: Drive | None = None
        self.parts = torch.zeros(most * replicas * batch, device=links[0].left.values.device)

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
        """Drive and step a forward population, and with `output` the error beside it.

        If it is `foreseen`, the product has been made already.
        """
        drive = self.ahead if foreseen else self._drive(link)
        assert drive is not None
        if not foreseen:
            self._transmit(link, drive, now.row, now.rows)
        arguments, tau, constants = output_arguments(output)
        shape = link.matrix.n_post
        unit = link.matrix.unit
        self._arrive(
            many.arrive_spikes,
            link,
            drive,
            *self._change(link, drive),
            link.bias,
            *neurons.tensors(),
            clock,
            *arguments,
            *(self.batch, now.row if foreseen else 0, drive.rows, now.row, now.rows),
            *(link.left.capacity, now.since),
            *(shape // unit, padded(shape), link.left.capacity, neurons.tau, tau),
            PHILOX=philox,
            **constants,
        )

    def foresee(self, link: Link, steps: int, learns: bool) -> None:
        """Multiply what is sent in all steps of a presentation with a matrix, in one product.

        There are so many rows that the product is not cut into parts.
        """
        rows = steps * self.batch
        if self.ahead is None:
            values = self.parts.new_zeros(self.replicas * rows * padded(link.matrix.n_post))
            assert link.overlap is not None
            shape = self.replicas, rows, link.left.capacity
            self.ahead = Drive(rows, 1, values, link.overlap.new_zeros(shape))
        self._transmit(link, self.ahead, 0, rows if learns else 0)

    def errors(self, link: Link, errors: Errors, now: Moment) -> None:
        """Drive and step an error population."""
        drive = self._drive(link)
        self._transmit(link, drive, now.row, now.rows)
        shape = link.matrix.n_post
        self._arrive(
            many.arrive_errors,
            link,
            drive,
            *self._change(link, drive),
            errors.gain,
            *errors.tensors(),
            *(self.batch, 0, self.batch, now.row, now.rows, link.left.capacity),
            *(shape // link.matrix.unit, padded(shape), link.left.capacity, errors.tau),
            PHI=errors.phi,
        )

    def learn(self, link: Link, rows: int) -> None:
        """Change the weights by all rows."""
        assert link.earlier is not None
        assert link.factor is not None
        tiles, matrix = self.tiles.learn, link.matrix
        grid = triton.cdiv(matrix.n_pre, tiles.pre), triton.cdiv(matrix.n_post, tiles.post)
        self.launcher.start(
            many.learn,
            (*grid, self.replicas),
            tiles,
            *(link.earlier.values, link.factor.values),
            *(matrix.stored, matrix.copy, link.bias, link.rate, rows, link.left.capacity),
            *(matrix.n_pre, matrix.n_post // matrix.unit, link.earlier.ld, link.factor.ld),
            PRE=tiles.pre,
            POST=tiles.post,
            ROWS=tiles.rows,
            HALF=self.half,
            UNIT=matrix.unit,
        )
        self.launcher.wrote_weights()

    def _parts(self, link: Link) -> int:
        """Return into how many parts of the sending neurons a product is cut."""
        tiles = self.tiles.transmit
        return min(tiles.parts, triton.cdiv(link.matrix.n_pre, tiles.pre))

    def _drive(self, link: Link) -> Drive:
        """Return where the drive of one step arrives."""
        return Drive(self.batch, self._parts(link), self.parts, link.overlap)

    def _change(self, link: Link, drive: Drive) -> tuple[Any, ...]:
        return drive.overlap, values_of(link.factor), link.rate

    def _transmit(self, link: Link, drive: Drive, row: int, rows: int) -> None:
        """Write the parts of the drive, and the overlaps with `rows` rows that wait."""
        tiles, read = self.tiles.transmit, link.matrix.read()
        columns = triton.cdiv(link.matrix.n_post, tiles.post)
        waiting = rows if link.learns else 0
        programs = triton.cdiv(waiting, tiles.earlier) + drive.parts * columns
        self.launcher.start(
            many.transmit,
            (programs, triton.cdiv(drive.rows, tiles.streams), self.replicas),
            tiles,
            *(link.left.values, values_of(link.earlier or link.left)),
            *(read.matrix, drive.values, drive.overlap, read.scale),
            *(drive.rows, row, waiting, link.left.capacity, columns, link.matrix.n_pre),
            *(read.columns, link.left.ld, read.ld, padded(link.matrix.n_post)),
            link.left.capacity,
            KIND=read.kind,
            PARTS=drive.parts,
            BIASED=link.bias is not None,
            HALF=self.half,
            STREAMS=tiles.streams,
            PRE=tiles.pre,
            POST=tiles.post,
            EARLIER=tiles.earlier,
            UNIT=read.unit,
        )

    def _arrive(
        self, kernel: Any, link: Link, drive: Drive, *arguments: Any, **constants: Any
    ) -> None:
        tiles = self.tiles.arrive
        columns = triton.cdiv(link.matrix.n_post, tiles.post)
        self.launcher.start(
            kernel,
            (columns, triton.cdiv(self.batch, tiles.streams), self.replicas),
            tiles,
            drive.values,
            *arguments,
            **constants,
            PARTS=drive.parts,
            HALF=self.half,
            STREAMS=tiles.streams,
            POST=tiles.post,
            EARLIER=tiles.earlier,
            UNIT=link.matrix.unit,
        )
