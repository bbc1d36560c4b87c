"""Images in CSV files, one a line: its label, then its pixels, row by row."""

import math
import re
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spikefa.datasets.arrays import WHITE
from spikefa.errors import SpikefaError, require
from spikefa.utils.printable import one_line

LABEL = "label"
"""The name of the first column, if there are names."""
AT_ONCE = 4096
"""Lines that are read at once, so that the numbers do not take much more memory than the images."""
ALLOWED = f"give lines of one label and the pixels of a square image, whole numbers 0 to {WHITE}"


def read_table(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the images in a CSV file, [n, side, side], and their labels [n].

    Parameters
    ----------
    path : Path
        The first line may have the names of the columns, of which the first is ``label``.

    Raises
    ------
    SpikefaError
        If the file cannot be read, or has anything but such lines.
    """
    pixels: list[NDArray[np.uint8]] = []
    labels: list[NDArray[np.int64]] = []
    for first, rows in _rows(path):
        require(rows.shape[1] > 1, f"{path}, from line {first} on: no pixels: {ALLOWED}")
        low, high = int(rows[:, 1:].min()), int(rows[:, 1:].max())
        require(
            low >= 0 and high <= WHITE,
            f"{path}, from line {first} on: pixels from {low} to {high}: {ALLOWED}",
        )
        require(
            not pixels or pixels[0].shape[1] == rows.shape[1] - 1,
            f"{path}, from line {first} on: {rows.shape[1]} numbers a line, others before: "
            f"{ALLOWED}",
        )
        pixels.append(rows[:, 1:].astype(np.uint8))
        labels.append(rows[:, 0].copy())
    require(bool(pixels), f"{path} has no images: {ALLOWED}")
    side = math.isqrt(pixels[0].shape[1])
    require(
        side * side == pixels[0].shape[1],
        f"{path}: {pixels[0].shape[1]} pixels a line are no square image: {ALLOWED}; other images "
        "fit into a .npz file",
    )
    return np.concatenate(pixels).reshape(-1, side, side), np.concatenate(labels)


def has_labels(path: Path) -> bool:
    """Return whether a CSV file has a column of labels: its names, if any, begin with `LABEL`."""
    first = _first_cell(path)
    return first == LABEL or not _is_name(first)


def _rows(path: Path) -> Iterator[tuple[int, NDArray[np.int64]]]:
    """Yield the number of the first line, and the numbers of some lines [k, columns]."""
    head = _first_cell(path)
    require(
        not _is_name(head) or head == LABEL,
        f"{path}: its first column is called {one_line(head, 40)!r}, expected {LABEL!r}: {ALLOWED}",
    )
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            line = 1 + len(list(islice(file, int(_is_name(head)))))
            while lines := list(islice(file, AT_ONCE)):
                rows = _numbers(path, line, lines)
                if rows.size:
                    yield line, rows
                line += len(lines)
    except OSError as error:
        raise SpikefaError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise SpikefaError(f"{path} is no text: {ALLOWED}") from error


def _numbers(path: Path, line: int, lines: list[str]) -> NDArray[np.int64]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # there may be empty lines alone
            return np.loadtxt(lines, np.int64, delimiter=",", comments=None, ndmin=2)
    except (ValueError, OverflowError) as error:
        said = str(error)
        row = re.search(r"at row (\d+)", said)
        place = f"line {line + int(row[1])}" if row else f"from line {line} on"
        cell = re.search(r"could not convert string (.*) to int64", said)
        what = f"a cell is {one_line(cell[1], 40)}" if cell else one_line(said.split(";")[0], 80)
        raise SpikefaError(f"{path}, {place}: {what}: {ALLOWED}") from error


def _first_cell(path: Path) -> str:
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            return file.readline(1000).partition(",")[0].strip().strip('"').lower()
    except OSError as error:
        raise SpikefaError(f"cannot read {path}: {error.strerror or error}") from error


def _is_name(cell: str) -> bool:
    return re.match(r"[a-z_]", cell) is not None
