"""Figure 4's run has its line in the table of results, if it is of the paper's network."""

from dataclasses import replace

import pytest

import spikefa as sf
from spikefa.experiments.lillicrap2016 import fig4
from spikefa.experiments.lillicrap2016._fig4_result import conclude
from spikefa.runs.directory import RunDirectory
from spikefa.runs.provenance import provenance
from spikefa.runs.studies.file import NAME, read_result
from spikefa.runs.studies.page import add_run, build_page


def concluded(folder, circuit="FA", summed=1.73, **others):
    """The result of a run that is told to have ended so."""
    settings = fig4.complete(replace(fig4.Settings(), feedback={"class": circuit}, **others))
    directory = RunDirectory.create(folder)
    figures = [directory.figures / name for name in ("alignment.png", "fig4.png", "learning.png")]
    directory.figures.mkdir(exist_ok=True)
    for path in figures:
        path.write_bytes(b"a picture")
    summary = {
        "test_error_percent": 2.04,
        "test_error_percent_summed": summed,
        "alignment_degrees": {"hidden2": 87.5},
        "epochs": 20,
        "wall_seconds": 3000.0,
        **settings.describe(),
        **provenance("cpu"),
    }
    conclude(directory, settings, summary, figures)
    return directory.path


@pytest.mark.parametrize(("summed", "holds"), [(1.73, True), (1.8, True), (1.81, False)])
def test_the_claim_is_the_papers_error(tmp_path, summed, holds):
    result = read_result(concluded(tmp_path / "run", summed=summed) / NAME)
    assert (result["id"], result["quick"]) == ("L16.fig4", False)
    assert [claim["holds"] for claim in result["claims"]] == [holds]
    assert f"{summed:.2f} %" in result["claims"][0]["evidence"]
    assert [quantity["paper"] for quantity in result["quantities"][:2]] == [1.8, 1.8]
    assert result["figures"] == ["fig4.png", "learning.png"]


@pytest.mark.parametrize("circuit", ["DFA", "PFA"])
def test_other_circuits_have_lines_of_their_own(tmp_path, circuit):
    folder = tmp_path / "results"
    folder.mkdir()
    add_run(concluded(tmp_path / "fa"), folder)
    added = add_run(concluded(tmp_path / "other", circuit, summed=1.9), folder)
    assert added.name == f"lillicrap2016.fig4.{circuit.lower()}"
    page = build_page(folder)
    assert f"`spikefa run lillicrap2016.fig4 --feedback {circuit}`" in page
    assert f"| [1.9 %](#fig4{circuit.lower()}) | 1 | 50 min |" in page
    assert "| [1 of 1 claims hold](#l16fig4) |" in page


@pytest.mark.parametrize(
    "others", [{"hidden": 300}, {"validation_images": 5000}, {"train_images": 1000}]
)
def test_another_network_is_not_listed(tmp_path, others):
    run = concluded(tmp_path / "run", **others)
    with pytest.raises(sf.SpikefaError, match="quick"):
        add_run(run, tmp_path / "results")


def test_a_circuit_that_the_table_lacks_writes_no_result(tmp_path):
    assert not (concluded(tmp_path / "run", "KP") / NAME).exists()
