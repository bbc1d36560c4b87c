"""A circuit as a notebook shows it: its arguments, and the hops of its error."""

from collections.abc import Iterator
from typing import Any

from spikefa.feedback.state import Site
from spikefa.feedback.wiring import Hop, Wiring
from spikefa.utils.html_tables import arguments, html_table

COLUMNS = ("from", "to", "matrix", "weights", "gated")


def circuit_in_html(circuit: Any, wiring: Wiring) -> str:
    """Return the tables of a circuit; without hops if it is part of no network yet."""
    name = type(circuit).__name__
    tables = html_table(name, arguments(circuit))
    if not wiring.hops:
        return tables
    return tables + html_table(f"{name}: hops", _rows(wiring), COLUMNS)


def _rows(wiring: Wiring) -> Iterator[tuple[object, ...]]:
    for hop in wiring.hops:
        shape = f"{_size(wiring, hop.source)} x {_size(wiring, hop.target)}"
        ends = _place(wiring, hop.source), _place(wiring, hop.target)
        yield *ends, shape, _weights(hop), "yes" if hop.gated else "no"


def _size(wiring: Wiring, site: Site) -> int:
    return wiring.populations[site.group][site.layer].size


def _place(wiring: Wiring, site: Site) -> str:
    """Return where an error population is, counted as the forward populations are."""
    output = site.layer == len(wiring.beside) - 1
    layer = "output" if output else f"hidden{site.layer + 1}"
    return f"beside {layer}" if site.group == "errors" else f"{site.group}, {layer}"


def _weights(hop: Hop) -> str:
    return f"{type(hop.matrix).__name__}, {hop.matrix.role}"
