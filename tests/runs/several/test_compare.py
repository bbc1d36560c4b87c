"""``spikefa compare``, ``report`` and ``inspect`` of several runs: texts, pages and pictures."""

import json
import re
import shutil
import statistics
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from spikefa.analysis.compared_curves import Curves, compared_curves
from spikefa.cli import main
from spikefa.errors import SpikefaError
from spikefa.runs.directory import RunDirectory
from spikefa.runs.report.papers import comparison_with_the_paper
from spikefa.runs.several.comparing import table_of
from spikefa.runs.several.figure import curves_figure
from spikefa.runs.several.finding import find_runs
from spikefa.runs.several.groups import grouped
from spikefa.runs.several.stored import read_runs
from tests.helpers.readable import check_readable

PAGE, PICTURE = "comparison.html", "comparison.png"
NO_ERROR = "the runs hold no error of an epoch to draw"


class Page(HTMLParser):
    """Collects the tables, the tags and the texts; checks that elements nest."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.tables, self.text = [], [], [], [], ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in ("meta", "img"):
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("th", "td"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if {"th", "td"} & set(self.open):
            self.tables[-1][-1][-1] += data


def read(path):
    return Page(path.read_text(encoding="utf-8"))


def figure_of(*paths):
    return curves_figure(grouped(read_runs(find_runs(paths)))[0])


def table(*paths):
    """Return the lines of the table, without drawing anything."""
    return table_of(read_runs(find_runs(map(Path, paths)))).splitlines()


def of(path):
    return json.loads((path / "summary.json").read_text())


def test_the_table_has_a_line_for_each_run(runs, shown):
    lines = shown("compare", runs.fa0, runs.fa1, runs.dfa)
    head = re.split(r"  +", lines[0])
    rows = {
        line.split()[0]: dict(zip(head, re.split(r"  +", line), strict=True)) for line in lines[1:3]
    }
    for name in ("fa0", "fa1"):
        said = of(getattr(runs, name))
        row = rows[name]
        assert row["seed"] == str(said["seed"])
        assert row["epochs"] == "2"
        assert row["training %"] == f"{said['train_error_percent']:.2f}"
        assert row["validation %"] == f"{said['validation_error_percent']:.2f}"
        assert row["test %"] == f"{said['test_error_percent']:.2f}"
        assert row["test % (summed)"] == f"{said['test_error_percent_summed']:.2f}"
        assert row["seconds"] == f"{said['wall_seconds']:.1f}"
        assert row["device"] == "cpu"
        assert row["commit"].rstrip("+") == said["git_commit"][:10]
        assert row["settings that differ"] == "validation_images 30, feedback FA"
    assert lines[3].endswith("validation_images 0, feedback DFA")
    assert lines[-2:] == [f"wrote {PAGE}", f"wrote {PICTURE}"]


def test_runs_that_differ_in_the_seed_have_mean_and_spread(runs):
    lines = table(runs.fa0, runs.fa1, runs.dfa)
    (mean,) = [line for line in lines if line.endswith("fa0, fa1")]
    tests = [of(path)["test_error_percent"] for path in (runs.fa0, runs.fa1)]
    assert f"{statistics.fmean(tests):.2f} ± {statistics.stdev(tests):.2f}" in mean
    assert mean.startswith("as fa0 ")
    assert " 2 " in mean


def test_replicas_count_as_runs(runs):
    lines = table(runs.three, runs.dfa)
    said = of(runs.three)
    spread = f"{said['test_error_percent']:.2f} ± {said['sd_test_error_percent']:.2f}"
    assert spread in next(line for line in lines if line.startswith("three"))
    assert "0, 1, 2" in next(line for line in lines if line.startswith("three"))


def test_where_a_run_was_made_does_not_part_it_from_others(runs):
    """Nor does what was recorded of it: fa0 was recorded, fa1 was not."""
    config = runs.fa1 / "config.yaml"
    config.write_text(config.read_text().replace("device: cpu", "device: auto"))
    assert any(line.endswith("fa0, fa1") for line in table(runs.fa0, runs.fa1))


def test_a_seed_that_comes_twice_is_not_averaged(runs, shown):
    shutil.copytree(runs.fa0, runs.all / "copy")
    lines = shown("compare", runs.fa0, runs.fa1, runs.all / "copy")
    assert "fa0 and copy have the same settings and seed 0: they are not averaged" in lines
    assert "±" not in "".join(lines)
    assert "they are not averaged" in read(runs.all.parent / PAGE).text


def test_a_run_under_way_says_how_far_it_is(runs):
    (runs.fa0 / "summary.json").unlink()
    lines = table(runs.fa0, runs.fa1, runs.dfa)
    row = next(line for line in lines if line.startswith("fa0"))
    assert "2 of 2" in row
    last = pd.read_csv(runs.fa0 / "metrics.csv").iloc[-1]
    assert f"{last.validation_error_percent:.2f}" in row
    assert "±" not in "".join(lines), "results of runs that have not finished are no results"
    (runs.fa1 / "summary.json").unlink()
    (runs.fa1 / "metrics.csv").unlink()
    assert "0 of 2" in table(runs.fa1, runs.dfa)[1]


def test_other_experiments_and_studies(runs, shown):
    lines = shown("compare", runs.fa0, runs.study)
    assert "lillicrap2016.fig4" in lines[1]
    assert "lillicrap2016.fig2" in lines[2]
    assert "1 of 2 claims hold, n = 3" in lines[2]
    assert "settings that differ" not in lines[0]
    page = read(runs.all.parent / PAGE)
    assert ["quantity", "paper", "study"] in [table[0] for table in page.tables]
    assert ["error", "1.25 %", "3 ± 1 %"] in [row for table in page.tables for row in table]
    guess = "test error, guess from the last step"
    (row,) = [row for table in page.tables for row in table if row[0] == guess]
    assert row[1:] == ["1.8 %", f"{of(runs.fa0)['test_error_percent']:.4g} %"]
    assert "other networks than the paper's: fa0." in page.text


def test_studies_alone_have_no_picture(runs, capsys):
    shutil.copytree(runs.study, runs.all / "again")
    assert main(["compare", str(runs.study), str(runs.all / "again")]) == 0
    said = capsys.readouterr()
    assert f"wrote {PAGE}" in said.out
    assert PICTURE not in said.out
    assert "study and again have the same settings: they are not averaged" in said.out
    assert said.err == f"spikefa: warning: {PICTURE} is left out: {NO_ERROR}\n"
    assert not (runs.all.parent / PICTURE).exists()
    assert "img" not in read(runs.all.parent / PAGE).tags


def test_a_folder_of_runs_stands_for_those_in_it(runs):
    (runs.all / "notes.txt").write_text("mine")
    (runs.all / "no run").mkdir()
    lines = table(runs.all)
    assert [line.split()[0] for line in lines[1:6]] == ["dfa", "fa0", "fa1", "study", "three"]


def test_the_table_alone_writes_nothing(runs, shown):
    assert shown("compare", runs.all, "--table") == table(runs.all)
    assert len(shown("compare", runs.fa0, "--table")) == 2
    assert [file.name for file in runs.all.parent.iterdir()] == ["runs"]


def test_names_that_two_runs_have_are_their_paths(runs):
    other = runs.all.parent / "other"
    shutil.copytree(runs.fa1, other / "fa0")
    lines = table("runs/fa0", "other/fa0")
    assert [line.split()[0] for line in lines[1:3]] == ["runs/fa0", "other/fa0"]


# -- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("runs/fa0", "one run alone, runs/fa0, cannot be compared: give two or more"),
        ("runs/fa0 runs/fa0", "runs/fa0 is given twice"),
        ("runs runs/fa0", "runs/fa0 is given twice"),
        ("runs/fa0 link", "link is given twice, the other time as runs/fa0: give each run once"),
        ("runs/fa0 absent", "absent is no run: it does not exist; give the folder of a run"),
        ("runs/fa0 runs/fa0/metrics.csv", "metrics.csv is no run: it is a file"),
        ("runs/fa0 runs/fa0/figures", "figures holds no run: there is no config.yaml in it"),
        ("runs --out page.txt", "cannot write the page to page.txt: end the name in .html"),
        ("runs --out absent/page.html", "cannot write absent/page.html"),
        ("", "the following arguments are required: RUN"),
    ],
)
def test_what_cannot_be_compared(runs, said, given, message):
    (runs.all.parent / "link").symlink_to(runs.fa0)
    assert message in said("compare", *given.split())
    assert not (runs.all.parent / PAGE).exists()


@pytest.mark.parametrize("file", ["config.yaml", "metrics.csv", "summary.json", "result.json"])
@pytest.mark.parametrize("command", ["compare", "report"])
def test_a_damaged_file_is_named(runs, said, command, file):
    (runs.fa0 / file).write_text("\x00{ damaged")
    out = ["--out", runs.all.parent / "out.html"]
    assert f"fa0/{file}" in said(command, runs.fa0, runs.fa1, *out)


@pytest.mark.parametrize("file", [PAGE, PICTURE])
def test_no_file_is_replaced_silently(runs, said, shown, file):
    (runs.all.parent / file).write_text("mine")
    assert f"{file} exists" in said("compare", runs.fa0, runs.fa1)
    assert (runs.all.parent / file).read_text() == "mine"
    assert not (runs.all.parent / (PAGE if file == PICTURE else PICTURE)).exists()
    shown("compare", runs.fa0, runs.fa1, "--force")
    assert (runs.all.parent / PICTURE).read_bytes().startswith(b"\x89PNG")
    assert (runs.all.parent / PAGE).read_text().startswith("<!DOCTYPE html>")


def test_where_the_files_go(runs, shown):
    (runs.all.parent / "folder").mkdir()
    for out, stem in (("mine.html", "mine"), ("folder", "folder/comparison")):
        lines = shown("compare", runs.fa0, runs.fa1, "--out", out)
        assert lines[-2:] == [f"wrote {stem}.html", f"wrote {stem}.png"]


# -- the picture -----------------------------------------------------------------------------------


def test_numbers_that_nobody_can_compute_with_are_left_out(runs):
    """Their squares are no numbers: Python raises an error."""
    text = (runs.three / "summary.json").read_text()
    (runs.three / "summary.json").write_text(
        re.sub(r'("test_error_percent(_summed)?"): [\d.]+', r"\1: 1e308", text)
    )
    (row,) = [line for line in table(runs.three, runs.dfa) if line.startswith("three  ")][:1]
    assert "1e" not in row
    assert len(figure_of(runs.three, runs.dfa).axes) == 2


def test_every_panel_says_which_error_it_shows(runs):
    figure = figure_of(runs.fa0, runs.fa1, runs.dfa)
    validation, training, test = figure.axes
    assert validation.get_title(loc="left") == "validation error"
    assert training.get_title(loc="left") == "training error"
    assert test.get_title(loc="left") == "test error after training"
    assert validation.get_ylabel() == "error, guess from the last step (%)"
    assert validation.get_xlabel() == training.get_xlabel() == "images seen"
    assert validation.get_ylim() == training.get_ylim() == test.get_ylim()
    assert [text.get_text() for text in figure.legends[0].texts] == ["as fa0 (n = 2)", "dfa"]


def test_the_lines_are_the_runs_and_their_mean(runs):
    validation, training, test = figure_of(runs.fa0, runs.fa1, runs.dfa).axes
    rows = [pd.read_csv(path / "metrics.csv") for path in (runs.fa0, runs.fa1, runs.dfa)]
    for axes, name in ((validation, "validation"), (training, "train")):
        errors = [row.get(f"{name}_error_percent", rows[0].images) for row in rows]
        images = rows[0].images.to_numpy()
        wanted = [errors[0], errors[1], (errors[0] + errors[1]) / 2]
        drawn = [line.get_xydata() for line in axes.lines if len(line.get_xydata())]
        for line, expected in zip(drawn, wanted, strict=False):
            np.testing.assert_allclose(line, np.stack([images, expected], axis=1), rtol=1e-6)
        (band,) = axes.collections
        edges = band.get_paths()[0].vertices[:, 1]
        sd = np.std(errors[:2], axis=0, ddof=1)
        assert edges.max() == pytest.approx((wanted[2] + sd).max())
        assert len(drawn) == (4 if name == "train" else 3), "dfa has no validation images"
        assert len({line.get_color() for line in axes.lines if len(line.get_xydata())}) == (
            2 if name == "train" else 1
        )
    dots = [line.get_ydata().tolist() for line in test.lines if line.get_marker() == "o"]
    assert dots == [
        [of(path)["test_error_percent"] for path in group]
        for group in ((runs.fa0, runs.fa1), (runs.dfa,))
    ]


def test_runs_of_other_lengths_have_a_mean_as_far_as_all_go(runs):
    lines = (runs.fa1 / "metrics.csv").read_text().splitlines()
    (runs.fa1 / "metrics.csv").write_text("\n".join(lines[:2]) + "\n")
    (runs.fa1 / "summary.json").unlink()
    validation = figure_of(runs.fa0, runs.fa1).axes[0]
    lengths = [len(line.get_xydata()) for line in validation.lines if len(line.get_xydata())]
    assert lengths == [2, 1, 1]


@pytest.mark.parametrize("names", ["fa0 fa1 dfa three", "fa0 dfa", "three dfa"])
def test_the_picture_can_be_read(runs, names):
    check_readable(figure_of(*(runs.all / name for name in names.split())))


def test_many_and_long_names_can_be_read():
    rows = [{"images": "1000", "train_error_percent": "50"}]
    for number, length in ((28, 12), (5, 400)):
        names = [f"{k:02}{'x' * length}" for k in range(number)]
        figure = compared_curves([Curves(label=name, runs=[rows]) for name in names])
        check_readable(figure)
        looks = {(line.get_color(), line.get_linestyle()) for line in figure.axes[0].lines}
        assert len(looks) == number
    with pytest.raises(SpikefaError, match="29 curves cannot be told apart"):
        compared_curves([Curves(label=f"{k}", runs=[rows]) for k in range(29)])


def test_errors_of_several_sizes_are_on_a_logarithmic_axis():
    rows = [{"images": f"{k}000", "train_error_percent": f"{90 / k**2}"} for k in range(1, 6)]
    figure = compared_curves([Curves(label="one", runs=[rows])])
    assert figure.axes[0].get_yscale() == "log"
    check_readable(figure)


# -- pages -----------------------------------------------------------------------------------------


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
