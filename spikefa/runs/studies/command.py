"""The command that reproduces a result, from the settings in its file."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from spikefa.errors import require
from spikefa.plugins.choices import seams
from spikefa.plugins.named_code import code_in
from spikefa.runs.loading import load_experiment
from spikefa.runs.settings import options
from spikefa.runs.studies.targets import Target

ELSEWHERE = ("device", "data_dir", "processes", "threads")
"""Settings that depend on the machine."""


def command(target: Target, settings: Mapping[str, Any]) -> str:
    """Return the command line that produces such a result.

    It contains the options that differ from the current defaults. The options of the target select
    rules and circuits.
    """
    experiment = load_experiment(target.experiment)
    chosen = seams(experiment.settings)
    choices = {name: settings[name] for name in chosen if name in settings}
    require(
        not code_in(choices, chosen) and all(isinstance(each, dict) for each in choices.values()),
        f"a result of {target.experiment} names code that is not spikefa's: it was not run",
    )
    defaults = experiment.completed(experiment.settings(**choices))
    words = [f"spikefa run {target.experiment}", target.options]
    for item in options(defaults):
        default = getattr(defaults, item.name)
        given = settings.get(item.name, default)
        if item.name not in (*choices, *ELSEWHERE) and given != default:
            words.append(f"--{item.name.replace('_', '-')} {_word(given)}")
    return " ".join(filter(None, words))


def _word(given: Any) -> str:
    plain = isinstance(given, int | float | str) and not isinstance(given, bool)
    return shlex.quote(str(given) if plain else json.dumps(given))
