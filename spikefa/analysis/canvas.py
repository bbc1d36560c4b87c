"""What diagrams are drawn with: populations, the lines between them, and a legend."""

from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Patch

from spikefa.analysis.style import style

Place = tuple[float, float]

WIDTH, HEIGHT = 7.6, 4.25
"""Of a picture, in inches, which are also the unit of all places in it."""
LEGEND = 5.65
"""Where the legend begins, from the left."""
HALF = {1: 0.34, 3: 0.54, 5: 0.74}
"""Half the width of a population, by the number of neurons drawn."""
LINES: dict[str, dict[str, Any]] = {
    "plastic": {"linewidth": 2.2},
    "fixed": {"linewidth": 1.5, "linestyle": (0, (4, 2.2))},
    "one": {"linewidth": 0.9},
    "target": {"linewidth": 0.9, "color": "ink"},
    "modulator": {"linewidth": 1.1, "color": "grey"},
    "sees": {"linewidth": 1.1, "color": "blue"},
    "noise": {"linewidth": 1.1, "color": "ink"},
    "reads": {"linewidth": 2.0, "color": "purple", "linestyle": (0, (1, 1.2))},
}
ENTRIES = {
    "plastic": "synapses that learn",
    "fixed": "fixed synapses",
    "one": "each neuron to its own\nerror neuron",
    "modulator": "modulator: third factor\nof the synapses onto it",
    "sees": "activity that these\nsynapses learn from",
    "noise": "noise $\\xi$, another number\nfor each neuron",
    "reads": "reads forward weights,\nas no synapse can",
}
"""What the legend says of each kind of line, in its order."""
DOTTED = ("modulator", "sees")
"""Lines that end in a dot instead of an arrow: they drive nothing, they change what is learned."""


