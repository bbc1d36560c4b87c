"""How the wiring of a circuit is drawn, and what else diagrams of circuits have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

from spikefa.analysis.canvas import HALF, Canvas, Place
from spikefa.feedback import Hop, Site, Wiring

LEVELS = (0.4, 1.45, 2.5, 3.55)
"""Heights of input, two hidden populations and output."""
FORWARD, ERROR, BESIDE = 1.35, 3.3, 4.68
"""Columns of the forward populations, the error populations and further ones."""
NEURONS = 3
"""Neurons of each forward population."""
KINDS = {"fixed": "fixed", "plastic": "plastic", "forward": "reads"}
"""Kinds of lines, by the role of a matrix."""
LETTERS = {"errors": "U", "middle": "m", "direct": "Y", "guess_errors": "E"}
"""What the error populations of a group are called."""


class CircuitDrawing(Canvas):
    """One diagram: the forward network on the left, beside it where the error goes.

    The forward populations are called ``s0`` to ``s3``; methods add what else there is.

    Parameters
    ----------
    title : str
        Name of the circuit.
    learning : sequence of int, default (1, 2, 3)
        The forward projections that learn.
    """

    def __init__(self, title: str, learning: Sequence[int] = (1, 2, 3)):
        super().__init__(title)
        for level, name in enumerate(("input", "hidden 1", "hidden 2", "output")):
            place = (FORWARD, LEVELS[level])
            self.population(f"s{level}", f"s_{level}", place, "blue" if level else "grey")
            self.text((FORWARD - 0.64, LEVELS[level]), name, ha="right")
            if level:
                kind = "plastic" if level in learning else "fixed"
                self.synapses(f"s{level - 1}", f"s{level}", kind, f"W_{level}", "blue", side=-1)

    def wiring(self, wiring: Wiring, symbols: Mapping[str, str]) -> None:
        """Draw error populations and the hops between them.

        Parameters
        ----------
        wiring : Wiring
            Of a network with two hidden populations.
        symbols : mapping of str to str
            Names of the matrices by the group of the population that sends, or by the inlet: "{0}"
            stands for the number of the layer that receives, "{1}" for that of the layer above.
        """
        sites = [stop.site for stop in wiring.stops]
        self.errors(*sorted(layer + 1 for group, layer in sites if group == "errors"))
        for stop in wiring.stops:
            if stop.site.group != "errors":
                self._further(stop.site, neurons=5 if stop.population.size > NEURONS else 3)
        for hop in wiring.hops:
            layer = hop.target.layer + 1
            label = symbols[hop.inlet or hop.source.group].format(layer, layer + 1)
            self._hop(hop, wiring, KINDS[hop.matrix.role], label)

    def _further(self, site: Site, neurons: int) -> None:
        """Draw an error population that stands beside those of the layers."""
        level, name = site.layer + 1, _name(site)
        at = (BESIDE, (LEVELS[level] + LEVELS[level + 1]) / 2)
        if site.group == "direct":
            at = (BESIDE - 0.1, LEVELS[level])
        self.population(name, f"{name[:-1]}_{level}", at, neurons=neurons)

    def _hop(self, hop: Hop, wiring: Wiring, kind: str, label: str) -> None:
        """Draw the synapses of one hop, out of the way of the others."""
        ends = _name(hop.source), _name(hop.target), kind, label
        below = hop.source.layer - hop.target.layer
        if hop.target.group != "errors":
            (self.around if below > 1 else self.out_and_down)(*ends)
        elif hop.source.group in ("middle", "guess_errors"):
            self.down_and_in(*ends)
        elif hop.source.group == "direct":
            self.synapses(*ends, along=0.3)
        else:
            self.synapses(*ends, **_detour(below > 1, wiring))

    def errors(self, *levels: int) -> None:
        """Draw the error populations beside these levels, each modulating its own."""
        for level in levels:
            self.population(f"U{level}", f"U_{level}", (ERROR, LEVELS[level]))
            self.modulates(f"U{level}", level)
        self.compares("U3")

    def modulates(self, name: str, level: int) -> None:
        """Let a population deliver the third factor to forward population `level`."""
        x, y = self.places[name]
        below = 0.07 if level == 3 else 0.0  # where the output's own line is not
        start = (x, y - below) if y == LEVELS[level] else (x, y)
        end = (FORWARD + HALF[3], LEVELS[level] - below)
        self.line(start, end, "modulator", patchA=self.boxes[name])

    def compares(self, name: str, kind: str = "one") -> None:
        """Let a population beside the output compare it with the target."""
        (x, y), start = self.places[name], (FORWARD + HALF[3], LEVELS[3] + 0.07)
        self.line(start, (x, y + 0.07), kind, color="blue", patchB=self.boxes[name])
        self.target(name)

    def target(self, name: str) -> None:
        """Let the target reach a population from above."""
        x, y = self.places[name]
        self.text((x, y + 0.47), "target")
        self.line((x, y + 0.4), (x, y + 0.16), "target")

    def reads(self, level: int, what: str) -> None:
        """Mark that the synapses back beside projection `level` are made from its weights."""
        y = (LEVELS[level - 1] + LEVELS[level]) / 2
        self.line((FORWARD, y), (ERROR, y), "reads", arrowstyle="-")
        for x in (FORWARD, ERROR):
            mark = self.axes.scatter(x, y, s=34, zorder=6, facecolor=self.style.paper)
            mark.set_edgecolor(self.style.purple)
        self.text(((FORWARD + ERROR) / 2, y + 0.14), what, "purple")

    def sees(self, level: int, end: Place, up: bool = True) -> None:
        """Mark that synapses above or below learn from the activity of population `level`."""
        y = LEVELS[level] + (0.11 if up else -0.11)
        self.line((FORWARD + HALF[3], y), end, "sees")

    def noise(self, level: int) -> None:
        """Let noise reach forward population `level` from below."""
        x, y = FORWARD + 0.42, LEVELS[level] - 0.16
        self.line((x, y - 0.28), (x, y), "noise")
        self.text((x + 0.06, y - 0.3), r"$\xi$", ha="left", size=10)


def _name(site: Site) -> str:
    return f"{LETTERS[site.group]}{site.layer + 1}"


def _detour(far: bool, wiring: Wiring) -> dict[str, Any]:
    """Return how a line between two layers makes room for those that pass a layer."""
    if any(hop.source.group == "direct" for hop in wiring.hops):
        return {"side": -1, "shift": -0.4, "bend": 0.25, "along": 0.25} if far else {}
    if any(hop.source.layer - hop.target.layer > 1 for hop in wiring.hops):
        return {"shift": 0.3, "bend": -0.45} if far else {"side": -1, "shift": -0.2}
    return {}
