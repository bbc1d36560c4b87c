"""Pixels that stay in their files until they are shown."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.arrays import COLOURS, mean_of_colours
from spikefa.datasets.photographs import decoded, silent
from spikefa.errors import MissingFileError, SpikefaError
from spikefa.utils.checking import check_fields
from spikefa.utils.ranges import Size, ThreadCount
from spikefa.utils.workers import Jobs, Workers

AT_ONCE = 256
"""Photographs that are read side by side by those who need arrays."""


class NotInMemory(SpikefaError, AttributeError):
    """Somebody needs pixels as an array, and they are in files."""


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """Photographs in files: the `Images.pixels` of images that are not kept in memory.

    It has the shape of the array that the pixels would be, and can be sliced as one. What needs the
    numbers themselves is refused.

    Parameters
    ----------
    folder : Path
    names : bytes array [n]
        Paths of the photographs in the folder, as the file system has them.
    size : int
        Height and width to which the square in the middle of each is scaled.
    grey : bool
        Whether to take brightness instead of red, green and blue.
    workers : int
        Threads that decode photographs while a network learns.
    """

    dtype: ClassVar[np.dtype[np.uint8]] = np.dtype(np.uint8)

    folder: Path
    names: NDArray[np.bytes_]
    size: Size
    grey: bool
    workers: ThreadCount

    def __post_init__(self) -> None:
        check_fields(self)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def shape(self) -> tuple[int, ...]:
        """[n, height, width], or [n, 3, height, width] in colours."""
        colours = () if self.grey else (COLOURS,)
        return len(self), *colours, self.size, self.size

    @property
    def ndim(self) -> int:
        """3, or 4 in colours."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes that the pixels would take in memory."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __getitem__(self, chosen: slice | NDArray[Any]) -> "ImageFiles":
        return replace(self, names=self.names[chosen])

    def __array__(self, *how: Any, **more: Any) -> NoReturn:
        raise NotInMemory(self._refusal)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # of a protocol, such as that of copies
            raise AttributeError(name)
        raise NotInMemory(self._refusal)

    @property
    def _refusal(self) -> str:
        return (
            f"the pixels of the {len(self):,} photographs in {self.folder} are not in memory: use "
            "image_folder(..., in_memory=True), or take a subset and read it, images.files.read()"
        )

    def path(self, number: int) -> Path:
        """Return the file of a photograph."""
        return self.folder / os.fsdecode(self.names[number])

    def decode(self, number: int, out: NDArray[np.uint8]) -> None:
        """Write the pixels of a photograph into an array of their size; any thread may do this.

        Raises
        ------
        SpikefaError
            If it is not there, or cannot be read.
        """
        found = decoded(self.path(number), self._prepare)
        out[...] = (found if self.grey else np.moveaxis(found, -1, 0)).reshape(out.shape)

    def _prepare(self, picture: Any) -> Any:
        """Return the largest square in the middle of a picture of Pillow, scaled."""
        from PIL import Image, ImageOps

        whole = picture.convert("L" if self.grey else "RGB")
        return ImageOps.fit(whole, (self.size, self.size), Image.Resampling.BILINEAR)

    def begin(
        self, numbers: NDArray[Any], out: Iterable[NDArray[np.uint8]], workers: Workers
    ) -> Jobs:
        """Let workers write photographs into an array each, and return without a wait."""
        return workers.begin(
            [
                partial(self.decode, number, row)
                for number, row in zip(numbers.tolist(), out, strict=True)
            ]
        )

    def read(self, numbers: NDArray[Any] | None = None) -> NDArray[np.uint8]:
        """Return the pixels of some photographs, or of all; threads read them side by side.

        Raises
        ------
        SpikefaError
            If one is not there, or cannot be read; the first of them is named.
        """
        chosen = np.arange(len(self)) if numbers is None else np.asarray(numbers)
        pixels = np.empty((len(chosen), *self.shape[1:]), np.uint8)
        with silent(), Workers(self.workers) as workers:
            for first in range(0, len(chosen), AT_ONCE):
                part = slice(first, first + AT_ONCE)
                self.begin(chosen[part], pixels[part], workers).wait()
        return pixels

    def parts(self, numbers: NDArray[Any]) -> Iterator[NDArray[np.uint8]]:
        """Yield the pixels of some photographs, a few at a time."""
        for first in range(0, len(numbers), AT_ONCE):
            yield self.read(numbers[first : first + AT_ONCE])

    def unreadable(self) -> list[str]:
        """Read every photograph once; say of each that cannot be read what is wrong with it.

        Training stops at the first of them. For ImageNet this takes as long as to show it once.
        """
        said = []
        scratch = np.empty((AT_ONCE, *self.shape[1:]), np.uint8)
        with silent(), Workers(self.workers) as workers:
            for first in range(0, len(self), AT_ONCE):
                numbers = np.arange(first, min(first + AT_ONCE, len(self)))
                failures = self.begin(numbers, scratch[: len(numbers)], workers).failures()
                said += [str(failures[number]) for number in sorted(failures)]
        return said

    @property
    def pictures(self) -> "Pictures":
        """The photographs in grey, one at a time, for recordings."""
        return Pictures(self)

    def content(self) -> dict[str, Any]:
        """Return what must be the same when a run is continued; files may move to another folder.

        Raises
        ------
        MissingFileError
            If a photograph is not there.
        """
        lengths = np.fromiter(map(self._length, range(len(self))), np.int64, len(self))
        return {"files": self.names, "bytes": lengths, "size": self.size, "grey": self.grey}

    def _length(self, number: int) -> int:
        try:
            return self.path(number).stat().st_size
        except OSError as error:
            raise MissingFileError(
                f"the photograph {self.path(number)} is not there any more: put it there again"
            ) from error


@dataclass(frozen=True, eq=False)
class Pictures:
    """Photographs in grey, [n, height, width]; each is read when it is asked for."""

    dtype: ClassVar[np.dtype[np.uint8]] = ImageFiles.dtype
    ndim: ClassVar[int] = 3

    files: ImageFiles

    @property
    def shape(self) -> tuple[int, ...]:
        """[n, height, width]."""
        return len(self.files), *self.files.shape[-2:]

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, number: int) -> NDArray[np.uint8]:
        pixels = np.empty(self.files.shape[1:], np.uint8)
        self.files.decode(number, pixels)
        return pixels if self.files.grey else mean_of_colours(pixels)
