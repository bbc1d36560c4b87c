"""Photographs in files, whose size is looked at before anything is unpacked."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikefa.errors import MissingFileError, SpikefaError, require
from spikefa.utils.printable import one_line

MOST_PIXELS = 50_000_000
"""Of a photograph: some small files claim to hold more than the memory can."""


def photograph(path: Path, prepare: Callable[[Any], Any]) -> NDArray[np.uint8]:
    """Return a photograph as bytes; warnings of Pillow are not shown. Not for threads.

    Parameters
    ----------
    path : Path
    prepare : callable
        Takes an image of Pillow and returns another, such as a smaller one, or one in grey.

    Raises
    ------
    SpikefaError
        If it has over `MOST_PIXELS` pixels, or cannot be read.
    """
    with silent():
        return decoded(path, prepare)


@contextmanager
def silent() -> Iterator[None]:
    """Show no warnings, such as Pillow's of many pixels, which are counted here.

    Python changes them for all threads at once, so only one thread may do this at a time.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def decoded(path: Path, prepare: Callable[[Any], Any]) -> NDArray[np.uint8]:
    """Return a photograph as bytes, in any thread; see `photograph`."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            width, height = picture.size
            require(
                width * height <= MOST_PIXELS,
                f"it has {width} x {height} pixels, and may have {MOST_PIXELS:,}",
            )
            return np.asarray(prepare(picture))
    except FileNotFoundError as error:
        raise MissingFileError(
            f"the photograph {path} is not there any more: put it there again"
        ) from error
    except Exception as error:  # of Pillow's many readers
        reason = one_line(str(error) or type(error).__name__)
        raise SpikefaError(
            f"cannot read the photograph {path}: {reason}: move it elsewhere"
        ) from error
