"""What the experiments with spike trains conclude and draw."""

from typing import Any

from matplotlib.figure import Figure

from spikefa.analysis.spacing import legend_above
from spikefa.analysis.style import PALETTE
from spikefa.experiments.events._learning import CIRCUITS
from spikefa.runs.studies import CellRuns, Claim, Measures, Quantity, full_version, spread
from spikefa.runs.studies.drawing import name_axes, panels


def measure(settings: Any, runs: CellRuns) -> dict[str, Any]:
    """Return the errors after training by circuit."""
    return {
        "error": {cell: found["error"][:, -1] for cell, found in runs.items()},
        "summed": {cell: found["summed"][:, -1] for cell, found in runs.items()},
    }


def quantities(m: Measures) -> list[Quantity]:
    """Return the errors of all circuits."""
    return [
        Quantity(f"{cell}, test error, {words}", errors.get(cell, ()), "%")
        for words, errors in (("all steps", m.summed), ("last step", m.error))
        for cell in CIRCUITS
    ]


def claims(of: str) -> tuple[Claim, ...]:
    """Return the claims that each circuit reaches the error in the settings, which `of` explains.

    The settings have ``reached``, in percent.
    """
    return (LEARNS, *(_reaches(cell, of) for cell in CIRCUITS))


LEARNS = Claim(
    "all circuits learn",
    when=lambda m: m.settings.quick,
    holds=lambda m: max(errors.mean() for errors in m.summed.values()) < m.settings.learned,
    evidence=lambda m: ", ".join(f"{cell} {spread(each)} %" for cell, each in m.summed.items()),
)


def _reaches(cell: str, of: str) -> Claim:
    return Claim(
        lambda m: f"{cell} reaches an error of {m.settings.reached:g} %, {of}",
        when=lambda m: cell in m.summed and full_version(m),
        holds=lambda m: m.summed[cell].mean() <= m.settings.reached,
        evidence=lambda m: f"all steps summed: {spread(m.summed[cell])} %",
    )


def picture(settings: Any, runs: CellRuns) -> Figure:
    """Draw the errors of all circuits against the epochs, by all steps and by the last one."""
    figure, ((left, right),) = panels(2, width=3.2, height=2.8)
    for axes, name, title in ((left, "summed", "all steps"), (right, "error", "last step")):
        for colour, (cell, found) in zip(PALETTE, runs.items(), strict=False):
            for number, errors in enumerate(found[name]):
                label = cell if number == 0 else None
                epochs = range(1, len(errors) + 1)
                axes.plot(epochs, errors, "o-", ms=3, color=colour, lw=1, label=label)
        axes.set_ylim(0)
        name_axes(axes, "epoch", "test error (%)", title)
    legend_above(left)
    return figure
