"""Saving figures: small PNG, sharp PDF and SVG."""

import io
from pathlib import Path

from matplotlib import rc_context
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.figure import Figure
from PIL import Image

from spikefa.errors import SpikefaError
from spikefa.utils.files import written_whole

DPI = 160
PAGE_WIDTH = 8.0
"""Inches of the column of a page. A wider figure is shown smaller there, and its text with it."""
COLOURS = 256
"""Of a picture as PNG. Lines, text and fills have few; a third of the size is left of a picture."""
TRUE_TYPE = 42
"""The kind of fonts in PDF that journals ask for, and that programs can edit."""


def save_figure(figure: Figure, path: str | Path) -> None:
    """Save `figure` as `path`, completely or not at all; the suffix selects the format.

    A picture as PNG has at most 256 colours, and so a third of the size.

    Raises
    ------
    SpikefaError
        If the suffix is not that of an image format, or the file cannot be written.
    """
    path = Path(path)
    suffix = check_suffix(path)
    with written_whole(path) as temporary:
        if suffix == "png":
            temporary.write_bytes(as_png(figure))
            return
        with rc_context({"pdf.fonttype": TRUE_TYPE}):
            figure.savefig(temporary, dpi=DPI, format=suffix, facecolor="auto")


def as_png(figure: Figure, dpi: int | None = None) -> bytes:
    """Return a picture of `figure` as PNG with a palette, by default of `DPI` dots an inch."""
    dpi = dpi or DPI
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, dpi=dpi, format="rgba", facecolor="auto")
    width, height = (int(dpi * inches) for inches in figure.get_size_inches())
    picture = Image.frombytes("RGBA", (width, height), drawn.getvalue())
    shrunk(picture).save(small, "PNG", optimize=True, dpi=(dpi, dpi))
    return small.getvalue()


def shrunk(picture: Image.Image, colours: int = COLOURS) -> Image.Image:
    """Return a picture with a palette: of its own colours, if they are few enough."""
    return picture.convert("RGB").quantize(
        colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )


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
