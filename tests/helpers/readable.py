"""Can a figure be read? Its texts, axes, colour bars and legends, as they stand on the canvas.

`check_readable` draws a figure and fails with a line for each fault. Sizes of text are those on a
page: a figure that is wider than the column of a page is shown smaller, and its text with it.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection, LineCollection, PathCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from spikefa.analysis.saving import PAGE_WIDTH

SMALLEST = 7
"""Points. Exponents and indices may be smaller, as in print."""
CLOSE = 0.5
"""Pixels that boxes may share, since their edges are rounded."""
UNIT = re.compile(r"\(.+\)|%|°")


def check_readable(figure: Figure) -> None:
    """Fail with every fault of a figure that keeps it from being read."""
    found = faults(figure)
    assert not found, "\n".join(["", *found])


def faults(figure: Figure) -> list[str]:
    """Return what keeps a figure from being read, a sentence for each fault."""
    FigureCanvasAgg(figure).draw()
    return [fault for check in CHECKS for fault in check(figure)]


def small(figure: Figure) -> Iterator[str]:
    """Find texts that are too small on the page."""
    shrunk = min(1.0, PAGE_WIDTH / figure.get_figwidth())
    for text in texts(figure):
        points = text.get_fontsize() * shrunk
        if points < SMALLEST - 0.01:
            yield f"{said(text)} has {points:.1f} points"


def outside(figure: Figure) -> Iterator[str]:
    """Find texts that are cut by the edge of the picture."""
    for text in texts(figure):
        box = text.get_window_extent().padded(-CLOSE)
        if not all(figure.bbox.contains(*corner) for corner in (box.min, box.max)):
            yield f"{said(text)} is cut by the edge of the picture"


def overlapping(figure: Figure) -> Iterator[str]:
    """Find texts that stand on each other."""
    boxes = [(text, text.get_window_extent().padded(-CLOSE)) for text in texts(figure)]
    for (one, first), (other, second) in combinations(boxes, 2):
        if first.overlaps(second):
            yield f"{said(one)} is on {said(other)}"


def unnamed(figure: Figure) -> Iterator[str]:
    """Find axes with numbers that no label explains: their own, their row's, or the figure's."""
    drawn = [axes for axes in shown(figure, Axes) if axes.axison]
    for axes in drawn:
        for name in "xy":
            beside = [each for each in drawn if aligned(axes, each, name)]
            named = any(getattr(each, f"get_{name}label")() for each in beside)
            named = named or bool(getattr(figure, f"get_sup{name}label")())
            numbers = [text for text in tick_labels(getattr(axes, f"{name}axis")) if number(text)]
            if numbers and not named:
                yield f"the {name} axis of {panel(axes)} has no label"


def bare_bars(figure: Figure) -> Iterator[str]:
    """Find colour bars without a label, or without a unit in it."""
    for axes in shown(figure, Axes):
        label = axes.get_ylabel() + axes.get_xlabel()
        if axes.get_label() == "<colorbar>" and not UNIT.search(label):
            yield f"a colour bar says {label!r}, which has no unit"


def covered(figure: Figure) -> Iterator[str]:
    """Find legends that stand on data, and texts in a panel that stand on lines."""
    panels = list(shown(figure, Axes))
    for legend in shown(figure, Legend):
        box = Bbox.union([each.get_window_extent() for each in parts(legend)])
        for axes in panels if legend.axes is None else [legend.axes]:
            for artist in data(axes):
                if stands_on(box, artist):
                    yield f"the legend of {panel(axes)} covers {artist}"
    for axes in panels:
        lines = [artist for artist in data(axes) if isinstance(artist, Line2D)]
        for text in axes.texts:
            box = text.get_window_extent().padded(-CLOSE)
            if text.get_visible() and text.get_text() and any(stands_on(box, x) for x in lines):
                yield f"{said(text)} stands on a line"


CHECKS = (small, outside, overlapping, unnamed, bare_bars, covered)


def shown(artist: Artist, kind: type) -> Iterator[Artist]:
    """Yield the visible artists of a kind in a figure, without what a switched-off axis hides."""
    if not artist.get_visible():
        return
    if isinstance(artist, kind):
        yield artist
    children: Iterable[Artist] = artist.get_children()
    if isinstance(artist, Axis):
        children = [artist.label, artist.offsetText, *tick_labels(artist)]
    elif isinstance(artist, Axes) and not artist.axison:
        children = [each for each in children if not isinstance(each, Axis)]
    for child in children:
        yield from shown(child, kind)


def texts(figure: Figure) -> list[Text]:
    """Return all that is written on a figure."""
    return [text for text in shown(figure, Text) if text.get_text().strip()]


def tick_labels(axis: Axis) -> list[Text]:
    """Return the labels of the ticks within the limits of an axis."""
    if not axis.get_visible():
        return []
    labels = [label for tick in axis._update_ticks() for label in (tick.label1, tick.label2)]
    return [label for label in labels if label.get_visible() and label.get_text()]


def parts(legend: Legend) -> list[Artist]:
    """Return what is drawn in a legend, without the space around it."""
    written = [text for text in (*legend.get_texts(), legend.get_title()) if text.get_text()]
    return [*written, *(each for each in legend.legend_handles if isinstance(each, Line2D | Patch))]


def data(axes: Axes) -> list[Artist]:
    """Return lines, dots, bands and bars of a panel."""
    kinds = (Line2D, Collection, Rectangle)
    found = [each for each in axes.get_children() if isinstance(each, kinds) and each.get_visible()]
    return [each for each in found if each is not axes.patch]


def stands_on(box: Bbox, artist: Artist) -> bool:
    """Return whether a box in pixels covers a part of what is drawn."""
    within = Bbox.intersection(box, artist.axes.bbox)
    return within is not None and any(
        path.intersects_bbox(within, full) for path, full in outlines(artist)
    )


def outlines(artist: Artist) -> Iterator[tuple[Path, bool]]:
    """Yield the paths that an artist draws, in pixels, and whether they are filled."""
    if isinstance(artist, Line2D):
        path = artist.get_transform().transform_path(artist.get_path())
        if artist.get_linestyle() != "None":
            yield path, False
        else:
            yield from ((Path([place, place + 1e-3]), False) for place in path.vertices)
    elif isinstance(artist, Rectangle):
        yield artist.get_transform().transform_path(artist.get_path()), True
    elif isinstance(artist, PathCollection):
        places = artist.get_offset_transform().transform(artist.get_offsets())
        yield from ((Path([place, place + 1e-3]), False) for place in places)
    elif isinstance(artist, LineCollection | PolyCollection):
        full = isinstance(artist, PolyCollection)
        for path in artist.get_paths():
            yield artist.get_transform().transform_path(path), full


def aligned(axes: Axes, other: Axes, name: str) -> bool:
    """Return whether two panels stand below each other (for "x") or beside each other ("y")."""
    ends = slice(0, None, 2) if name == "x" else slice(1, None, 2)
    return bool(np.allclose(axes.bbox.extents[ends], other.bbox.extents[ends], atol=1))


def number(text: Text) -> bool:
    """Return whether a label is a number, not a word such as "s1", which explains itself."""
    words = text.get_text().replace("mathdefault", "")
    return re.search(r"\d", words) is not None and re.search(r"[A-Za-df-z]", words) is None


def said(text: Text) -> str:
    return repr(text.get_text())


def panel(axes: Axes) -> str:
    """Return what names a panel."""
    names = (axes.get_label(), axes.get_title("left"), axes.get_title(), axes.get_ylabel())
    return next((repr(name) for name in names if name), "a panel")
