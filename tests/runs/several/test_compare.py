"""``spikefa compare``: the table of several runs, and what is refused."""

import re
import shutil
import statistics

import pandas as pd
import pytest

from spikefa.cli import main
from tests.helpers.compared_runs import of, table
from tests.helpers.html_page import read

PAGE, PICTURE = "comparison.html", "comparison.png"
NO_ERROR = "the runs hold no error of an epoch to draw"


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
