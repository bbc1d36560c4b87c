"""Claims and figures of tables 2 and 3: nine networks, each with three strategies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from spikefa.analysis.spacing import legend_above, log_scale
from spikefa.analysis.style import PALETTE
from spikefa.experiments.strategies._mnist import Training
from spikefa.neurons.rate import Activation
from spikefa.runs.options import bound
from spikefa.runs.studies import CellRuns, Claim, Measures, Quantity, Runs, full_version
from spikefa.runs.studies.drawing import band, name_axes, panels
from spikefa.utils.ranges import PositiveScale

STRATEGIES = ("s1", "s2", "s3")
ACTIVATIONS: Mapping[str, Activation] = {"tanh": "tanh", "relu": "relu", "sigmoid": "logistic"}
WIDTHS = (200, 400, 800)
SILENT = "the paper names neither the scaling of the inputs nor the size of its batches"
UNSTABLE = (
    "; ReLU networks are unstable with so much feedback at this rate, with smaller batches too"
)


@dataclass(frozen=True, kw_only=True)
class Classifying(Training):
    """Settings of tables 2 to 4: of the training, and the bound of the claim that all make."""

    near_paper: PositiveScale = bound(
        0.5, "percentage points from a test error of the paper, at most"
    )


def table(text: str) -> dict[str, float]:
    """Return the paper's test error of each cell, from lines ``tanh-200 2.32 2.36 2.42``."""
    rows = (line.split() for line in text.strip().splitlines())
    return {
        f"{network}-{strategy}": float(value)
        for network, *values in rows
        for strategy, value in zip(STRATEGIES, values, strict=True)
    }


def parts(cell: str) -> tuple[Activation, int, str]:
    """Return activation, width and strategy of the cell ``tanh-200-s1``."""
    name, width, strategy = cell.split("-")
    return ACTIVATIONS[name], int(width), strategy


def measure(settings: Any, runs: CellRuns, paper: Mapping[str, float]) -> dict[str, Any]:
    """Return what quantities and claims are computed from, the paper's errors included."""
    final = {cell: found["test_error"][:, -1] for cell, found in runs.items()}
    trained = {cell: found["train_error"].mean() for cell, found in runs.items()}
    return {
        "paper": paper,
        "final": final,
        "worst": max(values.max() for values in final.values()),
        "trained": trained,
        "below": [cell for cell, error in trained.items() if error < settings.trained],
        "off": differences(runs, paper),
        "pairs": _narrow_and_wide(final),
        "reason": SILENT + (UNSTABLE if any(cell.startswith("relu") for cell in runs) else ""),
    }


def differences(runs: CellRuns, paper: Mapping[str, float]) -> dict[str, float]:
    """Return by how many points the mean test error of each cell is above the paper's."""
    return {cell: found["test_error"][:, -1].mean() - paper[cell] for cell, found in runs.items()}


