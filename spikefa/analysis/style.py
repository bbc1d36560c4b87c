"""Colours and styles that all figures share."""

from matplotlib.axes import Axes

from spikefa.utils.printable import printable

INK = "#1f2430"
GREY = "#7a8190"
PALE = "#d9dce3"
ACCENT = "#d9480f"
BLUE = "#1c6fb8"
PALETTE = ("#1c6fb8", "#d9480f", "#2b8a3e", "#9c36b5", "#c99700", "#0b7285", "#c2255c")


def quiet(axes: Axes) -> None:
    """Remove the upper and right frame of the axes, and make ticks and labels small."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(which="both", color=GREY, labelcolor=INK, labelsize=8)


def plain(text: str) -> str:
    """Return `text` without control characters, and with dollar signs escaped.

    So matplotlib finds no formula in it, and a picture as SVG is valid.
    """
    return printable(text).replace("$", r"\$")
