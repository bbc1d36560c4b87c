"""What a run has cost, as its summary tells it, in tables for people."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from spikefa.analysis.energy import ENERGY_TABLES, Energy, EnergyTable, estimate_energy
from spikefa.errors import SpikefaError
from spikefa.simulation.costs import Changes, Costs, Operations

NAME = "costs"
"""Of the entry in a summary."""
PREFIXES = ((1.0, "J"), (1e-3, "mJ"), (1e-6, "µJ"), (1e-9, "nJ"), (1e-12, "pJ"))
HEADS = ("", "events", "dense", "of dense")


def costs_of(summary: Mapping[str, Any], path: Path) -> Costs | None:
    """Return the costs in the summary of a run, or None if they were not counted.

    Raises
    ------
    SpikefaError
        If the summary is damaged.
    """
    if summary.get(NAME) is None:
        return None
    try:
        costs = Costs.from_description(summary[NAME])
        costs_in_lines(costs)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise SpikefaError(f"{path} is damaged: its costs hold something else") from error
    return costs


def cost_rows(costs: Costs) -> list[tuple[str, str, str, str]]:
    """Return a row for each projection and hop: what, events, dense operations, and their share."""
    kinds: dict[str, Mapping[str, Operations | Changes]] = {
        "forward": dict(costs.forward),
        "backward": dict(costs.backward),
        "changes": dict(costs.plasticity),
        "feedback changes": dict(costs.feedback_plasticity),
    }
    rows = []
    for kind, own in kinds.items():
        found = [(name, each.events, each.dense) for name, each in own.items()]
        if len(found) > 1:
            found.append(("all", sum(row[1] for row in found), sum(row[2] for row in found)))
        for name, events, dense in found:
            share = f"{100 * events / dense:.1f} %" if dense else ""
            rows.append((f"{kind}, {name}", f"{events:,}", f"{dense:,}", share))
    return rows


def totals(costs: Costs) -> dict[str, str]:
    """Return the other numbers, by what they are."""
    sent = ", ".join(f"{name} {count:,}" for name, count in costs.spikes.items())
    found = {
        "counted": f"{costs.steps:,} steps of {costs.streams:,} streams",
        "spikes": sent,
        "neuron updates": f"{costs.neuron_updates:,}",
        "weights read": f"{costs.weight_reads:,}",
        "weights written": f"{costs.weight_writes:,}; {costs.shared_weight_writes:,} if the "
        "streams are summed first",
    }
    return found | ({"not counted": "; ".join(costs.uncounted)} if costs.uncounted else {})


def energies(
    costs: Costs, tables: Iterable[EnergyTable] = ENERGY_TABLES.values()
) -> dict[str, str]:
    """Return the energy by each table, in words."""
    return {each.name: _energy(estimate_energy(costs, each)) for each in tables}


def costs_in_lines(costs: Costs, tables: Iterable[EnergyTable] = ENERGY_TABLES.values()) -> str:
    """Return everything as lines of text."""
    lines = ["costs", *(f"  {name}: {value}" for name, value in totals(costs).items())]
    lines += [f"  {line}" for line in _aligned([HEADS, *cost_rows(costs)])]
    lines.append("energy of these events")
    return "\n".join([*lines, *(f"  {name}: {e}" for name, e in energies(costs, tables).items())])


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            [row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])],
        ).rstrip()
        for row in rows
    ]


def _energy(energy: Energy) -> str:
    size, unit = next((each for each in PREFIXES if energy.total >= each[0]), PREFIXES[-1])
    left_out = ", ".join(name.replace("_", " ") for name in energy.missing)
    without = f", without {left_out}: no published number" if left_out else ""
    return f"{energy.total / size:.4g} {unit}{without}"
