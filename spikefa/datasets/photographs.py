"""Photographs in files, whose size is looked at before anything is unpacked."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spikefa.errors import SpikefaError, require
from spikefa.utils.printable import one_line

MOST_PIXELS = 50_000_000
"""Of a photograph: some small files claim to hold more than the memory can."""


def photograph(path: Path, prepare: Callable[[Any], Any]) -> NDArray[np.uint8]:
    """Return a photograph as bytes.

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
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # also Pillow's of many pixels, which are counted here
            with Image.open(path) as picture:
                width, height = picture.size
                require(
                    width * height <= MOST_PIXELS,
                    f"it has {width} x {height} pixels, and may have {MOST_PIXELS:,}",
                )
                return np.asarray(prepare(picture))
    except Exception as error:  # of Pillow's many readers
        reason = one_line(str(error) or type(error).__name__)
        raise SpikefaError(
            f"cannot read the photograph {path}: {reason}: move it elsewhere"
        ) from error
