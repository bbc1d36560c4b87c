"""The catalogue names every experiment and imports none of them."""

import subprocess
import sys

import pytest

from spikefa.errors import SpikefaError
from spikefa.runs.catalogue import description, experiment_names, summary_line
from spikefa.runs.experiment import Experiment
from spikefa.runs.loading import load_experiment
from spikefa.runs.settings import Placed
from spikefa.runs.studies.targets import TARGETS

LISTING = """
import sys
from spikefa.cli import main
assert main(["list"]) == 0
loaded = [name for name in sys.modules if name.split(".")[0] in ("torch", "matplotlib")]
loaded += [name for name in sys.modules if name.startswith("spikefa.experiments")]
assert not loaded, loaded[:5]
"""


def test_listing_imports_no_experiment_nor_torch():
    done = subprocess.run([sys.executable, "-c", LISTING], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name in experiment_names():
        assert f"{name:24} {summary_line(name)}\n" in done.stdout


@pytest.mark.parametrize("name", experiment_names())
def test_every_experiment_is_a_value_of_that_name(name):
    experiment = load_experiment(name)
    assert isinstance(experiment, Experiment)
    assert experiment.name == name
    assert issubclass(experiment.settings, Placed), "it takes --device and --backend"
    settings = experiment.completed(experiment.settings())
    assert experiment.completed(settings) == settings
    assert set(experiment.quick) <= set(vars(settings))
    assert summary_line(name).endswith(".")


def test_the_targets_that_are_written_are_in_the_catalogue():
    written = {target.experiment for target in TARGETS.values()} & set(experiment_names())
    comparisons = {f"comparison.{each}" for each in ("circuits", "half_precision", "precision")}
    others = {f"events.{each}" for each in ("nmnist", "saccades", "shd")}
    assert set(experiment_names()) == written | comparisons | others


def test_the_description_is_the_docstring():
    assert load_experiment("lillicrap2016.fig2").once.__module__.endswith("lillicrap2016.fig2")
    text = description("lillicrap2016.fig2")
    assert text.startswith("Figure 2: ")
    assert text.count("\n\n") == 1


def test_an_unknown_name_is_answered_with_all_names():
    with pytest.raises(SpikefaError, match=r"no experiment called 'fig9': .*lillicrap2016\.fig2"):
        load_experiment("fig9")
