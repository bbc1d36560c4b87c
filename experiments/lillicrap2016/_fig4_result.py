"""What a run of figure 4 has found: its summary, and its line in the table of results."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from spikefa.runs.provenance import provenance
from spikefa.runs.results.file import NAME, write_result
from spikefa.runs.results.findings import Claim, Findings, Quantity

if TYPE_CHECKING:
    from spikefa.experiments.lillicrap2016.fig4 import Settings
    from spikefa.runs.directory import RunDirectory
    from spikefa.simulation.evaluation import Score
    from spikefa.simulation.simulation import Simulation

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
        "alignment_degrees": _mean_angles(simulation),
        "seed": settings.seed,
        **_of_replicas(simulation, score),
        **parts,
        **provenance(str(simulation.network.device), simulation.backend),
    }


def _mean_angles(simulation: "Simulation") -> dict[str, float]:
    """Return the angles of the network, or of its replicas on average."""
    each = _angles(simulation)
    return {name: fmean(angles[name] for angles in each) for name in each[0]}


def _angles(simulation: "Simulation") -> list[dict[str, float]]:
    network = simulation.network
    if network.replicas is None:
        return [network.alignment()]
    return [network.replica(number).alignment() for number in range(network.replicas)]


def _of_replicas(simulation: "Simulation", score: "Score") -> dict[str, Any]:
    """Return what a summary of means adds: how they spread, and what each replica reached."""
    if not score.replicas:
        return {}
    each = zip(
        simulation.seeds, score.replicas, simulation.histories, _angles(simulation), strict=True
    )
    spread = {
        "sd_test_error_percent": score.sd,
        "sd_test_error_percent_summed": score.sd_summed,
        "sd_train_error_percent": simulation.history[-1]["sd_train_error_percent"],
    }
    return {
        "n": len(score.replicas),
        **(spread if len(score.replicas) > 1 else {}),
        "replicas": [
            {
                "seed": seed,
                "test_error_percent": own.error_percent,
                "test_error_percent_summed": own.error_percent_summed,
                "train_error_percent": history[-1]["train_error_percent"],
                "alignment_degrees": angles,
            }
            for seed, own, history, angles in each
        ],
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
            "n": summary.get("n", 1),
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
    each = summary.get("replicas", [summary])  # a run without replicas is its own one
    last = [run["test_error_percent"] for run in each]
    summed = [run["test_error_percent_summed"] for run in each]
    quantities = [
        Quantity("test error, guess from the steps of an image summed", summed, "%", paper),
        Quantity("test error, guess from the last step", last, "%", paper),
        *(
            Quantity(
                f"angle between W and B^T, {name}",
                [run["alignment_degrees"][name] for run in each],
                "degrees",
            )
            for name in summary["alignment_degrees"]
        ),
        Quantity("epochs", [summary["epochs"]]),
    ]
    if circuit != "FA":
        return Findings(quantities)
    claims = [
        Claim(
            f"an error of {PAPER} % on the test images",
            fmean(summed) <= PAPER,
            f"{fmean(summed):.2f} % if the output's spikes of an image are summed, "
            f"{fmean(last):.2f} % from its last step alone, after {summary['epochs']} epochs",
            "too few epochs, or another schedule of the learning rate",
        )
    ]
    return Findings(quantities, claims)


def _is_the_papers(settings: "Settings", summary: Mapping[str, Any]) -> bool:
    defaults = {item.name: item.default for item in fields(settings)}
    same = all(getattr(settings, name) == defaults[name] for name in FIXED)
    return same and summary["rule"]["class"].endswith(".ThreeFactor")
