"""Whether the texts of a figure can be read in the size in which it is published."""

import itertools

from matplotlib.axes import Axes
from matplotlib.text import Text

SMALLEST = 7
"""Points."""


def check_legible(figure):
    """Refuse text that is too small, overlaps other text, or leaves the paper."""
    figure.draw_without_rendering()
    found = figure.findobj(lambda each: isinstance(each, Text) and each.get_visible())
    hidden = _labels_that_are_not_drawn(figure)
    drawn = [text for text in found if text.get_text().strip() and id(text) not in hidden]
    assert drawn
    boxes = [(text, text.get_window_extent()) for text in drawn]
    paper = figure.bbox
    for text, box in boxes:
        assert text.get_fontsize() >= SMALLEST, text
        assert box.x0 >= paper.x0 - 1, text
        assert box.y0 >= paper.y0 - 1, text
        assert box.x1 <= paper.x1 + 1, text
        assert box.y1 <= paper.y1 + 1, text
    for (one, a), (other, b) in itertools.combinations(boxes, 2):
        across = min(a.x1, b.x1) - max(a.x0, b.x0)
        along = min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across <= 0.5 or along <= 0.5, f"{one} over {other}"


def _labels_that_are_not_drawn(figure):
    """Return the identities of labels of ticks beyond the ends of an axis, or of no axis."""
    known, drawn = set(), set()
    for axes in figure.findobj(Axes):
        for axis in (axes.xaxis, axes.yaxis):
            ticks = (*axis.get_major_ticks(), *axis.get_minor_ticks())
            known |= {id(label) for tick in ticks for label in (tick.label1, tick.label2)}
            shown = axis._update_ticks() if axes.axison and axes.get_visible() else ()
            drawn |= {id(label) for tick in shown for label in (tick.label1, tick.label2)}
    return known - drawn
