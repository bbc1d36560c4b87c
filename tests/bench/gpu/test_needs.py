"""What is missing is said in one line before anything starts, from a checkout as it is."""

import os
import subprocess
import sys

import pytest

from spikefa.bench.gpu import needs
from spikefa.bench.gpu.__main__ import main
from spikefa.errors import SpikefaError
from tests.helpers.processes import REPOSITORY


def bare(*arguments, **environment):
    """Run Python without any installed package, in the root of the repository."""
    return subprocess.run(
        [sys.executable, "-S", *arguments],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("environment", [{}, {"PYTHONSAFEPATH": "1", "PYTHONPATH": "."}])
def test_everything_that_is_missing_is_said_in_one_line(environment):
    run = bare("-m", "spikefa.bench.gpu", **environment)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith("spikefa: missing: torch, triton, numpy, ")
    for name in ("snntorch", "docstring-parser", "typeshed-client", "rich", "pytest"):
        assert name in run.stderr
    assert "PYTHONPATH=FOLDER make gpu" in run.stderr


def test_make_lets_python_find_the_checkout(tmp_path):
    """Also where Python does not look into the working directory, and with a folder of wheels."""
    made = subprocess.run(
        ["make", "-n", "-p", "gpu", "PARTS=tests fig4", "CONTINUE=1", "COMMIT=abc"],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": "/wheels"},
        capture_output=True,
        text=True,
    )
    command = next(line for line in made.stdout.splitlines() if "-m spikefa.bench.gpu" in line)
    for option in ("--device cuda", '--parts "tests fig4"', "--continue", "--commit abc"):
        assert option in command
    assert f"PYTHONPATH := {REPOSITORY}" in made.stdout.replace("$(CURDIR)", str(REPOSITORY))


def test_links_that_were_lost_are_named(monkeypatch):
    monkeypatch.setattr(
        needs, "find_spec", lambda name: None if name == "spikefa.models" else "found"
    )
    with pytest.raises(SpikefaError, match="lost its links: in the folder spikefa, link models"):
        needs.require_all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--parts", "fig5"], "no part is called 'fig5': there is tests, fig4.batch1"),
        (["--device", "cpu", "--out", "docs/benchmarks/gpu"], "a rehearsal has no place"),
        (["--device", "cpu", "--budget", "0"], "must be above 0, 0.0 given"),
        (["--device", "cuda"], "no CUDA device on this machine"),
    ],
)
def test_mistakes_are_refused_in_one_line(arguments, said, capsys, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.chdir(REPOSITORY)
    assert main(arguments) == 2
    line = capsys.readouterr().err
    assert said in line
    assert line.count("\n") == 1