class Canvas:
    """An empty picture of fixed size, with a title over the place of the legend.

    Colours are names of the attributes of `Style`.

    Parameters
    ----------
    title : str
    """

    def __init__(self, title: str):
        self.style = style()
        self.figure = Figure(figsize=(WIDTH, HEIGHT))
        self.axes = self.figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(0, HEIGHT))
        self.axes.axis("off")
        self.boxes: dict[str, Patch] = {}
        self.places: dict[str, Place] = {}
        self.kinds: set[str] = set()
        self.text((LEGEND, HEIGHT - 0.35), title, size=12, ha="left", weight="bold")

    def colour(self, name: str) -> str:
        """Return the colour of this name."""
        found: str = getattr(self.style, name)
        return found

    def text(
        self, place: Place, words: str, colour: str = "ink", size: float = 9, **how: Any
    ) -> None:
        """Write `words` at `place`, centred unless told otherwise."""
        how = {"ha": "center", "va": "center"} | how
        self.axes.text(*place, words, color=self.colour(colour), fontsize=size, zorder=7, **how)

    def population(
        self, name: str, label: str, place: Place, colour: str = "accent", neurons: int = 3
    ) -> None:
        """Draw a population as a box with its label and some neurons."""
        (x, y), half = place, HALF[neurons]
        look: dict[str, Any] = {
            "facecolor": self.style.fills[colour],
            "edgecolor": self.colour(colour),
            "linewidth": 1.3,
            "zorder": 4,
        }
        shape = "round,pad=0,rounding_size=0.12"
        box = FancyBboxPatch((x - half, y - 0.16), 2 * half, 0.32, shape, **look)
        self.boxes[name], self.places[name] = self.axes.add_patch(box), place
        self.text((x - half + 0.22, y), f"${label}$", size=10)
        xs = [x - half + 0.5 + 0.2 * number for number in range(neurons)]
        self.axes.scatter(
            xs, [y] * neurons, s=30, color=self.colour(colour), zorder=5, linewidths=0
        )

    def synapses(
        self,
        sender: str,
        receiver: str,
        kind: str,
        label: str = "",
        colour: str = "accent",
        side: int = 1,
        shift: float = 0.0,
        bend: float = 0.0,
        along: float = 0.5,
    ) -> None:
        """Draw synapses between two populations, labelled on the right or (side -1) on the left.

        `shift` moves both ends to the right, `bend` makes the line an arc, and `along` is where on
        the way the label is.
        """
        start, end = ((x + shift, y) for x, y in (self.places[sender], self.places[receiver]))
        self._between(start, end, kind, f"arc3,rad={bend}", sender, receiver, colour)
        dx, dy = end[0] - start[0], end[1] - start[1]
        out = 2 * along * (1 - along) * bend  # of a quadratic Bezier curve
        x, y = start[0] + along * dx + out * dy, start[1] + along * dy - out * dx
        words = f"${label}$" if label else ""
        if abs(dx) > 2 * abs(dy):  # a flat line has its label above it
            self.text((x, y + 0.17), words, colour, size=10)
        else:
            aside = "left" if side > 0 else "right"
            off = (0.15 if dx else 0.09) * side  # a slanting line needs more room
            self.text((x + off, y), words, colour, size=10, ha=aside)

    def out_and_down(self, sender: str, receiver: str, kind: str, label: str) -> None:
        """Draw synapses that leave to the right and reach a population below from above."""
        (x0, y0), (x1, y1) = self.places[sender], self.places[receiver]
        x, y = x1 + 0.22, y0 - 0.07
        self._between((x0, y), (x, y1), kind, "angle,angleA=0,angleB=90,rad=6", sender, receiver)
        self.text((x + 0.09, (y + y1 + 0.16) / 2), f"${label}$", "accent", size=10, ha="left")

    def down_and_in(self, sender: str, receiver: str, kind: str, label: str) -> None:
        """Draw synapses that leave downwards and reach a population below from the right."""
        (x0, y0), (x1, y1) = self.places[sender], self.places[receiver]
        x, y = x0 - 0.22, y1 + 0.07
        self._between((x, y0), (x1, y), kind, "angle,angleA=90,angleB=0,rad=6", sender, receiver)
        self.text((x + 0.09, (y + y0 - 0.16) / 2), f"${label}$", "accent", size=10, ha="left")

    def around(self, sender: str, receiver: str, kind: str, label: str) -> None:
        """Draw synapses round the right of what lies between two populations."""
        (x0, y0), (x1, y1) = self.places[sender], self.places[receiver]
        x, edge = x1 + HALF[3] + 0.2, x1 + HALF[3]
        bare = {key: LINES[kind][key] for key in ("linewidth", "linestyle")}
        self.axes.plot(
            [x0 + HALF[3], x, x], [y0 + 0.07, y0 + 0.07, y1], color=self.colour("accent"), **bare
        )
        self.line((x, y1), (edge, y1), kind, color="accent")
        self.text((x + 0.06, (y0 + y1) / 2), f"${label}$", "accent", size=10, ha="left")

    def _between(
        self,
        start: Place,
        end: Place,
        kind: str,
        shape: str,
        sender: str,
        receiver: str,
        colour: str = "accent",
    ) -> None:
        """Draw a line from the edge of one box to the edge of another."""
        ends = {"patchA": self.boxes[sender], "patchB": self.boxes[receiver]}
        self.line(start, end, kind, shape, **{"color": colour} | LINES[kind] | ends)

    def line(self, start: Place, end: Place, kind: str, shape: str = "arc3", **how: Any) -> None:
        """Draw a line of one of the kinds in the legend; `shape` is a connectionstyle."""
        self.kinds.add(kind)
        look: dict[str, Any] = {
            "arrowstyle": "-" if kind in DOTTED else "-|>",
            "mutation_scale": 11,
            "connectionstyle": shape,
            "shrinkA": 0,
            "shrinkB": 0,
            "zorder": 3,
        }
        look |= LINES[kind] | how
        look["color"] = self.colour(look["color"])
        self.axes.add_patch(FancyArrowPatch(start, end, **look))
        if kind in DOTTED:
            self.axes.scatter(*end, s=24, color=look["color"], zorder=6, linewidths=0)

    def legend(self) -> Figure:
        """Explain the kinds of lines that were used, and return the finished diagram."""
        y = HEIGHT - 0.8
        for kind, words in ENTRIES.items():
            if kind in self.kinds:
                half = 0.15 if "\n" in words else 0.09
                y -= half
                start, end = (LEGEND, y), (LEGEND + 0.42, y)
                self.line(start, end, kind, **{"color": "ink"} | LINES[kind])
                self.text((LEGEND + 0.54, y), words, ha="left", size=8)
                y -= half + 0.1
        return self.figure
