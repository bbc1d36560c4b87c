"""Images that are read from files while a network learns those before them."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from spikefa.datasets.image_files import ImageFiles
from spikefa.stimulus.items import refuse_items
from spikefa.utils.workers import Jobs, Workers


@dataclass(frozen=True, eq=False)
class _Begun:
    """The images of a presentation that are being read.

    Attributes
    ----------
    items : int64 array [streams]
    same : int64 array [streams]
        The first stream that has the same item, which is read only once.
    rows : uint8 Tensor [streams, n_pixels]
        On the host; pinned if a CUDA device takes it.
    jobs : Jobs
    """

    items: NDArray[np.int64]
    same: NDArray[np.int64]
    rows: Tensor
    jobs: Jobs

    def whole(self) -> Tensor:
        """Wait for the images, and return those of all streams."""
        self.jobs.wait()
        copies = np.flatnonzero(self.same != np.arange(len(self.same)))
        if len(copies):
            pixels = self.rows.numpy()
            pixels[copies] = pixels[self.same[copies]]
        return self.rows


class ImageReader:
    """Reads the images of one presentation after the other, and those of the next ones ahead.

    Images that were announced are taken if they are those that are asked for; others are read at
    once. So what is announced never changes what is shown.

    Parameters
    ----------
    files : ImageFiles
    """

    def __init__(self, files: ImageFiles):
        self.files = files
        self._workers = Workers(files.workers)
        self._begun: deque[_Begun] = deque()

    def write(self, items: Tensor, out: Tensor) -> None:
        """Write the images of `items` [streams] into `out` [streams, n_pixels] on any device.

        On a CPU this waits until they are read. For a CUDA device they are copied from pinned
        memory, which torch does not use again before the copy has been made.

        Raises
        ------
        SpikefaError
            If there is no such item, or a photograph is not there or cannot be read.
        """
        wanted = _on_host(items)
        if not self._begun or not np.array_equal(self._begun[0].items, wanted):
            self._drop(0)
            self._begun.append(self._begin(wanted, out.is_cuda))
        try:
            rows = self._begun[0].whole()
        except Exception:
            self._drop(0)  # they are read anew if somebody has mended the file
            raise
        self._begun.popleft()
        out.copy_(rows, non_blocking=True)

    def expect(self, following: Iterable[Tensor], on_cuda: bool) -> None:
        """Begin to read the items of the next presentations, which `following` yields in order.

        It is one presentation, or as many as give two photographs to each worker. After the last
        presentation the threads end.
        """
        place = -1
        for place, items in enumerate(following):
            wanted = _on_host(items)
            if place < len(self._begun) and not np.array_equal(self._begun[place].items, wanted):
                self._drop(place)
            if place == len(self._begun):
                self._begun.append(self._begin(wanted, on_cuda))
            if (place + 1) * len(wanted) >= 2 * self.files.workers:
                break
        if place < 0:
            self._workers.close()

    def _begin(self, items: NDArray[np.int64], pinned: bool) -> _Begun:
        count = len(self.files)
        if items.min() < 0 or items.max() >= count:
            refuse_items(count)
        _, first, number = np.unique(items, return_index=True, return_inverse=True)
        size = len(items), self.files.nbytes // count
        rows = torch.empty(size, dtype=torch.uint8, pin_memory=pinned)
        pixels = rows.numpy()
        read = np.sort(first)
        jobs = self.files.begin(items[read], [pixels[stream] for stream in read], self._workers)
        return _Begun(items, first[number], rows, jobs)

    def __deepcopy__(self, memo: dict[int, object]) -> "ImageReader":
        """Return one that has begun nothing: what threads write into cannot be copied."""
        return ImageReader(self.files)

    def _drop(self, first: int) -> None:
        """Forget what was begun, from a place on."""
        while len(self._begun) > first:
            self._begun.pop().jobs.drop()


def _on_host(items: Tensor) -> NDArray[np.int64]:
    """Return items as an array; if they are on another device, this waits for it."""
    return items.cpu().numpy().astype(np.int64)
