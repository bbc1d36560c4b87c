"""Seeds run side by side where that is faster, and go on as they began."""

from types import SimpleNamespace

import pytest

from spikefa.cli import main
from spikefa.runs.loading import load_experiment
from spikefa.runs.sweeps import Plan, Sweep
from spikefa.runs.sweeps.side_by_side import choose_replicas
from tests.helpers.small_sweeps import NAME, SMALL, states

SEEDS = {"seed": "0..2"}


def begun(folder, settings=SMALL, grid=SEEDS):
    fixed = {name: value for name, value in settings.items() if name not in grid}
    return Sweep.begin(folder, Plan(NAME, fixed, grid, replicas="auto"), say=print)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "grid", "chosen", "reason"),
    [
        ({"hidden": 300}, SEEDS, True, "the widest layer has 300 neurons, not more than 300"),
        ({"hidden": 301}, SEEDS, False, "the widest layer has 301 neurons, more than 300"),
        ({"outputs": 310}, SEEDS, False, "the widest layer has 310 neurons"),
        ({}, SEEDS | {"outputs": [10, 400]}, False, "the widest layer has 400 neurons"),
        ({}, {"seed": [0, 2]}, False, "no consecutive seeds"),
        ({}, {"learning_rate": [1e-3, 1e-2]}, False, "no consecutive seeds"),
    ],
)
def test_networks_whose_layers_are_narrow_have_replicas(
    tmp_path, settings, grid, chosen, reason, capsys
):
    sweep = begun(tmp_path, SMALL | settings, grid)
    assert sweep.plan.replicas is chosen
    said = capsys.readouterr().out
    assert said.startswith(f"replicas {str(chosen).lower()}: ")
    assert reason in said
    assert Plan.read(tmp_path / "plan.yaml").replicas is chosen


def test_experiments_of_many_networks_have_none():
    study = load_experiment("lillicrap2016.fig2")
    plan = Plan(study.name, {}, SEEDS)
    found = choose_replicas(study, plan, [study.completed(study.settings())])
    assert found == (False, "a run of lillicrap2016.fig2 cannot have them with these settings")


def test_the_fused_backend_has_none():
    fig4 = load_experiment(NAME)
    for backend, width in (
        ("eager", 20),
        ("fused", None),
        ("fused-tf32", None),
        ("fused-deferred", 20),
    ):
        settings = fig4.completed(fig4.settings(hidden=20, outputs=10, backend=backend))
        assert fig4.widest(settings) == width


def test_on_a_gpu_networks_of_any_width_have_replicas(monkeypatch):
    gpu = SimpleNamespace(type="cuda")
    monkeypatch.setattr("spikefa.runs.sweeps.side_by_side.choose_device", lambda name: gpu)
    fig4 = load_experiment(NAME)
    wide = fig4.completed(fig4.settings(hidden=1500))
    assert choose_replicas(fig4, Plan(NAME, {}, SEEDS), [wide]) == (True, "the runs are on a GPU")


def test_a_sweep_goes_on_as_it_began(tmp_path, capsys):
    begun(tmp_path)
    assert begun(tmp_path).plan.replicas is True
    assert "the sweep began so" in capsys.readouterr().out
    Sweep.begin(tmp_path / "apart", Plan(NAME, SMALL, SEEDS))
    assert begun(tmp_path / "apart").plan.replicas is False


def test_the_command_line_chooses_too(tmp_path, capsys):
    options = [f"--{name.replace('_', '-')}={value}" for name, value in SMALL.items()]
    command = ["run", NAME, *options, "--sweep", "seed=4..5", "--out", str(tmp_path)]
    assert main([*command, "--replicas", "auto"]) == 0
    assert "replicas true: the widest layer has 10 neurons" in capsys.readouterr().out
    assert states(Sweep.open(tmp_path)) == ["finished"]
    assert main(["run", NAME, "--sweep", "seed=0..1", "--replicas", "some"]) == 2
    assert "replicas" in capsys.readouterr().err
