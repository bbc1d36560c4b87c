"""The command that a result was made with, from the settings in its file."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from spikefa.runs.catalogue import load_experiment
from spikefa.runs.settings import options
from spikefa.runs.studies.targets import Target

ELSEWHERE = ("device", "data_dir", "processes")
"""Settings that depend on the machine."""


def command(target: Target, settings: Mapping[str, Any]) -> str:
    """Return the command line that makes such a result.

    It has the options that differ from today's defaults. Rules and circuits are given by the
    target's own options.
    """
    experiment = load_experiment(target.experiment)
    seams = {name: given for name, given in settings.items() if isinstance(given, dict)}
    defaults = experiment.completed(experiment.settings(**seams))
    words = [f"spikefa run {target.experiment}", target.options]
    for item in options(defaults):
        default = getattr(defaults, item.name)
        given = settings.get(item.name, default)
        if item.name not in (*seams, *ELSEWHERE) and given != default:
            words.append(f"--{item.name.replace('_', '-')} {_word(given)}")
    return " ".join(filter(None, words))


def _word(given: Any) -> str:
    plain = isinstance(given, int | float | str) and not isinstance(given, bool)
    return shlex.quote(str(given) if plain else json.dumps(given))
