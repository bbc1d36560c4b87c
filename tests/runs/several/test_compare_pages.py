"""The pages of several runs, and ``report`` and ``inspect`` of them."""

import json
import re
import shutil

import pytest

from spikefa.runs.directory import RunDirectory
from spikefa.runs.report.papers import comparison_with_the_paper
from tests.helpers.compared_runs import of
from tests.helpers.html_page import Page, read

PAGE = "comparison.html"


def check_alone(page):
    """The page loads nothing and runs no script."""
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    for name, value in page.attributes:
        assert not name.startswith("on")
        if name in ("src", "href"):
            assert value.startswith("data:image/png;base64,")


def test_the_page_holds_the_table_and_the_curves(runs, shown):
    shown("compare", runs.fa0, runs.fa1, runs.dfa)
    text = (runs.all.parent / PAGE).read_text(encoding="utf-8")
    page = Page(text)
    check_alone(page)
    assert not re.search(r"url\(|@import|https?:", text)
    assert page.tags.count("img") == 1
    table = page.tables[0]
    assert table[0][:2] == ["run", "settings that differ"]
    assert [row[0] for row in table[1:]] == ["fa0", "fa1", "dfa"]
    assert table[3][1] == "validation_images 0, feedback DFA"
    assert page.tables[1][1][:2] == ["as fa0", "fa0, fa1"]
    assert str(runs.fa0) in page.text
    assert of(runs.fa0)["command"] in page.text


def test_hostile_text_is_text(runs, shown):
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    said = of(runs.fa0) | {"command": hostile, "hardware": hostile, "device": hostile}
    (runs.fa0 / "summary.json").write_text(json.dumps(said))
    config = runs.fa0 / "config.yaml"
    config.write_text(config.read_text() + f"{json.dumps(hostile)}: {json.dumps(hostile)}\n")
    shown("compare", runs.fa0, runs.fa1)
    page = read(runs.all.parent / PAGE)
    check_alone(page)
    assert page.text.count(hostile) >= 5


@pytest.mark.slow
def test_one_page_with_the_reports_of_several_runs(runs, shown):
    """With the raster and the paper's numbers."""
    assert shown("report", runs.fa0, runs.study, "--out", "all.html") == ["wrote all.html"]
    page = read(runs.all.parent / "all.html")
    check_alone(page)
    assert page.tags.count("details") == 2
    assert page.tags.count("img") == 1 + 6 + 1
    ids = [value for name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids)) == 6
    assert "run1-raster" in ids
    assert "feedback_scale" in page.text
    assert "Lillicrap, Cownden, Tweed & Akerman 2016, L16.fig4" in page.text
    assert "It reports: 1.8 % error" in page.text
    assert "another network than the paper's" in page.text
    cells = [row for table in page.tables for row in table]
    error = f"{of(runs.fa0)['test_error_percent']:.4g} %"
    assert ["test error, guess from the last step", "1.8 %", error, "1", "no spread"] in cells


def test_a_report_in_the_folder_of_each_run(runs, shown):
    shutil.copytree(runs.study, runs.all / "again")
    names = [runs.study / "report.html", runs.all / "again" / "report.html"]
    for _ in range(2):
        assert shown("report", runs.study, runs.all / "again") == [f"wrote {n}" for n in names]
    assert all("it learns" in read(name).text for name in names)


def test_the_report_of_a_study(runs, shown):
    shown("report", runs.study)
    page = read(runs.study / "report.html")
    cells = [row for table in page.tables for row in table]
    assert ["it learns", "yes", "it did"] in cells
    assert ["it is exact", "no", "2 %. Likely reason: too short"] in cells
    assert ["error", "1.25 %", "3 ± 1 %", "3", "+1.8 sd"] in cells
    assert page.tags.count("img") == 1
    assert "No epoch has finished" not in page.text
    (runs.study / "figures" / "fig2.png").write_bytes(b"<svg onload=alert(1)>")
    shown("report", runs.study)
    page = read(runs.study / "report.html")
    assert "Not shown: " in page.text
    assert "is no picture (PNG)" in page.text


def test_a_run_without_a_result_has_the_papers_all_the_same(runs):
    (runs.fa0 / "result.json").unlink()
    text = comparison_with_the_paper(RunDirectory(runs.fa0))
    assert "It reports: 1.8 % error" in text
    assert "This run has no result yet" in text
    (runs.fa1 / "result.json").write_text("{}")
    assert "result.json is a result file of version None" in comparison_with_the_paper(
        RunDirectory(runs.fa1)
    )
    config = runs.dfa / "config.yaml"
    config.write_text(config.read_text().replace("lillicrap2016.fig4", "mine.own"))
    assert comparison_with_the_paper(RunDirectory(runs.dfa)) == ""


def test_inspect_prints_a_block_for_each(runs, shown):
    lines = shown("inspect", runs.all)
    assert [line for line in lines if line.startswith("run of ")] == [
        f"run of {of(path)['experiment']} in {path}" for path in sorted(runs.all.iterdir())
    ]
    lines = shown("inspect", runs.fa0 / "recording.h5", runs.dfa)
    assert "hidden1" in "\n".join(lines)
    assert f"run of lillicrap2016.fig4 in {runs.dfa}" in lines