def _narrow_and_wide(final: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """Return the errors of the narrowest and the widest networks, where both were run."""
    return [
        (final[f"{name}-{WIDTHS[0]}-{strategy}"], final[f"{name}-{WIDTHS[-1]}-{strategy}"])
        for name in ACTIVATIONS
        for strategy in STRATEGIES
        if {f"{name}-{width}-{strategy}" for width in (WIDTHS[0], WIDTHS[-1])} <= final.keys()
    ]


def quantities(m: Measures) -> list[Quantity]:
    """Return the test error of every cell."""
    return [
        Quantity(f"test error, {in_words(cell)}", m.final.get(cell, ()), "%", value)
        for cell, value in m.paper.items()
    ]


def _far(m: Measures) -> list[str]:
    return [
        f"{cell} {by:+.2f}" for cell, by in m.off.items() if not abs(by) <= m.settings.near_paper
    ]


def _better(m: Measures) -> int:
    return sum(bool(wide.mean() < narrow.mean()) for narrow, wide in m.pairs)


NEAR_THE_PAPER = Claim(
    lambda m: f"the test errors of the table, within {m.settings.near_paper:g} points",
    when=full_version,
    holds=lambda m: not _far(m),
    evidence=lambda m: (
        f"in {len(m.runs) - len(_far(m))} of {len(m.runs)} cells; largest difference "
        f"{max(m.off.values(), key=abs):+.2f}"
        + (f"; too far: {', '.join(_far(m))}" if _far(m) else "")
    ),
    reason=lambda m: m.reason,
)
CLAIMS = (
    Claim(
        "all strategies learn",
        when=lambda m: m.settings.quick,
        holds=lambda m: m.worst < m.settings.learned,
        evidence=lambda m: f"errors up to {m.worst:.3g} %",
    ),
    Claim(
        lambda m: f"after training the training error is always below {m.settings.trained:g} %",
        when=full_version,
        holds=lambda m: len(m.below) == len(m.runs),
        evidence=lambda m: (
            f"in {len(m.below)} of {len(m.runs)} cells; at most {max(m.trained.values()):.3g} %"
        ),
        reason=lambda m: m.reason,
    ),
    NEAR_THE_PAPER,
    Claim(
        f"2 x {WIDTHS[-1]} neurons are better than 2 x {WIDTHS[0]}",
        when=lambda m: m.pairs and full_version(m),
        holds=lambda m: _better(m) == len(m.pairs),
        evidence=lambda m: f"with {_better(m)} of {len(m.pairs)} pairs of activation and strategy",
    ),
)


def in_words(cell: str) -> str:
    """Return "2 x 200 tanh, s1" for ``tanh-200-s1``."""
    name, width, strategy = cell.split("-")
    return f"2 x {width} {name}, {strategy}"


def picture(settings: Any, runs: CellRuns, paper: Mapping[str, float]) -> Figure:
    """Draw the cells (a), and the errors of one network against the epochs (b)."""
    figure, ((left,), (right,)) = panels(1, 2, width=7.0, height=2.9)
    _cells(left, runs, paper)
    name_axes(left, "neurons in each hidden layer", "test error (%)", "a  after training")
    legend_above(left)
    shown = _curves(right, runs)
    name_axes(right, "epochs", "test error (%)", f"b  {shown}")
    legend_above(right)
    return figure


def _cells(axes: Any, runs: CellRuns, paper: Mapping[str, float]) -> None:
    """Draw our results as dots and the paper's as open circles."""
    networks = [cell.rsplit("-", 1)[0] for cell in paper][:: len(STRATEGIES)]
    for k, strategy in enumerate(STRATEGIES):
        at = [(place + 0.2 * (k - 1), f"{name}-{strategy}") for place, name in enumerate(networks)]
        axes.plot(
            *([place for place, _ in at], [paper[cell] for _, cell in at]),
            *("o",),
            color=PALETTE[k],
            markerfacecolor="none",
            markersize=4,
            label="the paper" if k == 0 else None,
        )
        found = [(place, runs[cell]["test_error"][:, -1]) for place, cell in at if cell in runs]
        axes.errorbar(
            [place for place, _ in found],
            [values.mean() for _, values in found],
            [values.std() for _, values in found],
            fmt="o",
            color=PALETTE[k],
            markersize=4,
            label=strategy,
        )
    names = [f"{width}\n{name}" for name, width in (network.split("-") for network in networks)]
    axes.set_xticks(range(len(networks)), names, fontsize=8)


def _curves(axes: Any, runs: CellRuns) -> str:
    """Draw the strategies of the widest tanh network that was run; return its name."""
    name, width, _ = max((cell.split("-") for cell in runs), key=lambda it: (it[0], int(it[1])))
    for k, strategy in enumerate(STRATEGIES):
        found = runs.get(f"{name}-{width}-{strategy}")
        if found is not None:
            curve(axes, found, PALETTE[k], strategy)
    return f"2 x {width} {name}"


def curve(axes: Any, found: Runs, colour: str, label: str) -> None:
    """Draw the test error against the epochs, on a logarithmic scale."""
    band(axes, found["epochs"][0], found["test_error"], colour, label)
    log_scale(axes)
