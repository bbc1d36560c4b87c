"""Rules and circuits on the command line: how they are named, what is stored, what is refused."""

import hashlib
import inspect
import json
from pathlib import Path

import pytest
import torch
import yaml

import spikefa as sf
from spikefa.cli import main
from spikefa.plugins.classes import SEAMS, load_class
from tests.helpers.small_run import RESUME, SMALLER

FIG4 = ["run", "lillicrap2016.fig4"]


def config(run):
    return yaml.safe_load((Path(run) / "config.yaml").read_text())


def summary(run):
    return json.loads((Path(run) / "summary.json").read_text())


def weights(run):
    return torch.load(Path(run) / "checkpoint.pt", weights_only=True)["tensors"]


def same(one, other):
    return all(torch.equal(tensor, weights(other)[name]) for name, tensor in weights(one).items())


def includes(whole, part):
    return {key: whole.get(key) for key in part} == part


def run(*arguments):
    assert main([str(argument) for argument in arguments]) == 0


# -- what is stored --------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_rule_of_a_file_runs_is_stored_and_runs_again(my_rules, capsys):
    run(*SMALLER, "--rule", "my_rules.py:Decorrelated", "--rule.alpha", 0.25, "--out", "one")
    assert "running my_rules.py:Decorrelated" in capsys.readouterr().out
    assert includes(config("one")["rule"], {"class": f"{my_rules}:Decorrelated", "alpha": 0.25})
    told = summary("one")["rule"]
    assert told["class"] == f"{my_rules}:Decorrelated"
    assert told["alpha"] == 0.25
    assert told["learning_rate"] == [0.02, 0.002, 0.002]
    assert told["weight_decay"] == 0
    assert told["sha256"] == hashlib.sha256(my_rules.read_bytes()).hexdigest()
    assert "runner.state.plasticity.0.traces.mean" in weights("one")
    run(*FIG4, "--config", "one/config.yaml", "--out", "two")
    assert same("one", "two")
    assert config("one") == config("two")
    run(*RESUME, "one", "--epochs", 2)
    assert summary("one")["epochs"] == 2
    assert summary("one")["rule"] == told


