"""Every number among the options of every experiment has a range, which is kept at the door."""

import math
import re
from dataclasses import fields
from functools import partial
from numbers import Real
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spikefa.cli import main
from spikefa.runs.catalogue import experiment_names
from spikefa.runs.loading import load_experiment
from spikefa.runs.parsing import full_help, parse_settings
from spikefa.runs.settings import flag
from spikefa.utils.checking import annotations, number_of
from spikefa.utils.ranges import Range
from tests.helpers.nasty import NUMBERS, TEXTS, refusal

EXPERIMENTS = {name: load_experiment(name) for name in experiment_names()}


def numeric(cls):
    """Return the numeric options of settings with their kinds."""
    found = {item.name: number_of(annotations(cls)[item.name]) for item in fields(cls)}
    return {name: number for name, number in found.items() if number is not None}


OPTIONS = [
    (name, option) for name, each in EXPERIMENTS.items() for option in numeric(each.settings)
]


def bare(hint):
    """Return whether an int or a float without a range is somewhere in an annotation."""
    if any(isinstance(each, Range) for each in get_args(hint)):
        return False
    return hint in (int, float, complex) or any(map(bare, get_args(hint)))


def numbers_in(value):
    if isinstance(value, list | tuple):
        return [number for item in value for number in numbers_in(item)]
    return [value] if isinstance(value, Real) and not isinstance(value, bool) else []


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_numeric_option_has_a_range(name):
    hints = annotations(EXPERIMENTS[name].settings)
    choices = {item.name for item in fields(EXPERIMENTS[name].settings) if "seam" in item.metadata}
    assert not [option for option, hint in hints.items() if option not in choices and bare(hint)]


def test_a_bare_number_would_be_found():
    assert bare(int | None)
    assert bare(list[float])
    assert not bare(EXPERIMENTS["lillicrap2016.fig4"].settings.__annotations__["learning_rate"])


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_defaults_are_in_range(name):
    EXPERIMENTS[name].settings()
    EXPERIMENTS[name].settings(**EXPERIMENTS[name].quick)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_help_shows_the_range_of_every_number(name):
    cls = EXPERIMENTS[name].settings
    text = " ".join(full_help(name, cls, []).split())
    for option, number in numeric(cls).items():
        about = text.rsplit(f"{flag(option)} {option.upper()}", 1)[1]
        about = re.split(r" --[\w.-]+ [A-Z{\[]", about)[0]  # up to the next option
        every = number.range.most > 2**62  # of which help only says that it is a whole number
        assert ("a whole number;" if every else str(number.range)) in about, option


def check(name, option, text):
    """Check that an option is refused in one line, or is in its range."""
    cls = EXPERIMENTS[name].settings
    number = numeric(cls)[option]
    read = partial(parse_settings, name, cls, [f"{flag(option)}={text}"])
    refused = refusal(read)
    if refused is not None:
        assert flag(option) in refused or "too many digits" in refused
        return
    found = getattr(read().settings, option)
    assert isinstance(found, int | float | list | None)
    for value in numbers_in(found):
        assert type(value) is number.kind or number.kind is float
        assert math.isfinite(value)
        assert number.range.least <= value <= number.range.most


@pytest.mark.slow
@given(st.sampled_from(OPTIONS), st.sampled_from(TEXTS))
@settings(max_examples=250, deadline=None)
def test_a_number_on_the_command_line_is_refused_or_in_range(option, text):
    check(*option, text)


@pytest.mark.long
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_all_nasty_values_on_the_command_line(name):
    for option in numeric(EXPERIMENTS[name].settings):
        for text in TEXTS:
            check(name, option, text)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_number_in_python_is_refused_or_in_range(name):
    cls = EXPERIMENTS[name].settings
    for option, number in numeric(cls).items():
        for value in NUMBERS:
            make = partial(cls, **{option: value})
            refused = refusal(make)
            if refused is not None:
                assert flag(option) in refused
                assert f"give {number}" in refused or "in parts of" in refused
                continue
            found = getattr(make(), option)
            assert found is None or not isinstance(value, bool)
            assert all(each in number.range for each in numbers_in(found))


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_mistake_is_one_line_before_a_folder_is_made(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for option in numeric(EXPERIMENTS[name].settings):
        assert main(["run", name, f"{flag(option)}=1e300"]) == 2
        line = capsys.readouterr().err
        assert line.count("\n") == 1
        assert flag(option) in line
    assert not list(tmp_path.iterdir())


def divided():
    """Return an experiment, an option that divides another one, and that one."""
    for name, experiment in EXPERIMENTS.items():
        for item in fields(experiment.settings):
            for whole in item.metadata.get("divides", ()):
                yield name, item.name, whole


@pytest.mark.parametrize(("name", "part", "whole"), list(divided()))
def test_options_that_make_too_many_parts_are_refused(name, part, whole):
    cls = EXPERIMENTS[name].settings
    kinds = numeric(cls)
    least = kinds[part].range.least or 5e-324
    message = refusal(partial(cls, **{part: least, whole: kinds[whole].range.most}))
    assert "in parts of" in message
    assert flag(part) in message or flag(whole) in message


@pytest.mark.long
@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_smallest_whole_numbers_run_or_are_refused_in_one_line(
    name, tmp_path, monkeypatch, capsys, request
):
    """Whatever one neuron, one update and one image make; of images, 0 would be all."""
    monkeypatch.chdir(tmp_path)
    whole = {
        option: max(number.range.least, 0 if option.startswith("validation") else 1)
        for option, number in numeric(EXPERIMENTS[name].settings).items()
        if number.kind is int
    }
    words = [f"{flag(option)}={number}" for option, number in whole.items()]
    if hasattr(EXPERIMENTS[name].settings, "data_dir"):
        words.append(f"--data-dir={request.getfixturevalue('data_dir')}")
    code = main(["run", name, "--device=cpu", *words])
    assert code in (0, 2)
    if code == 2:
        assert capsys.readouterr().err.strip().count("\n") == 0
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]
