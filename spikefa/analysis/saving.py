"""Saving figures."""

from pathlib import Path

from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure

from spikefa.errors import SpikefaError
from spikefa.utils.files import written_whole

DPI = 160
PAGE_WIDTH = 8.0
"""Inches of the column of a page. A wider figure is shown smaller there, and its text with it."""


def save_figure(figure: Figure, path: str | Path) -> None:
    """Save `figure` as `path`, completely or not at all; the suffix selects the format.

    Raises
    ------
    SpikefaError
        If the suffix is not that of an image format, or the file cannot be written.
    """
    path = Path(path)
    suffix = check_suffix(path)
    with written_whole(path) as temporary:
        figure.savefig(temporary, dpi=DPI, format=suffix, facecolor="auto")


def check_suffix(path: Path) -> str:
    """Return the image format that the suffix of `path` stands for.

    Raises
    ------
    SpikefaError
        If it stands for none.
    """
    known = FigureCanvasBase.filetypes
    suffix = path.suffix.lstrip(".").lower()
    if suffix not in known:
        raise SpikefaError(
            f"cannot save a figure as {path.name!r}: end the name in .{', .'.join(sorted(known))}"
        )
    return suffix
