"""Result files of somebody else: what they name is not copied, printed or run."""

import json

import pytest

from spikefa.cli import main
from spikefa.runs.studies.file import NAME, checksum
from spikefa.runs.studies.page import build_page
from tests.helpers.processes import REPOSITORY

STORED = REPOSITORY / "docs" / "results"


@pytest.fixture
def run(tmp_path):
    """A run whose result says something else, with the right checksum; what is given changes it."""

    def make(result="lillicrap2016.s10", **changed):
        content = json.loads((STORED / result / NAME).read_text()) | changed
        folder = tmp_path / "run"
        (folder / "figures").mkdir(parents=True)
        for figure in content["figures"]:
            if str(figure).endswith(".png"):
                (folder / "figures" / figure).write_bytes(b"a picture")
        content["checksum"] = checksum(content)
        (folder / NAME).write_text(json.dumps(content))
        (tmp_path / "results").mkdir()
        return folder

    return make


def add(folder):
    return main(["results", "--add", str(folder), "--folder", str(folder.parent / "results")])


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../result.json", "../../x", "..", "", 7, "\x1b[2J"]
)
def test_a_figure_elsewhere_is_not_copied(name, run, said):
    folder = run(figures=[name])
    line = said("results", "--add", folder, "--folder", folder.parent / "results")
    assert "give a name without a folder" in line
    assert line.rstrip("\n").isprintable()
    assert not list((folder.parent / "results").iterdir())


def test_a_link_is_not_copied(run, said):
    folder = run()
    (figure,) = (folder / "figures").iterdir()
    figure.unlink()
    figure.symlink_to("/etc/passwd")
    assert "no file in" in said("results", "--add", folder, "--folder", folder.parent / "results")


def test_a_sound_result_is_copied(run):
    folder = run()
    assert add(folder) == 0
    copied = sorted(
        each.name for each in (folder.parent / "results").rglob("*.*") if each.is_file()
    )
    assert copied == sorted([NAME, *(each.name for each in (folder / "figures").iterdir())])


def test_a_rule_that_a_result_names_is_not_run(run, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.py").write_text("open('pwned', 'w')\nclass X: pass\n")
    stored = json.loads((STORED / "lillicrap2016.fig4" / NAME).read_text())
    choice = {"class": "evil.py:X"}
    folder = run("lillicrap2016.fig4", settings={**stored["settings"], "rule": choice}, quick=False)
    said("results", "--add", folder, "--folder", tmp_path / "results")
    assert not (tmp_path / "pwned").exists()


def test_text_of_a_result_begins_no_element(run):
    hostile = "<img src=x onerror=alert(1)>\x1b[2J\u202e|\n# head"
    folder = run(
        hardware=hostile,
        claims=[dict.fromkeys(("text", "evidence", "reason"), hostile) | {"holds": False}],
    )
    assert add(folder) == 0
    page = build_page(folder.parent / "results")
    assert "<img" not in page
    assert not set("\x1b\u202e") & set(page)
    assert "\n# head" not in page


@pytest.mark.parametrize(
    "changed",
    [
        {"claims": [1]},
        {"claims": [{"text": "x"}]},
        {"quantities": [{}]},
        {"quantities": [None]},
        {"figures": "abc"},
        {"computed_by": 3},
        {"n": "many"},
        {"settings": []},
        {"id": []},
    ],
)
def test_results_that_lack_something(changed, run, said):
    folder = run(**changed)
    said("results", "--add", folder, "--folder", folder.parent / "results")
