"""`make gpu` rehearsed on a CPU: the same command, with tiny networks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spikefa.bench.gpu.parts import PARTS, chosen_parts
from spikefa.bench.gpu.results import read_result
from spikefa.bench.gpu.tests import counted, marked
from tests.helpers.processes import REPOSITORY

DOCS = REPOSITORY / "docs"


def rehearse(folder, *options):
    return subprocess.run(
        [
            *("make", "--silent", "gpu", f"GPU_PYTHON={sys.executable}", "DEVICE=cpu"),
            *(f"OUT={folder}", "BUDGET=10", *options),
        ],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
    )


def files_of_the_docs():
    return {path: path.stat().st_mtime_ns for path in DOCS.rglob("*")}


@pytest.mark.slow
def test_a_step_and_recording_are_rehearsed(tmp_path):
    before = files_of_the_docs()
    run = rehearse(tmp_path, "PARTS=fig4.batch1 recorder")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "2 of 2 parts have passed" in run.stdout
    step = read_result(tmp_path / "fig4.batch1.json")
    assert step.origin.rehearsal
    assert step.measured["batch_size"] == 1
    assert "plain loop" in step.measured["milliseconds"]
    assert files_of_the_docs() == before


@pytest.mark.long  # two minutes of one processor
def test_all_parts_are_rehearsed(tmp_path):
    names = [part.name for part in chosen_parts([]) if part.name != "experiments"]
    names += ["experiments"] * bool(marked("experiments"))
    run = rehearse(tmp_path, f"PARTS={' '.join(names)}")
    results = [read_result(tmp_path / f"{name}.json") for name in names]
    bad = [result for result in results if not result.passed]
    learned = read_result(tmp_path / "FA.json").measured["runs"]
    assert [row["recorded"] for row in learned] == [True, False]
    assert not bad, run.stdout + run.stderr
    assert run.returncode == 0


def test_the_tests_of_a_gpu_are_found_without_collecting_all():
    rooms = {path.relative_to(REPOSITORY / "tests").parts[0] for path in marked("rooms")}
    assert {"backends", "simulation", "recording", "bench"} <= rooms
    assert "experiments" not in rooms
    assert all("experiments" in path.parts for path in marked("experiments"))


def test_a_report_of_pytest_is_counted(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite>"
        '<testcase classname="a" name="good" time="1.5"/>'
        '<testcase classname="a" name="bad" time="0.5"><failure>x</failure></testcase>'
        '<testcase classname="b" name="broken"><error>x</error></testcase>'
        '<testcase classname="b" name="absent"><skipped/></testcase>'
        "</testsuite></testsuites>"
    )
    assert counted(report) == {
        "tests": 4,
        "failed": ["a::bad", "b::broken"],
        "skipped": 1,
        "seconds_of_tests": 2.0,
    }
    assert counted(Path("nowhere.xml"))["tests"] == 0


def test_every_part_that_is_timed_knows_how_to_rehearse(tmp_path):
    for part in PARTS.values():
        command = part.command("cpu", tmp_path / "out.json", None, rehearsal=True)
        assert command[-1] == "--quick"
        assert "--quick" not in part.command("cuda", tmp_path / "out.json", None, rehearsal=False)
