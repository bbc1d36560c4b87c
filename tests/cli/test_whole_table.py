"""``spikefa run TABLE --all``: every cell that is missing, and none twice."""

import os

import pytest

from spikefa.cli import main
from spikefa.experiments.strategies import t4
from spikefa.runs.studies.file import read_result

TABLE = "run", "strategies.t4", "--figures", "false"
SMALL = "--dataset digits --width 4 --epochs 1 --train-images 100".split()


def times(run):
    """Return when each of its cells was written."""
    return {each.name: os.stat(each).st_mtime_ns for each in (run / "repeats").iterdir()}


@pytest.mark.slow
def test_the_cells_that_are_missing_are_run_with_the_settings_of_the_folder(tmp_path):
    run = tmp_path / "table"
    assert main([*TABLE, *SMALL, "--cells", "FA-B1,DFA-B2", "--out", str(run)]) == 0
    before = times(run)
    assert main([*TABLE, "--all", "--out", str(run)]) == 0
    after = times(run)
    assert len(after) == len(t4.EXPERIMENT.cells) > len(before) == 2
    assert before.items() <= after.items()
    result = read_result(run / "result.json")
    assert (result["settings"]["width"], result["settings"]["cells"]) == (4, "all")

    assert main([*TABLE, "--all", f"--out={run}"]) == 0
    assert times(run) == after


@pytest.mark.slow
def test_it_begins_a_table_and_finds_it_again_in_its_default_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*TABLE, *SMALL, "--all"]) == 0
    begun = times(tmp_path / "runs" / "strategies.t4")
    assert len(begun) == len(t4.EXPERIMENT.cells)
    assert main([*TABLE, "--all", "--repeats", "2"]) == 0
    both = times(tmp_path / "runs" / "strategies.t4")
    assert len(both) == 2 * len(begun)
    assert begun.items() <= both.items()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("strategies.t4 --all --cells FA-B1", "--all runs all cells and resumes the run in --out"),
        ("strategies.t4 --all --resume there", "leave out --resume"),
        ("strategies.t4 --all --sweep epochs=1,2", "--all and --sweep do not go together"),
        ("lillicrap2016.fig2 --all", "there is no option --all"),
    ],
)
def test_what_does_not_go_with_it_is_refused(arguments, told, capsys):
    assert main(["run", *arguments.split()]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert "did you mean '--all'" not in said
