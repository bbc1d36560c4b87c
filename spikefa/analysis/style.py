"""Colours that all figures share: dark ink on light paper, or light ink on dark paper.

All colours come from here. Of the Matplotlib style in use, figures take the font, and no colour,
which would mix two styles; they are dark if its paper is.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import numpy as np
from matplotlib import rc_context, rcParams, rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.typing import ColorType

from spikefa.utils.printable import printable

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Style:
    """Colours that can be told from the paper, and from each other.

    Attributes
    ----------
    paper, ink : str
    grey : str
        Frames and what is said in passing.
    pale : str
        Guides behind the data, such as a line at 0, which need not be seen.
    accent, blue, purple : str
    fills : dict of str to str
        Backgrounds for text in ink, in the hues of "blue", "accent" and "grey".
    palette : tuple of str
        Lines of one panel.
    pixels : str
        Colour map of images.
    """

    paper: str
    ink: str
    grey: str
    pale: str
    accent: str
    blue: str
    purple: str
    fills: dict[str, str]
    palette: tuple[str, ...]
    pixels: str


LIGHT = Style(
    paper="#ffffff",
    ink="#1f2430",
    grey="#6a7180",
    pale="#d9dce3",
    accent="#cf450e",
    blue="#1c6fb8",
    purple="#7b2fa0",
    fills={"blue": "#e3eef8", "accent": "#fdeae1", "grey": "#eef0f3"},
    palette=("#1c6fb8", "#cf450e", "#2b8a3e", "#9c36b5", "#a87d00", "#0b7285", "#c2255c"),
    pixels="gray_r",
)
DARK = Style(
    paper="#000000",
    ink="#eceef2",
    grey="#a3aab8",
    pale="#3a3f4a",
    accent="#ff7a45",
    blue="#5aa9ec",
    purple="#c79aea",
    fills={"blue": "#12304a", "accent": "#4a1f0c", "grey": "#2a2e38"},
    palette=("#5aa9ec", "#ff7a45", "#5fc873", "#d08be6", "#e5b93c", "#4cc0d4", "#f0719b"),
    pixels="gray",
)

MEDIUM = 0.18
"""Luminance of a medium grey, from which black and white have about the same contrast."""

LOOK = (
    *("axes.", "figure.autolayout", "figure.constrained_layout", "figure.subplot", "figure.title"),
    *("grid.", "image.", "legend.", "lines.", "patch.", "scatter."),
    *("xaxis.", "xtick.", "yaxis.", "ytick."),
)
"""Beginnings of the names of settings that figures do not take from the style in use."""

INK, GREY, PALE = LIGHT.ink, LIGHT.grey, LIGHT.pale
ACCENT, BLUE, PALETTE = LIGHT.accent, LIGHT.blue, LIGHT.palette
"""For pictures that are always on white, see `on_white`."""


def style() -> Style:
    """Return the colours of a figure that is drawn now: `DARK` if the style in use is dark."""
    paper = to_rgba(rcParams["figure.facecolor"])
    dark = paper[3] == 1 and luminance(paper) < MEDIUM
    return DARK if dark else LIGHT


def luminance(colour: ColorType) -> float:
    """Return the relative luminance of a colour, 0 to 1, as WCAG 2 defines it."""
    values = np.array(to_rgb(colour))
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a function draw a figure with the colours of `style` alone."""

    @functools.wraps(draw)
    def drawn(*arguments: P.args, **options: P.kwargs) -> R:
        with rc_context(_settings(style())):
            return draw(*arguments, **options)

    return drawn


@contextmanager
def on_white() -> Iterator[None]:
    """Draw on white, whatever the style in use."""
    with rc_context(_settings(LIGHT)):
        yield


def _settings(colours: Style) -> Any:
    """Return Matplotlib's defaults of what a figure looks like, with our colours."""
    kept = {name: value for name, value in rcParamsDefault.items() if name.startswith(LOOK)}
    inks = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
    papers = ("figure.facecolor", "figure.edgecolor", "axes.facecolor")
    return kept | dict.fromkeys(inks, colours.ink) | dict.fromkeys(papers, colours.paper)


def line_look(number: int) -> dict[str, Any]:
    """Return colour and dashes of one of many lines; twice as many as the palette has differ."""
    palette = style().palette
    dashes = ("-", (0, (4, 1.5)))[number // len(palette) % 2]
    return {"color": palette[number % len(palette)], "linestyle": dashes}


def quiet(axes: Axes) -> None:
    """Remove the upper and right frame of the axes, and make ticks and labels small."""
    colours = style()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(colours.grey)
    axes.tick_params(which="both", color=colours.grey, labelcolor=colours.ink, labelsize=8)


def plain(text: str) -> str:
    """Return `text` without control characters, and with dollar signs escaped.

    So matplotlib finds no formula in it, and a picture as SVG is valid.
    """
    return printable(text).replace("$", r"\$")
