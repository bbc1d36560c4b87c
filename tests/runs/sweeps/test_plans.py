"""Plans that are wrong are refused with a sentence, before any run begins."""

import pytest
import yaml

from spikefa.cli import main
from spikefa.errors import SpikefaError
from spikefa.runs.sweeps.plan import Plan
from spikefa.runs.sweeps.planned_run import name_of
from spikefa.runs.sweeps.values import listed, sought, typed
from tests.helpers.small_sweeps import BLIND, NAME, RATES, SMALL


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"grid": {"seed": [0]}}, "names no experiment"),
        ({"experiment": NAME}, "varies nothing"),
        ({"experiment": NAME, "grid": {"seed": []}}, "has no value for seed"),
        ({"experiment": NAME, "grid": {"seed": [1, 1]}}, "comes twice"),
        ({"experiment": NAME, "grid": {"seed": "4..0"}}, "from the lower to the higher"),
        ({"experiment": NAME, "grid": {"feedback": [{"a": 1}]}}, "give numbers or words"),
        ({"experiment": NAME, "grids": {"seed": [0]}}, "did you mean 'grid'"),
        ({"experiment": NAME, "grid": {"sed": [0]}}, "did you mean '--seed'"),
        ({"experiment": NAME, "grid": {"seed": [0.5]}}, "seed"),
        ({"experiment": NAME, "settings": {"seed": 1}, "grid": {"seed": [0]}}, "in two places"),
        ({"experiment": "lillicrap2016.fig44", "grid": {"seed": [0]}}, "did you mean"),
        ({"experiment": NAME, "grid": {"seed": [0, 2]}, "replicas": True}, "consecutive seeds"),
        ({"experiment": NAME, "search": {"learning_rate": RATES}}, "a search needs trials"),
        ({"experiment": NAME, "search": {"learning_rate": [1]}, "trials": 2}, "one value"),
        (
            {"experiment": NAME, "search": {"learning_rate": {"low": 2, "high": 1}}, "trials": 2},
            "low being less",
        ),
        (
            {"experiment": NAME, "search": {"learning_rate": {"from": 2}}, "trials": 2},
            "give low, high",
        ),
        (
            {
                "experiment": NAME,
                "search": {"hidden": {"low": 1, "high": 9, "step": 2}},
                "trials": 2,
            },
            "step: give low, high",
        ),
        (
            {
                "experiment": NAME,
                "search": {"learning_rate": {"low": 1, "high": 9, "log": "no"}},
                "trials": 2,
            },
            "log is 'no'",
        ),
        (
            {
                "experiment": NAME,
                "search": {"learning_rate": {"low": 1, "high": float("inf")}},
                "trials": 2,
            },
            "two numbers",
        ),
        ({"experiment": NAME, "search": {"learning_rate": RATES}, "trials": 0}, "trials"),
        ({"experiment": NAME, "search": {"learning_rate": RATES}, "trials": True}, "trials"),
        ({"experiment": NAME, "grid": {"seed": [0]}, "sampler_seed": "x"}, "sampler_seed"),
        ({"experiment": NAME, "grid": {"seed": [0]}, "objective": 3}, "objective of the plan"),
        (
            {"experiment": NAME, "search": {"learning_rate": RATES}, "trials": 2, "sampler": "x"},
            "sampler",
        ),
        (
            {"experiment": NAME, "search": {"learning_rate": RATES}, "trials": 2},
            "give validation_images",
        ),
        (
            {
                "experiment": NAME,
                "settings": BLIND,
                "search": {"learning_rate": RATES},
                "trials": 2,
                "objective": "test_error_percent",
            },
            "is not measured on held-out images",
        ),
        (
            {
                "experiment": NAME,
                "settings": BLIND,
                "search": {"learning_rate": RATES},
                "trials": 2,
                "objective": "train_error_percent",
            },
            "is not measured on held-out images",
        ),
        (
            {
                "experiment": NAME,
                "settings": BLIND | {"look_at_test": True},
                "search": {"learning_rate": RATES},
                "trials": 2,
            },
            "leave look_at_test out",
        ),
        ({"experiment": NAME, "grid": {"seed": [0]}, "pruner": "medium"}, "pruner"),
        ({"experiment": NAME, "grid": {"seed": [0]}, "pruner": "median"}, "the plan has none"),
        (
            {"experiment": NAME, "grid": {"seed": [0]}, "pruner_options": {"percentile": 25}},
            "of no use without a pruner",
        ),
        (
            {"experiment": NAME, "search": {"epochs": [1, 2]}, "trials": 2, "pruner": "median"},
            "put epochs among the settings",
        ),
        (
            {
                "experiment": NAME,
                "settings": BLIND,
                "search": {"learning_rate": RATES},
                "trials": 2,
                "pruner": "percentile",
            },
            "give those of Optuna's PercentilePruner",
        ),
        (
            {"experiment": "lillicrap2016.fig2", "search": {"fa_rate": RATES}, "trials": 2},
            "looks at the test images",
        ),
    ],
)
def test_a_wrong_plan_is_refused_with_a_sentence(tmp_path, plan, said, capsys):
    file = tmp_path / "plan.yaml"
    file.write_text(yaml.safe_dump(plan))
    assert main(["sweep", str(file), "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_does_not_go_together_is_refused(tmp_path, capsys):
    swept = ["--sweep", "seed=0..1", "--out", str(tmp_path / "out")]
    for options, said in (
        (["run", NAME, "--config", "a.yaml", *swept], "put the settings into a plan"),
        (["run", NAME, "--sweep", "seed=1", *swept], "is there twice"),
        (["run", NAME, *swept, "--workers", "0"], "no whole number of 1 or more"),
        (["run", NAME, *swept, "--seeds", "1"], "did you mean '--seed'"),
        (["run", NAME, *swept, "--figures", "false"], "do not go together"),
        (["run", NAME, "5", *swept], "5 belongs to no option"),
        (["sweep", str(tmp_path), "--out", "b"], "leave out --out"),
        (["sweep", str(tmp_path / "none.yaml")], "there is no plan"),
        (["sweep", str(tmp_path)], "holds no sweep"),
    ):
        assert main(options) == 2
        assert said in capsys.readouterr().err


def test_code_that_a_plan_names_runs_only_if_it_is_trusted(tmp_path, capsys):
    code = tmp_path / "mine.py"
    code.write_text("open('ran', 'w').close()\n")
    plan = {"experiment": NAME, "settings": SMALL, "grid": {"rule": [f"{code}:Rule"]}}
    file = tmp_path / "plan.yaml"
    file.write_text(yaml.safe_dump(plan))
    assert main(["sweep", str(file), "--out", str(tmp_path / "out")]) == 2
    assert "--trust" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()


def test_values_of_the_command_line():
    assert typed("learning_rate=1e-3,2e-3") == ("learning_rate", [1e-3, 2e-3])
    assert typed("--feedback.gated=true,false") == ("feedback.gated", [True, False])
    assert listed("seed", "0..4") == [0, 1, 2, 3, 4]
    assert sought("a", {"low": 1, "high": 4}).whole
    with pytest.raises(SpikefaError, match="give a setting and its values"):
        typed("seed")


def test_what_yaml_takes_for_words_are_numbers(tmp_path):
    """Without a point and a sign, as in 1e-3, YAML knows no number."""
    file = tmp_path / "plan.yaml"
    file.write_text(
        f"experiment: {NAME}\ngrid: {{weight_scale: [1e-3, 2e-2]}}\ntrials: 2\n"
        "search: {learning_rate: {low: 1e-3, high: 1e-1, log: true}}\n"
    )
    plan = Plan.read(file)
    assert plan.grid["weight_scale"] == [1e-3, 2e-2]
    assert (plan.search["learning_rate"].low, plan.search["learning_rate"].high) == (1e-3, 1e-1)
    assert listed("name", ["nan", "inf", "1_0"]) == ["nan", "inf", "1_0"]


def test_names_of_folders_say_what_varies_and_never_meet():
    assert name_of({"learning_rate": 0.001, "seed": 0}) == "learning_rate=0.001,seed=0"
    assert name_of({"seed": 0}, 7) == "trial=7,seed=0"
    meeting = {"a": 1, "b": 2}, {"a": "1,b=2"}, {"a": "1/b=2"}, {"a": "1_b=2"}, {"a": [1, "b"]}
    names = {name_of(values) for values in meeting}
    assert len(names) == len(meeting)
    assert not any(set(name) & set('/ "[]') for name in names)
    assert len(name_of({"a": "x" * 300})) <= 100


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"grid": {"feedback": ["FA", "DFA"], "seed": [0, 1]}}, []),
        ({"trials": 5}, []),
        ({"trials": 2}, ["trials"]),
        ({"grid": {"feedback": ["FA"], "seed": [0, 1, 2]}}, ["seeds"]),
        ({"grid": {"feedback": ["DFA"], "seed": [0, 1]}}, ["grid"]),
        ({"search": {"learning_rate": RATES | {"high": 1}}}, ["search"]),
        ({"sampler": "random"}, ["sampler"]),
        ({"pruner": "median"}, ["pruner"]),
    ],
)
def test_what_an_extended_plan_may_have_more_of(more, wrong):
    grid, search = {"feedback": ["FA"], "seed": [0, 1]}, {"learning_rate": RATES}
    given = {"grid": grid, "search": search, "trials": 3}
    before = Plan(NAME, SMALL, **given)
    assert Plan(NAME, SMALL, **given | more).extends(before) == wrong
    if wrong == ["seeds"]:  # of runs that no search judges there may be more
        more_seeds = Plan(NAME, SMALL, **more)
        assert more_seeds.extends(Plan(NAME, SMALL, grid=grid)) == []
