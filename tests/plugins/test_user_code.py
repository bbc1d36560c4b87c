"""Errors in code of the user: file and line, one line on the command line, chained in Python."""

import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType

import pytest

import spikefa as sf
from spikefa.cli import main
from spikefa.plugins.classes import SEAMS, load_class
from spikefa.plugins.user_code import where
from tests.helpers.small_run import SMALLER

HEAD = "import torch\nimport spikefa as sf\n"


def rule(body, init="pass"):
    """Return the source of a rule whose `update` has this body; it begins in line 8."""
    return (
        f"{HEAD}\nclass Mine(sf.PlasticityRule):\n"
        f"    def __init__(self, **kwargs):\n        super().__init__(**kwargs); {init}\n"
        f"    def update(self, pre, post, modulator, state):\n{textwrap.indent(body, ' ' * 8)}\n"
    )


def circuit(method):
    return f"{HEAD}\nclass Mine(sf.FA):\n{textwrap.indent(method, ' ' * 4)}\n"


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text):
        (tmp_path / "mine.py").write_text(text)
        return tmp_path / "mine.py"

    return write


RULES = [
    ("return 1 / 0", 8, "ZeroDivisionError: division by zero"),
    ("return sf.Outer(pre, modulator @ post.gain)", 8, "RuntimeError: mat1 and mat2 shapes"),
    ("x = 1\nreturn sf.Outr(pre, modulator)", 9, "AttributeError: .*'Outr'"),
    ("pass", 7, r"update returned nothing \(None\): return spikefa.Outer"),
    ("return modulator", 7, "update returned a Tensor: return spikefa.Outer"),
    ("return sf.Outer(modulator, pre)", 7, r"has shape \[4, 2\], expected \[4, 3\]"),
    ("return sf.Direct(modulator, pre)", 7, r"the weight .* has shape \[4, 2\], expected \[3, 2\]"),
    ("return sf.Outer(pre, modulator.double())", 7, "torch.float64, expected torch.float32"),
    ("return sf.Outer(pre, modulator / 0)", 7, "NaN or infinity for ordinary activity"),
]


@pytest.mark.parametrize(("body", "line", "message"), RULES)
def test_a_wrong_update(body, line, message, write, said):
    file = write(rule(body))
    told = said(*SMALLER, "--rule", "mine.py:Mine", "--out", "run")
    assert re.search(rf"{file}, line {line}: .*{message}", told)
    assert not Path("run").exists(), "it is found before anything is written"


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        (rule("return None", init="self.x = {}['key']"), 6, "KeyError: 'key'"),
        (HEAD + "\n\n1 / 0\n", 5, "ZeroDivisionError"),
        (HEAD + "class Mine(:\n", 3, "SyntaxError"),
        (HEAD + "import absent_module\n", 3, "No module named 'absent_module'"),
    ],
)
def test_a_wrong_file_or_constructor(source, line, message, write, said):
    file = write(source)
    told = said(*SMALLER, "--rule", "mine.py:Mine", "--out", "run")
    assert re.search(rf"{file}, line {line}: .*{message}", told)


@pytest.mark.parametrize(
    ("method", "line", "message"),
    [
        ("def step(self, state, error, forward):\n    error.fly()", 6, "AttributeError"),
        (
            "def learn(self, state, projections):\n    self.matrices[0].mul_(state.modulators[0])",
            6,
            "RuntimeError",
        ),
        ("def connect(self, forward, device, dtype):\n    forward[99]", 6, "IndexError"),
        ("def initialise(self, seed):\n    seed.fly()", 6, "AttributeError"),
        (
            "def state(self, batch, device, dtype):\n"
            "    return super().state(batch + 1, device, dtype)",
            5,
            r"modulator of population 1 has shape \[11, 8\], expected \[10, 8\]",
        ),
    ],
)
def test_a_wrong_circuit(method, line, message, write, said):
    file = write(circuit(method))
    told = said(*SMALLER, "--feedback", "mine.py:Mine", "--out", "run")
    assert re.search(rf"{file}, line {line}: .*{message}", told)


def test_nan_that_comes_later_is_found_by_the_guard(write, said):
    body = (
        "seen = state.traces['seen'].add_(1)\n"
        "return sf.Outer(pre, torch.where(seen > 3, torch.nan, modulator * 0))"
    )
    source = rule(body).replace(
        "    def __init__", "    traces = {'seen': 'post'}\n    def __init__"
    )
    write(source)
    told = said(*SMALLER, "--rule", "mine.py:Mine", "--out", "run")
    assert re.search("became NaN or infinite at step 3", told)


def test_in_python_the_error_is_chained(write, tiny):
    file = write(circuit("def step(self, state, error, forward):\n    error.fly()"))
    cls = load_class(f"{file}:Mine", SEAMS["feedback"])
    net = sf.models.lillicrap2016.spiking_mnist(
        n_inputs=12, hidden=4, hidden_layers=1, outputs=4, feedback=cls()
    )
    sim = sf.Simulation(net, tiny, batch_size=2)
    with pytest.raises(sf.SpikefaError, match=r"mine\.py, line 6: AttributeError") as caught:
        sim.train()
    assert isinstance(caught.value.__cause__, AttributeError)


def test_an_error_that_is_not_the_users_is_not_blamed_on_them(write):
    from spikefa.plugins.user_code import blaming

    with pytest.raises(KeyError), blaming("nothing", write("x = 1\n")):
        {}["key"]


@pytest.mark.slow
def test_opening_a_run_runs_no_code(write, capsys):
    """Only a run or its continuation does; looking at it does not."""
    file = write(rule("return sf.Outer(pre, -state.learning_rate * modulator)"))
    assert main([*SMALLER, "--rule", "mine.py:Mine", "--out", "run"]) == 0
    file.write_text("raise SystemExit('the file was run')\n")
    for command in (["inspect", "run"], ["figure", "run"], ["report", "run"]):
        assert main(command) == 0
    capsys.readouterr()
    with pytest.raises(SystemExit, match="the file was run"):
        main([*SMALLER, "--config", "run/config.yaml", "--trust", "--out", "again"])
    assert "running" in capsys.readouterr().out, "said before it runs"


def test_where_a_method_is_said_though_its_file_has_other_lines_there(tmp_path, monkeypatch):
    """The blocks of a page run as one file that has other text at their lines."""
    path = tmp_path / "page.py"
    path.write_text('"""Text that (does not close\n' * 10)
    code = "\n\nclass Mine:\n    def step(self):\n        return 1\n"
    page = ModuleType("page")
    page.__file__ = str(path)
    monkeypatch.setitem(sys.modules, "page", page)
    exec(compile(code, str(path), "exec"), vars(page))
    assert where(page.Mine, "step") == f"{path}, line 4"
