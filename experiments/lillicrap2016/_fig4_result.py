"""The result of a run of figure 4: its summary, and its line in the table of results."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

from spikefa.experiments.lillicrap2016._fig4_settings import Settings, complete
from spikefa.runs.costs import NAME as COSTS
from spikefa.runs.directory import RunDirectory
from spikefa.runs.provenance import provenance
from spikefa.runs.studies.claims import Claim, Measures, Quantity, judge_all
from spikefa.runs.studies.file import NAME, result_of, write_result
from spikefa.simulation.simulation import Simulation
from spikefa.stimulus import Score

IDS = {"FA": "L16.fig4", "DFA": "fig4.dfa", "PFA": "fig4.pfa"}
"""Id of the line in the table of results, by the class of the circuit."""
FIXED = (
    "dataset train_images validation_images test_images selection steps_per_image hidden "
    "hidden_layers outputs tau weight_scale synapses output_error weights test_steps dropout "
    "input_dropout input_noise label_smoothing rotation scaling shear shift elastic"
).split()
"""Settings of the network and the task, which must be the paper's; others may differ."""
SHOWN = ("fig4.png", "learning.png")
"""Pictures shown with the line."""
PAPER = 1.8
"""Error on the test images, in percent (Lillicrap et al. 2016, figure 4)."""


def summarise(simulation: Simulation, settings: Settings) -> dict[str, Any]:
    """Test the trained network, unless it must not be, and return the summary of the run."""
    score = simulation.test() if settings.look_at_test else None
    row, ranks = simulation.history[-1], simulation.network.ranks
    return {
        "experiment": "lillicrap2016.fig4",
        **({} if score is None else {**_errors(score), "test_images": score.images}),
        "train_error_percent": row["train_error_percent"],
        "validation_error_percent": row.get("validation_error_percent"),
        "validation_error_percent_summed": row.get("validation_error_percent_summed"),
        "epochs": len(simulation.history),
        "images_seen": simulation.presentation * settings.batch_size,
        "steps": simulation.step,
        "wall_seconds": round(simulation.wall_seconds, 3),
        "steps_per_second": round(simulation.step / simulation.wall_seconds, 3),
        "alignment_degrees": mean_angles(simulation),
        "seed": settings.seed,
        **({} if ranks is None else {"ranks": ranks.size}),
        **_of_replicas(simulation, score),
        **settings.describe(),
        **provenance(str(simulation.network.device), simulation.backend),
        "backend_reason": simulation.training.backend_reason,
        **({COSTS: simulation.costs.describe()} if settings.costs else {}),
    }


def _errors(score: Score) -> dict[str, float]:
    return {
        "test_error_percent": score.error_percent,
        "test_error_percent_summed": score.error_percent_summed,
    }


def mean_angles(simulation: Simulation) -> dict[str, float]:
    """Return the angles of the network, averaged over its replicas if it has any."""
    each = _angles(simulation)
    return {name: fmean(angles[name] for angles in each) for name in each[0]}


def _angles(simulation: Simulation) -> list[dict[str, float]]:
    return [single.alignment() for single in simulation.network.each()]


def _of_replicas(simulation: Simulation, score: Score | None) -> dict[str, Any]:
    """Return the entries for replicas: standard deviations, and the results of each replica."""
    if not simulation.network.leading:
        return {}
    count, row = len(simulation.seeds), simulation.history[-1]
    spread = {"sd_train_error_percent": row["sd_train_error_percent"]} if count > 1 else {}
    if score is not None and count > 1:
        spread["sd_test_error_percent"] = score.sd
        spread["sd_test_error_percent_summed"] = score.sd_summed
    each = zip(simulation.seeds, simulation.histories, _angles(simulation), strict=True)
    return {
        "n": count,
        **spread,
        "replicas": [
            {
                "seed": seed,
                **({} if score is None else _errors(score.replicas[number])),
                "train_error_percent": history[-1]["train_error_percent"],
                "alignment_degrees": angles,
            }
            for number, (seed, history, angles) in enumerate(each)
        ],
    }


def conclude(
    directory: RunDirectory,
    settings: Settings,
    summary: Mapping[str, Any],
    figures: Sequence[Path],
) -> None:
    """Write the result file if the table of results includes the circuit, and it was tested.

    A run with another network or other images counts as a quick version, which the table does not
    accept.
    """
    circuit = summary["feedback"]["class"].rpartition(".")[2]
    if circuit not in IDS or not settings.look_at_test:
        return
    measures = Measures(settings=settings, **measure(circuit, summary))
    result = result_of(
        id=IDS[circuit],
        experiment="lillicrap2016.fig4",
        quick=not _is_the_papers(settings, summary),
        settings=asdict(settings),
        n=summary.get("n", 1),
        quantities=quantities(measures),
        verdicts=judge_all(CLAIMS, measures),
        figures=[path for path in figures if path.name in SHOWN],
        seconds=summary["wall_seconds"],
    )
    origin = {key: summary[key] for key in provenance(summary["device"], summary["backend"])}
    write_result(directory.path / NAME, result | origin)


def measure(circuit: str, summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values from which quantities and claims are computed."""
    runs = summary.get("replicas", [summary])  # without replicas, the summary is the only run
    return {
        "circuit": circuit,
        "runs": runs,
        "summary": summary,
        "last": [run["test_error_percent"] for run in runs],
        "summed": [run["test_error_percent_summed"] for run in runs],
    }


def quantities(m: Measures) -> list[Quantity]:
    """Return errors, angles and number of epochs; the paper has no values for DFA and PFA."""
    paper = PAPER if m.circuit == "FA" else None
    return [
        Quantity("test error, guess from the steps of an image summed", m.summed, "%", paper),
        Quantity("test error, guess from the last step", m.last, "%", paper),
        *(
            Quantity(
                f"angle between W and B^T, {name}",
                [run["alignment_degrees"][name] for run in m.runs],
                "degrees",
            )
            for name in m.summary["alignment_degrees"]
        ),
        Quantity("epochs", [m.summary["epochs"]]),
    ]


CLAIMS = (
    Claim(
        lambda m: f"an error of {m.settings.reached:g} % on the test images",
        when=lambda m: m.circuit == "FA",
        holds=lambda m: fmean(m.summed) <= m.settings.reached,
        evidence=lambda m: (
            f"{fmean(m.summed):.2f} % if the output's spikes of an image are summed, "
            f"{fmean(m.last):.2f} % from its last step alone, after {m.summary['epochs']} epochs"
        ),
        reason="too few epochs, or another schedule of the learning rate",
    ),
)


def _is_the_papers(settings: Settings, summary: Mapping[str, Any]) -> bool:
    papers = complete(Settings())
    same = all(getattr(settings, name) == getattr(papers, name) for name in FIXED)
    return same and summary["rule"]["class"].endswith(".ThreeFactor")
