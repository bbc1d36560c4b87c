"""Code is told before it runs, and code that only a file names runs after a consent alone."""

import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from spikefa.cli import main
from spikefa.plugins.classes import SEAMS
from spikefa.plugins.named_code import Code, code_in
from spikefa.plugins.trust import NAME, check_trusted, seal
from tests.helpers.small_run import RESUME, SMALL

FIG4 = SMALL[:2]
TELLTALE = """
import builtins, sys
print("IMPORTED")
import spikefa as sf
class Örtlich(sf.ThreeFactor):
    pass
class Plain(Örtlich):
    class Inner(sf.ThreeFactor):
        pass
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The present folder, in which files may be named, and from which modules are imported."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in ("mine", "méine", "pack", "pack.deep"):
        sys.modules.pop(name, None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("mine.py", "mine.py"),
        ("mine.py", "mine.py:Plain"),
        ("mine.py", "mine.py:Örtlich"),
        ("mine.py", "mine.py:Plain.Inner"),
        ("mine.py", "mine.Plain"),
        ("mine.py", "mine:Plain"),
        ("mine.py", "./mine.py:"),
        ("mi\nne.py", "mi\nne.py:Plain"),
        ("mi\x1b[2Jne.py", "mi\x1b[2Jne.py:Plain"),
        ("méine.py", "méine.Plain"),
        ("spikefa.x.py", "spikefa.x.py:Plain"),
        ("spikefa.py", "spikefa.py"),
        ("spikefa.errors.py", "spikefa.errors.py"),
        ("spikefa.d/mine.py", "spikefa.d/mine.py:Plain"),
        ("pack/__init__.py", "pack.Plain"),
        ("pack/__init__.py", "pack:Plain"),
        ("pack/deep.py", "pack.deep.Plain"),
        ("pack/__init__.py", "pack/__init__.py:Plain"),
    ],
)
@pytest.mark.parametrize("way", ["option", "equals", "config", "help"])
def test_code_is_told_before_it_runs(file, name, way, folder, capsys):
    """In every way to name it; whether it is a rule in the end does not matter."""
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(TELLTALE, encoding="utf-8")
    Path("c.yaml").write_text(yaml.safe_dump({"rule": {"class": name}}), encoding="utf-8")
    words = {
        "option": ["--rule", name],
        "equals": [f"--rule={name}"],
        "config": ["--config", "c.yaml", "--trust"],
        "help": ["--rule", name, "--help"],
    }[way]
    main([*SMALL, "--out", "c.yaml", *words])  # which is no folder, so the run ends there
    lines = capsys.readouterr().out.splitlines()
    told = [line for line in lines if line.startswith("running ")]
    assert told, lines
    assert "\x1b" not in told[0]
    if "IMPORTED" in lines:
        assert lines.index(told[0]) < lines.index("IMPORTED")


def test_what_is_told_of_arguments():
    """Text that could name a function or a class, however it is wrapped."""
    told = {
        "own.function": True,
        "ünique.function": True,
        '{"class_path": "own.Class"}': True,
        "spikefa.utils.angles.angle": False,
        "spikefa.nowhere.function": True,
        "0.5": False,
        "identity": False,
    }
    for value, expected in told.items():
        for given in (value, [1, value]):
            choices = {"feedback": {"class": "FA", "x": given}}
            found = code_in(choices, {"feedback": SEAMS["feedback"]})
            assert bool(found) == expected, value
    assert not code_in({"rule": {"class": "spikefa.plasticity.ThreeFactor"}}, SEAMS)
    assert not code_in({"rule": {"class": "NoSuchRule"}}, SEAMS)


@pytest.fixture
def mine(folder):
    """A run with a rule of one's own."""
    Path("mine.py").write_text(TELLTALE, encoding="utf-8")
    arguments = ["--rule", "mine.py:Plain", "--record", "false", "--out", "one"]
    assert main([*SMALL, "--epochs", "1", *arguments]) == 0
    return folder


@pytest.mark.slow
def test_own_runs_are_resumed_and_those_of_others_are_not(mine, said, capsys, monkeypatch):
    assert main([*RESUME, "one", "--epochs", "2"]) == 0
    monkeypatch.setenv("XDG_STATE_HOME", str(mine / "another user"))
    capsys.readouterr()
    refused = said(*FIG4, "--resume", "one", "--epochs", "3")
    assert "mine.py:Plain, which one/config.yaml names as --rule, was not run here" in refused
    assert "--trust" in refused
    said(*FIG4, "--config", "one/config.yaml", "--out", "two")
    assert main([*RESUME, "one", "--epochs", "3", "--rule", "mine.py:Plain"]) == 0
    assert main([*RESUME, "one", "--epochs", "4"]) == 0, "it was run here by now"


@pytest.mark.slow
def test_changed_code_is_refused_in_one_line(mine, said):
    Path("mine.py").write_text(TELLTALE + "\n# changed\n", encoding="utf-8")
    refused = said(*FIG4, "--resume", "one", "--epochs", "2")
    assert "has changed since" in refused
    assert "has changed since" in said(*FIG4, "--config", "one/config.yaml", "--out", "two")
    remedy = refused.split("start a new run with ")[1].split()
    assert main([*FIG4, "--figures", "false", *remedy]) == 0
    assert main([*RESUME, "FOLDER", "--epochs", "2"]) == 0
    Path("mine.py").write_text(TELLTALE, encoding="utf-8")
    assert main([*RESUME, "one", "--epochs", "2"]) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "content", ["", "[]", '{"code": 1}', '{"code": {}, "seal": 3}', "{" * 5000]
)
def test_a_seal_that_somebody_made_up(content, mine, said):
    sealed = json.loads(Path("one", NAME).read_text())
    Path("one", NAME).write_text(content or json.dumps({**sealed, "seal": "0" * 64}))
    assert "was not run here" in said(*FIG4, "--resume", "one", "--epochs", "2")


def test_the_seal_is_of_one_file(tmp_path):
    """Neither another file, nor the same one elsewhere, nor more than was run."""
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(name)
    code = [Code("rule", f"{tmp_path / name}:X") for name in ("a.py", "b.py")]
    seal(code[:1], tmp_path)
    check_trusted(code[:1], tmp_path / "config.yaml", (), trust=False)
    with pytest.raises(Exception, match=r"b\.py"):
        check_trusted(code, tmp_path / "config.yaml", (), trust=False)


@pytest.mark.parametrize("option", ["trust: true", "resume: one", "config: c.yaml"])
def test_a_configuration_cannot_give_consent(option, folder, said):
    Path("c.yaml").write_text(f"rule: {{class: mine.py:Plain}}\n{option}\n")
    assert "only the command line" in said(*SMALL, "--config", "c.yaml")


@pytest.mark.slow
def test_looking_runs_no_code(mine, capsys):
    shutil.rmtree("one/figures")
    Path("one/figures").mkdir()
    Path("mine.py").write_text("open('pwned', 'w')\nraise SystemExit(7)")
    for command in ("inspect", "figure", "report", "raster"):
        assert main([command, "one"]) in (0, 2)
    assert main(["results", "--add", "one", "--folder", "results"]) == 2
    assert not Path("pwned").exists()
