"""The notebook runs from top to bottom, and each of its cells a second time."""

import pytest

from tests.helpers.processes import REPOSITORY, environment

pytestmark = pytest.mark.slow

nbclient = pytest.importorskip("nbclient", reason="the extra docs is not installed")
nbformat = pytest.importorskip("nbformat")

NOTEBOOK = REPOSITORY / "docs" / "notebooks" / "first-steps.ipynb"


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook with each cell of code twice, executed in an empty folder."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells = [nbformat.v4.new_code_cell(cell.source) for cell in code for _ in range(2)]
    folder = tmp_path_factory.mktemp("notebook")
    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(folder)}}
    )
    client.execute(env=environment())
    return notebook.cells


def texts(cell):
    return "".join(output.get("text", "") for output in cell.outputs)


def outputs_of(cells):
    return [output for cell in cells for output in cell.outputs]


def is_html(output):
    return "text/html" in output.get("data", {})


def pictures(cell):
    return [output for output in cell.outputs if "image/png" in output.get("data", {})]


def test_the_network_learns_and_so_does_the_own_rule(executed):
    errors = [
        float(line.split("last step, ")[1].split(" %")[0])
        for line in texts(executed[-1]).splitlines()
        if "last step, " in line  # and not the progress
    ]
    assert len(errors) == 2
    assert max(errors) < 40  # 90 is chance


def test_the_curve_and_the_raster_are_drawn_each_time(executed):
    drawn = [len(pictures(cell)) for cell in executed]
    assert sum(drawn) == 4
    assert drawn[::2] == drawn[1::2]


def test_a_simulation_shows_itself(executed):
    shown = [output["data"]["text/html"] for output in outputs_of(executed) if is_html(output)]
    assert len(shown) == 2
    assert all("hidden2" in html and "FA" in html for html in shown)


def test_no_cell_warns(executed):
    """Bars of progress may stand there, and nothing else."""
    errors = "".join(out["text"] for out in outputs_of(executed) if out.get("name") == "stderr")
    assert "arning" not in errors
    assert "rror:" not in errors


def test_the_notebook_is_stored_without_outputs():
    stored = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(stored)
    for cell in stored.cells:
        assert not cell.get("outputs")
        assert not cell.get("execution_count")
