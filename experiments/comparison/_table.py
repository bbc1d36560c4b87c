"""The results as a table in Markdown."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from spikefa.experiments.comparison._entries import ENTRIES, TRIALS

Result = Mapping[str, Any]
HEADER = (
    "| circuit | test error, % | last step, % | W ^ B^T, degrees | delta ^ delta_BP, degrees "
    "| steps/s | MB |\n|---|---|---|---|---|---|---|"
)


def results_table(results: Sequence[Result], costs: Mapping[str, Mapping[str, float]]) -> str:
    """Return one line per circuit, in the order of `ENTRIES`.

    Errors are means and standard deviations over the seeds, for guesses from all steps summed and
    from the last step alone. Angles are means over the seeds, from the lowest hidden population
    upwards.

    Parameters
    ----------
    results : sequence of mapping
        The contents of the result files.
    costs : mapping
        ``steps_per_second`` and ``megabytes`` of each line.
    """
    lines = [HEADER]
    for name in ENTRIES:
        runs = [result for result in results if result["line"] == name and result["chosen"]]
        if not runs:
            lines.append(f"| {name} | not run | | | | | |")
            continue
        cost = costs.get(name, {})
        cells = [
            name,
            _spread([run["error_percent_summed"] for run in runs]),
            _spread([run["error_percent"] for run in runs]),
            _angles([run["alignment_degrees"] for run in runs]),
            _angles([run["delta_angle_degrees"] for run in runs]),
            f"{cost['steps_per_second']:.0f}" if cost else "",
            f"{cost['megabytes']:.1f}" if cost else "",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _spread(values: Sequence[float]) -> str:
    """Return mean, standard deviation and number of the values in words."""
    if len(values) == 1:
        return f"{values[0]:.2f} (n = 1)"
    return f"{statistics.mean(values):.2f} ± {statistics.stdev(values):.2f} (n = {len(values)})"


def _angles(runs: Sequence[Mapping[str, float]]) -> str:
    """Return the mean angle of each layer."""
    means = [statistics.mean(run[layer] for run in runs) for layer in runs[0]]
    return ", ".join("-" if math.isnan(mean) else f"{mean:.0f}" for mean in means) or "-"


def search_table(results: Iterable[Result]) -> str:
    """Return the trials of the search, the best of each circuit first."""
    lines = ["| circuit | trial | eta | input factor | arguments | validation error, % |"]
    lines += ["|---|---|---|---|---|---|"]
    order = list(ENTRIES)
    ranked = sorted(results, key=lambda r: (order.index(r["line"]), r["error_percent_summed"]))
    for result in ranked:
        arguments = ", ".join(f"{key}={value}" for key, value in result["arguments"].items())
        lines.append(
            f"| {result['line']} | {result['trial']} | {result['learning_rate']:g} "
            f"| {result['input_rate_factor']:g} | {arguments} "
            f"| {result['error_percent_summed']:.2f} |"
        )
    return "\n".join(lines) + "\n"


def best_trials(results: Iterable[Result]) -> dict[str, int]:
    """Return the trial with the least validation error of each circuit with a complete search."""
    found: dict[str, list[Result]] = {}
    for result in results:
        if result["tested_on"] == "validation":
            found.setdefault(result["line"], []).append(result)
    return {
        line: min(trials, key=lambda r: (r["error_percent_summed"], r["trial"]))["trial"]
        for line, trials in found.items()
        if len(trials) == TRIALS
    }
