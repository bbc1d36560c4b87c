"""The page's command is the one that the result was made with."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path

import pytest

from spikefa.runs.loading import load_experiment
from spikefa.runs.parsing import parse_settings
from spikefa.runs.studies.command import ELSEWHERE, command
from spikefa.runs.studies.file import read_result
from spikefa.runs.studies.targets import TARGETS

RESULTS = sorted((Path(__file__).parents[3] / "docs" / "results").glob("*/result.json"))


def test_only_what_differs_from_the_defaults_is_said():
    target = TARGETS["L16.n5"]
    settings = asdict(load_experiment(target.experiment).settings())
    assert command(target, settings) == "spikefa run lillicrap2016.n5"
    other = settings | {"fast": 20, "gated": False, "device": "cuda", "data_dir": "/here"}
    assert command(target, other) == "spikefa run lillicrap2016.n5 --fast 20 --gated false"


@pytest.mark.parametrize("path", RESULTS, ids=[path.parent.name for path in RESULTS])
def test_the_command_gives_the_settings_of_the_result(path):
    result = read_result(path)
    if result["id"] not in TARGETS:
        pytest.skip("no paper has it, so the page does not list it")
    target = TARGETS[result["id"]]
    words = shlex.split(command(target, result["settings"]))[3:]
    experiment = load_experiment(target.experiment)
    given = parse_settings(target.experiment, experiment.settings, words).settings
    now = asdict(experiment.completed(given))
    plain = {
        name: value
        for name, value in result["settings"].items()
        if name not in ELSEWHERE and name in now and not isinstance(value, dict)
    }
    assert json.loads(json.dumps({name: now[name] for name in plain})) == plain
