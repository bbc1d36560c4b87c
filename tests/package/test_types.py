"""What type checkers and editors see of spikefa, and what a script of a user sees of its types."""

import ast
import re
import subprocess
import sys
from types import ModuleType

import pytest

import spikefa as sf
from tests.helpers.processes import REPOSITORY, run_python

OWN_RULE = """
from typing import Any

from torch import Tensor

import spikefa as sf
from spikefa.simulation import Simulation, WarmUpAnneal
from spikefa.testing import check_rule


class Decorrelated(sf.PlasticityRule):
    traces = {"mean": "pre"}

    def __init__(self, alpha: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.alpha = alpha

    def update(
        self, pre: Tensor, post: sf.Post, modulator: Tensor, state: sf.plasticity.PlasticityState
    ) -> sf.Outer:
        mean = state.traces["mean"].lerp_(pre, self.alpha)
        return sf.Outer(pre - mean, -state.learning_rate * modulator * post.gain)


check_rule(Decorrelated(alpha=0.1))
net = sf.Network(
    64,
    {"hidden1": sf.StochasticBinary(8), "output": sf.StochasticBinary(10)},
    feedback=sf.DFA(),
    rule=Decorrelated(learning_rate=1e-3),
)
sim = Simulation(net, sf.datasets.digits(), schedule=WarmUpAnneal(10, warmup=1), batch_size=10)
print(sim.test())
with sf.open("run.h5") as recording:
    print(recording.raster("hidden1"))
"""
REVEALED = """
reveal_type(net)
reveal_type(sim)
reveal_type(sim.test())
reveal_type(sf.open)
reveal_type(sf.models.lillicrap2016.spiking_mnist(hidden=20))
sf.Nowhere
"""


@pytest.fixture(scope="module")
def mypy(tmp_path_factory):
    """What ``mypy --strict`` says of the scripts of a user, in a folder of their own."""
    folder = tmp_path_factory.mktemp("user")
    readme = re.search(r"```python\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.S)[1]
    (folder / "readme.py").write_text(readme)
    (folder / "own_rule.py").write_text(OWN_RULE)
    (folder / "revealed.py").write_text(readme + REVEALED)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary"),
            *("--cache-dir", REPOSITORY / ".mypy_cache" / "user"),
            *("readme.py", "own_rule.py", "revealed.py"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert not done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("script", ["readme.py", "own_rule.py"])
def test_a_script_of_a_user_passes_mypy_strict(mypy, script):
    assert [line for line in mypy if line.startswith(script)] == []


def test_types_are_those_of_the_classes(mypy):
    revealed = [re.search('"(.*)"', line)[1] for line in mypy if "Revealed type" in line]
    network, simulation, _, opened, built = revealed
    assert network == built == f"{sf.Network.__module__}.Network"
    assert simulation == f"{sf.Simulation.__module__}.Simulation"
    assert opened.endswith(f"-> {sf.recording.Recording.__module__}.Recording")
    assert not [line for line in revealed if "Any" in line]


def test_a_name_that_does_not_exist_is_an_error(mypy):
    assert [line for line in mypy if "error" in line and '"Nowhere"' in line]


def names_of(statement):
    """Return the names that a statement binds."""
    if isinstance(statement, ast.If):
        return [name for part in statement.body for name in names_of(part)]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in statement.names]
    if isinstance(statement, ast.Assign):
        return [target.id for target in statement.targets]
    return [getattr(statement, "name", "_")]


def test_an_editor_sees_the_public_names_alone():
    """Editors read the file: whatever it binds is offered after ``sf.``, unless it has a ``_``."""
    tree = ast.parse((REPOSITORY / "spikefa" / "__init__.py").read_text())
    bound = [name for statement in tree.body for name in names_of(statement)]
    assert sorted(name for name in bound if name[0] != "_") == sorted(sf.__all__)


def test_imports_for_type_checkers_are_those_at_run_time():
    tree = ast.parse((REPOSITORY / "spikefa" / "__init__.py").read_text())
    (block,) = (part for part in tree.body if isinstance(part, ast.If))
    for statement in (part for part in block.body if isinstance(part, ast.ImportFrom)):
        for alias in statement.names:
            assert alias.asname == alias.name, "only so is it exported"
            found = getattr(sf, alias.name)
            if isinstance(found, ModuleType):
                assert found.__name__ == f"{statement.module}.{alias.name}"
            else:
                assert found is getattr(sys.modules[statement.module], alias.name)


def test_the_papers_complete_and_import_no_experiment():
    folders = {file.parent.name for file in (REPOSITORY / "experiments").glob("*/__init__.py")}
    assert set(sf.experiments.__all__) == folders
    code = (
        "import sys, spikefa as sf; print(sf.experiments.chu2024.__doc__)\n"
        "assert not any(name.count('.') > 2 for name in sys.modules if 'experiments' in name)\n"
        "assert 'torch' not in sys.modules"
    )
    assert run_python(code).returncode == 0


def test_completion_at_run_time_lists_the_public_names():
    assert dir(sf) == sorted(sf.__all__)
    assert len(set(sf.__all__)) == len(sf.__all__)
    for name in sf.__all__:
        assert getattr(sf, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Fa'"):
        sf.Fa  # noqa: B018