@pytest.mark.parametrize(
    "choice",
    [
        "{class: ThreeFactor, foo: {class_path: evil.X}}",
        "{class: ThreeFactor, learning_rate: {class_path: evil.X}}",
        "{class_path: evil.X}",
        "{class: {class_path: evil.X}}",
        "evil.X",
    ],
)
def test_reading_a_configuration_imports_nothing(choice, tmp_path, monkeypatch, said):
    """Classes are named in one place, and what is imported from there is said before."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    Path("evil.py").write_text("open('pwned', 'w').write('imported')\nclass X: pass\n")
    Path("c.yaml").write_text(f"rule: {choice}\n")
    said(*SMALLER, "--config", "c.yaml")
    assert not Path("pwned").exists()


def test_an_argument_that_names_code_is_told(my_rules, capsys):
    assert main([*SMALLER, "--feedback", "Mixed", "--feedback.combine", "math.nosuch"]) == 2
    assert "running math.nosuch as --feedback.combine" in capsys.readouterr().out


def test_what_is_not_there_is_not_announced_as_running(my_rules, capsys):
    for name in ("nosuch:Class", "nosuch.module.Class", "absent.py:Class"):
        assert main([*SMALLER, "--feedback", name]) == 2
        assert capsys.readouterr().out == ""
    for source, name in (
        ("my_rules.py:", "Decorelated"),
        ("torch.nn.modules.linear.", "Liner"),
        ("torch.no.X:", "Class"),
    ):
        assert main([*SMALLER, "--rule", source + name]) == 2
        said = capsys.readouterr().out
        assert said == f"running {source[:-1]} to look for {name} as --rule\n"


def test_another_argument_is_another_run(my_rules, said):
    run(*SMALLER, "--rule", "my_rules.py:Decorrelated", "--out", "one")
    run(*SMALLER, "--rule.alpha=0.5", "--rule=my_rules.py:Decorrelated", "--out", "two")
    assert not same("one", "two")
    assert "--rule" in said(*FIG4, "--resume", "one", "--rule.alpha", 0.5)


def test_the_default_run_names_class_and_arguments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(*SMALLER, "--out", "run")
    stored = config("run")
    assert includes(stored["rule"], {"class": "ThreeFactor"})
    assert includes(stored["feedback"], {"class": "FA"})
    assert "scale" not in stored["feedback"], "it stands with --feedback-scale"
    filled = ("learning_rate", "weight_decay", "feedback_scale", "phi_delta", "gated", "tau")
    assert [stored[name] for name in filled] == [2e-3, 1e-8, 0.1, "identity", False, 0.9]
    for name, cls, filled in (
        ("feedback", sf.FA, {}),
        ("rule", sf.ThreeFactor, {"learning_rate": [0.02, 0.002, 0.002]}),
    ):
        parameters = inspect.signature(cls).parameters.items()
        defaults = {key: item.default for key, item in parameters if item.default is not None}
        path = f"{cls.__module__}.{cls.__name__}"
        assert summary("run")[name] == {"class": path, **defaults, **filled}


@pytest.mark.slow
def test_the_configuration_of_before_is_read(tmp_path, monkeypatch):
    """As versions without --rule wrote it."""
    monkeypatch.chdir(tmp_path)
    run(*SMALLER, "--feedback-scale", 0.3, "--out", "one")
    old = {key: value for key, value in config("one").items() if key not in ("rule", "feedback")}
    Path("old.yaml").write_text(yaml.safe_dump(old))
    run(*FIG4, "--config", "old.yaml", "--out", "two")
    assert same("one", "two")


# -- how classes are named -------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "FA",
        "spikefa.feedback.FA",
        "spikefa.feedback.fa.FA",
        "spikefa.feedback:FA",
        "Backprop",
    ],
)
def test_ways_to_name_a_circuit(name, tmp_path):
    run(*SMALLER, "--feedback", name, "--out", tmp_path / "run")
    assert summary(tmp_path / "run")["feedback"]["class"].endswith(name[-2:])


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["Offered", "noisy.Decorrelated", "noisy:Decorrelated", "site/noisy.py:Decorrelated"]
)
def test_a_rule_of_an_installed_package(name, package, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(*SMALLER, "--rule", name, "--rule.alpha", 0.5, "--out", "run")
    assert summary("run")["rule"]["class"].endswith(("noisy.Decorrelated", "noisy.py:Decorrelated"))
    assert summary("run")["rule"]["alpha"] == 0.5


def test_list_shows_what_can_be_plugged_in(package, capsys):
    run("list", "rules")
    rules = capsys.readouterr().out
    assert "ThreeFactor" in rules
    assert "Offered " in rules
    assert "without its running mean. [noisy:Decorrelated]" in rules
    assert "cannot be used: 'Broken'" in rules
    run("list", "feedback")
    circuits = capsys.readouterr().out
    assert "FA " in circuits
    assert "Loud" in circuits
    assert "Wired" not in circuits, "an abstract class is nothing to choose"
    run("list", "neurons")
    neurons = capsys.readouterr().out
    assert "StochasticBinary" in neurons
    assert all(len(line.split(maxsplit=1)) == 2 for line in neurons.splitlines())
    run("list")
    assert "spikefa list rules" in capsys.readouterr().out


def test_circuits_is_another_word_for_feedback(capsys):
    run("list", "feedback")
    feedback = capsys.readouterr().out
    run("list", "circuits")
    assert capsys.readouterr().out == feedback != ""


def test_a_file_without_its_class_is_answered_with_the_classes_that_fit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("two.py").write_text("import spikefa as sf\nclass Odd(sf.FA): pass\nclass Other: pass\n")
    with pytest.raises(sf.SpikefaError, match=r"names no class: give two.py:Odd$"):
        load_class("two.py", SEAMS["feedback"])
    with pytest.raises(sf.SpikefaError, match=r"once it has a subclass of PlasticityRule$"):
        load_class("two.py", SEAMS["rules"])
    with pytest.raises(sf.SpikefaError, match="there is no file"):
        load_class("three.py", SEAMS["rules"])


def test_help_shows_the_arguments_of_the_class(my_rules, capsys):
    run(*FIG4, "--rule", "my_rules.py:Decorrelated", "--help")
    text = capsys.readouterr().out
    assert "--hidden-layers" in text
    assert "--rule Decorrelated: Three factors" in text
    assert "--rule.alpha ALPHA" in text
    assert "Weight of the newest step in the mean. (a number" in text
    assert "--rule.learning_rate" in text
    run(*FIG4, "--help", "--feedback=FA")
    told = inspect.getdoc(sf.FA).partition("scale : float or sequence of float, default 0.1")[2]
    assert "--feedback.scale" in (text := capsys.readouterr().out)
    assert " ".join(told.split()[:4]) in " ".join(text.split())


# -- how the options of the experiment go with the class -------------------------------------------


def test_options_fill_the_arguments_of_the_same_meaning(tmp_path):
    options = ["--tau", 0.8, "--phi-delta", "spiking", "--gated", "true", "--feedback-scale", 0.3]
    run(*SMALLER, *options, "--out", tmp_path / "run")
    told = summary(tmp_path / "run")["feedback"]
    assert (told["tau"], told["phi_delta"], told["gated"]) == (0.8, "spiking", True)
    assert told["scale"] == 0.3


def test_an_argument_by_its_own_name_wins(tmp_path):
    options = ["--tau", 0.8, "--feedback.tau", 0.7, "--rule.learning-rate", 1e-4]
    run(*SMALLER, *options, "--out", tmp_path / "run")
    told = summary(tmp_path / "run")
    assert told["feedback"]["tau"] == 0.7
    assert told["rule"]["learning_rate"] == 1e-4
    assert includes(config(tmp_path / "run")["feedback"], {"class": "FA", "tau": 0.7})


def test_the_scale_of_one_circuit_does_not_reach_another(my_rules):
    run(*SMALLER, "--feedback", "my_rules.py:Louder", "--feedback.factor", 2, "--out", "run")
    assert summary("run")["feedback"]["scale"] == 0.5
    run(*SMALLER, "--feedback", "Backprop", "--out", "other")
    told = summary("other")["feedback"]
    assert told["gated"] is True, "what Backprop has by default"
    assert "scale" not in told
    assert config("other")["feedback_scale"] is None


@pytest.mark.slow
def test_another_class_forgets_what_the_configuration_says_of_the_old_one(my_rules):
    run(*SMALLER, "--feedback-scale", 0.3, "--rule", "my_rules.py:Decorrelated", "--out", "one")
    changed = ["--feedback", "Backprop", "--rule", "ThreeFactor"]
    run(*FIG4, "--config", "one/config.yaml", *changed, "--out", "two")
    assert config("two")["hidden"] == 8
    assert includes(config("two")["rule"], {"class": "ThreeFactor"})
    assert "alpha" not in config("two")["rule"]
    assert config("two")["weight_decay"] == 1e-8
    assert summary("two")["feedback"]["class"].endswith("Backprop")
    run(*FIG4, *changed, "--config", "one/config.yaml", "--out", "three")
    assert same("two", "three")
    run(*FIG4, "--config", "one/config.yaml", "--feedback-scale", 0.5, "--out", "four")
    assert summary("four")["feedback"]["scale"] == 0.5
    assert summary("four")["rule"] == summary("one")["rule"]


def test_print_config_is_accepted(my_rules, capsys):
    choice = ["--rule", "my_rules.py:Decorrelated", "--rule.alpha", "0.25"]
    with pytest.raises(SystemExit):
        main([*SMALLER, *choice, "--print_config"])
    printed = capsys.readouterr().out
    assert yaml.safe_load(printed)["rule"] == {"class": choice[1], "alpha": 0.25}
    Path("printed.yaml").write_text(printed)
    run(*FIG4, "--config", "printed.yaml", "--trust", "--out", "one")
    assert summary("one")["rule"]["alpha"] == 0.25


# -- mistakes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rule", "Absent"], "no PlasticityRule called 'Absent': there is"),
        (["--feedback", "ThreeFactor"], "no FeedbackCircuit called 'ThreeFactor'"),
        (["--rule", "my_rules.py"], "give my_rules.py:Decorrelated"),
        (["--rule", "my_rules.py:Absent"], "it has Decorrelated, Louder, Unfinished"),
        (["--rule", "absent.py:Rule"], "there is no file"),
        (["--rule", "absent.module.Rule"], "No module named 'absent'"),
        (["--rule", "json.JSONDecoder"], "is not a subclass of PlasticityRule"),
        (["--rule", "my_rules.py:Louder"], "is not a subclass of PlasticityRule"),
        (["--feedback", "my_rules.py:Decorrelated"], "is not a subclass of FeedbackCircuit"),
        (["--rule", "my_rules.py:A_NUMBER"], "is not a class but a int"),
        (["--rule", "my_rules.py:Unfinished"], "lacks the method update"),
        (["--rule.beta", "1"], "has no argument 'beta': there is --rule.learning_rate"),
        (["--rule.weight_decay", "much"], "--rule.weight_decay"),
        (["--feedback.phi_delta", "relu"], "--feedback.phi_delta"),
        (["--rule", ""], "--rule"),
        (["--rule"], "--rule"),
        (["--rule", "{}"], "--rule names no class"),
        (["--feedback", "my_rules.py:Louder"], "factor"),
        (["--feedback", "Backprop", "--feedback-scale", "1"], "is of no use to Backprop"),
        (["--rule.learning_rate", "1e-3", "--input-rate-factor", "2"], "--input-rate-factor"),
    ],
)
def test_a_mistake_is_one_line(options, message, my_rules, said):
    assert message in said(*SMALLER, *options, "--out", "run")
    assert not Path("run").exists()
