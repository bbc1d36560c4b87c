"""The help of every command, experiment and class: in words, with defaults and what is allowed."""

import re

import pytest

from spikefa.cli import main
from spikefa.plugins.arguments import class_help
from spikefa.plugins.classes import SEAMS, built_in
from spikefa.runs.catalogue import description, experiment_names
from spikefa.runs.loading import load_experiment
from spikefa.runs.parsing import full_help

NOISE = re.compile(
    r"dict\[|list\[|Sequence\[|Callable\[|Optional|Union|Literal|Annotated|Path \||\| None|"
    r"null|class '|typing|--[\w-]+\+|type: |default: (?:True|False|None|\{)"
)
"""What is written for a type checker or a parser, and not for a reader."""
RANGE = re.compile(r"number|\{[\w,-]+\}|several| or |name|file|folder|where|commas|list")
"""What is allowed is said in words like these."""
CLASSES = [
    (kind, name, cls) for kind, seam in SEAMS.items() for name, cls in built_in(seam).items()
]


def options_of(text):
    """Return the entries of a help text by option, each in one line."""
    listed = text.partition("options:\n")[2]
    entries = re.split(r"\n(?=  -)", f"\n{listed}")
    lines = [" ".join(entry.split()) for entry in entries if entry.strip()]
    return {line.split()[0].rstrip(","): line for line in lines}


def check(text):
    assert NOISE.findall(text) == []
    for name, line in options_of(text).items():
        assert len(re.sub(r"(--?[\w.-]+|[A-Z_]+|\{.*?\}|[\[\],])+", "", line).split()) > 1, name


@pytest.mark.parametrize("name", experiment_names())
def test_of_an_experiment(name):
    settings = load_experiment(name).settings
    text = full_help(name, settings, [], description(name))
    check(text)
    own = {each: line for each, line in options_of(text).items() if each not in SHARED}
    assert len(own) > 2
    for each, line in own.items():
        assert "default: " in line, each
        assert RANGE.search(line), line


SHARED = ("-h", "--config", "--print_config", "--out", "--resume", "--all", "--trust")


@pytest.mark.parametrize(("kind", "name", "cls"), CLASSES)
def test_of_a_class(kind, name, cls):
    check(class_help(cls, kind))


def commands(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    return re.findall(r"^    (\w+) ", capsys.readouterr().out, re.M)


def test_of_every_command(capsys):
    names = commands(capsys)
    assert {"run", "list", "raster", "bench"} <= set(names)
    for name in names:
        with pytest.raises(SystemExit) as stop:
            main([name, "--help"])
        assert stop.value.code == 0
        check(capsys.readouterr().out)


def test_what_is_allowed_is_said_in_words():
    lines = options_of(full_help("x", load_experiment("lillicrap2016.fig4").settings, []))
    assert lines["--epochs"].endswith("training (a whole number from 1 to 100,000; default: 20)")
    assert lines["--seed"].endswith("streams (a whole number; default: 0)")
    assert lines["--learning-rate"].endswith(
        "(a number above 0, at most 1,000,000, or several; default: 0.002)"
    )
    assert lines["--rule"].endswith("shows them (default: ThreeFactor)")
    assert lines["--gated"].startswith("--gated {true,false} whether")
    assert lines["--record"].endswith("(default: true)")
    assert lines["--phi-delta"].endswith("of FA (identity, tanh, logistic or spiking)")
    assert lines["--data-dir"].endswith("fetched (default: none)")
