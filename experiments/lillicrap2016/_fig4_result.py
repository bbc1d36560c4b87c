"""What a run of figure 4 has found: its summary, and its line in the table of results."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spikefa.provenance import provenance
from spikefa.results.file import NAME, write_result
from spikefa.results.findings import Claim, Findings, Quantity

if TYPE_CHECKING:
    from spikefa.experiments.lillicrap2016.fig4 import Settings

    from spikefa.run_directory import RunDirectory
    from spikefa.simulation import Simulation

IDS = {"FA": "L16.fig4", "DFA": "fig4.dfa", "PFA": "fig4.pfa"}
"""The line of the table, by the class of the circuit."""
FIXED = (
    "dataset train_images validation_images test_images steps_per_image hidden hidden_layers "
    "outputs tau weight_scale output_error"
).split()
"""Settings that make the network and the task those of the paper; how it learns is free."""
SHOWN = ("fig4.png", "learning.png")
"""Pictures that stand beside the line."""
PAPER = 1.8
"""Error on the test images in per cent (Lillicrap et al. 2016, figure 4)."""


def summarise(
    simulation: "Simulation", settings: "Settings", parts: Mapping[str, Any]
) -> dict[str, Any]:
    """Test the network, and return what the summary says.

    Parameters
    ----------
    simulation : Simulation
        Trained.
    settings : Settings
    parts : mapping of str
        Rule and circuit, as `fig4.describe` tells them.
    """
    score = simulation.test()
    row = simulation.history[-1]
    return {
        "experiment": "lillicrap2016.fig4",
        "test_error_percent": score.error_percent,
        "test_error_percent_summed": score.error_percent_summed,
        "test_images": score.images,
        "train_error_percent": row["train_error_percent"],
        "validation_error_percent": row.get("validation_error_percent"),
        "epochs": len(simulation.history),
        "images_seen": simulation.presentation * settings.batch_size,
        "steps": simulation.step,
        "wall_seconds": round(simulation.wall_seconds, 3),
        "steps_per_second": round(simulation.step / simulation.wall_seconds, 3),
        "alignment_degrees": simulation.network.alignment(),
        "seed": settings.seed,
        **parts,
        **provenance(str(simulation.network.device), simulation.backend),
    }


def conclude(
    directory: "RunDirectory",
    settings: "Settings",
    summary: Mapping[str, Any],
    figures: Sequence[Path],
) -> None:
    """Write the result file, if the circuit is one that the table of results has.

    A run of another network, or on other images, counts as a quick version, which the table does
    not take.
    """
    circuit = summary["feedback"]["class"].rpartition(".")[2]
    if circuit not in IDS:
        return
    findings = judge(circuit, summary)
    origin = {key: summary[key] for key in provenance(summary["device"], summary["backend"])}
    write_result(
        directory.path / NAME,
        {
            "id": IDS[circuit],
            "experiment": "lillicrap2016.fig4",
            "quick": not _is_the_papers(settings, summary),
            "settings": asdict(settings),
            "n": 1,
            "quantities": [quantity.as_record() for quantity in findings.quantities],
            "claims": [claim.as_record() for claim in findings.claims],
            "figures": [path.name for path in figures if path.name in SHOWN],
            "seconds": summary["wall_seconds"],
            **origin,
        },
    )


def judge(circuit: str, summary: Mapping[str, Any]) -> Findings:
    """Hold the error against the paper's; the paper says nothing of DFA and PFA."""
    paper = PAPER if circuit == "FA" else None
    last, summed = summary["test_error_percent"], summary["test_error_percent_summed"]
    quantities = [
        Quantity("test error, guess from the steps of an image summed", [summed], "%", paper),
        Quantity("test error, guess from the last step", [last], "%", paper),
        *(
            Quantity(f"angle between W and B^T, {name}", [angle], "degrees")
            for name, angle in summary["alignment_degrees"].items()
        ),
        Quantity("epochs", [summary["epochs"]]),
    ]
    if circuit != "FA":
        return Findings(quantities)
    claims = [
        Claim(
            f"an error of {PAPER} % on the test images",
            summed <= PAPER,
            f"{summed:.2f} % if the output's spikes of an image are summed, "
            f"{last:.2f} % from its last step alone, after {summary['epochs']} epochs",
            "too few epochs, or another schedule of the learning rate",
        )
    ]
    return Findings(quantities, claims)


def _is_the_papers(settings: "Settings", summary: Mapping[str, Any]) -> bool:
    defaults = {item.name: item.default for item in fields(settings)}
    same = all(getattr(settings, name) == defaults[name] for name in FIXED)
    return same and summary["rule"]["class"].endswith(".ThreeFactor")
