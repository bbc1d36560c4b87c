"""``spikefa run EXPERIMENT --sweep seed=0..4``: a sweep that is written on the command line."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spikefa.cli.commands.sweep import carry_on, say
from spikefa.cli.parser import Parser
from spikefa.cli.sweep_arguments import sweeping
from spikefa.errors import require
from spikefa.runs.experiment import Experiment
from spikefa.runs.parsing import words_of
from spikefa.runs.sweeps import Plan, Sweep
from spikefa.runs.sweeps.plan import AUTO
from spikefa.runs.sweeps.values import typed
from spikefa.utils.leaving import stop_in_order
from spikefa.utils.printable import one_line
from spikefa.utils.showing import showing
from spikefa.utils.yaml_text import parse_yaml

SWEEP = "--sweep"
ALONE = ("--config", "--resume", "--all", "--figures", "--trust")
"""Options of a single run."""


def sweep_from(experiment: Experiment, options: Sequence[str]) -> None:
    """Sweep the settings of ``--sweep NAME=VALUES``; all other options are those of every run."""
    parser = Parser(prog=f"spikefa run {experiment.name}")
    parser.add_argument(SWEEP, action="append", default=[])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--progress", default="auto")
    sweeping(parser)
    given, others = parser.parse_some(options)
    for word in others:
        require(
            word.partition("=")[0] not in ALONE,
            f"{word} and --sweep do not go together: put the settings into a plan, see "
            "docs/sweeps.md",
        )
    grid: dict[str, Any] = {}
    for text in given.sweep:
        name, values = typed(text)
        require(name not in grid, f"--sweep {name} is there twice: give its values once")
        grid[name] = values
    settings = dict(_settings(others))
    replicas = settings.get("replicas")
    if isinstance(replicas, bool) or replicas == AUTO:  # a number is a setting of each run
        settings.pop("replicas", None)
    else:
        replicas = False
    plan = Plan(experiment.name, settings=settings, grid=grid, replicas=replicas)
    stop_in_order()
    folder = given.out or Path("runs") / f"{experiment.name}-sweep"
    sweep = Sweep.begin(folder, plan, words=words_of(options), say=say)
    with showing(given.progress):
        carry_on(sweep, given)


def _settings(words: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Yield the settings that are written as options, such as ``--hidden 20 10``."""
    name = ""
    values: list[str] = []
    for word in [*words, "--"]:
        if word.startswith("--"):
            if name:
                yield name, _value(values)
            head, equals, value = word[2:].partition("=")
            first, dot, rest = head.partition(".")
            name, values = first.replace("-", "_") + dot + rest, [value] if equals else []
        else:
            require(bool(name), f"{one_line(word)} belongs to no option: write --NAME VALUE")
            values.append(word)


def _value(words: Sequence[str]) -> Any:
    if not words:
        return True
    found = [parse_yaml(word, "the command line") for word in words]
    return found if len(found) > 1 else found[0]
